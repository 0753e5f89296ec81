import { highestBucket, lowestBucket, type SketchBucket, type SketchJson } from '../stats/sketch-json.js';

/**
 * The sketch of all values multiplied by the same factor: `steps` whole buckets up, or down if negative. Magnitudes that leave the
 * range of a sketch end where `add` would have put them: at 0, or in the highest bucket.
 */
export function shiftSketch(sketch: SketchJson, steps: number): SketchJson {
  if (steps === 0) return sketch;
  const [positive, lostAbove] = shift(sketch.positive, steps);
  const [negative, lostBelow] = shift(sketch.negative, steps);
  return { zero: sketch.zero + lostAbove + lostBelow, positive, negative };
}

function shift(buckets: readonly SketchBucket[], steps: number): [readonly SketchBucket[], number] {
  const moved: SketchBucket[] = [];
  let zero = 0;
  let highest = 0;
  for (const [bucket, count] of buckets) {
    if (bucket + steps < lowestBucket) zero += count;
    else if (bucket + steps >= highestBucket) highest += count;
    else moved.push([bucket + steps, count]);
  }
  return [highest > 0 ? [...moved, [highestBucket, highest]] : moved, zero];
}
