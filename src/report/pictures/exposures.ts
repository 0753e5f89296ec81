import { amountAxis } from '../axes.js';
import { chartOf } from '../chart.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { toneOf } from '../style.js';
import { type TimeKind, count } from '../words.js';

/** How many requests each arm had been given, by moments. */
export interface ExposuresData {
  readonly time: TimeKind;
  readonly points: readonly { readonly at: number; readonly counts: Readonly<Record<string, number>> }[];
}

/** Exposures by arm, added up over time. */
export function exposuresPicture({ time, points }: ExposuresData, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = 'Exposures, added up';
  const known = points.filter(({ at }) => Number.isFinite(at));
  const [first, last] = [known[0], known.at(-1)];
  const arms = Object.keys(last?.counts ?? {});
  if (first === undefined || last === undefined || arms.length === 0) {
    return svgOf(emptyDrawing(title, 'Nobody was exposed yet.', width), options);
  }
  const of = (counts: Readonly<Record<string, number>>, arm: string) => counts[arm] ?? 0;
  const highest = Math.max(1, ...arms.map((arm) => of(last.counts, arm)));
  const drawing = chartOf({
    title,
    description: arms.map((arm) => `${arm}: ${count(of(last.counts, arm))}.`).join(' '),
    width,
    below: { time, domain: [first.at, last.at] },
    left: (range) => amountAxis([0, highest], range, 'count', 'exposures so far'),
    curves: arms.map((arm, index) => ({
      name: arm,
      value: count(of(last.counts, arm)),
      tone: toneOf(index, arms.length),
      points: known.map(({ at, counts }) => [at, of(counts, arm)] as const),
    })),
  });
  return svgOf(drawing, options);
}
