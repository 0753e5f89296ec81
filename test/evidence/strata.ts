import * as fc from 'fast-check';
import { emptyCell, emptySums } from '../../src/evidence/cell.js';
import { canonical, emptyEvidence, type Evidence } from '../../src/evidence/evidence.js';
import type { Cell, MetricSums, Stratum } from '../../src/evidence/stratum.js';
import { QuantileSketch, type SketchJson } from '../../src/stats/sketch.js';

/** An hour, in ms. */
export const hour = 3_600_000;

export const cellOf = (parts: Partial<Cell>): Cell => ({ ...emptyCell, ...parts });
export const sumsOf = (parts: Partial<MetricSums>): MetricSums => ({ ...emptySums, ...parts });

export const sketchOf = (...values: readonly number[]): SketchJson => {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch.toJSON();
};

/** A stratum of the hour `bucket` of a canary of 10 %. */
export const stratumOf = (
  bucket: number,
  cells: Readonly<Record<string, Cell>>,
  parts: Partial<Stratum> = {},
): Stratum => ({
  node: 'ranker',
  epoch: 1,
  from: bucket * hour,
  to: (bucket + 1) * hour,
  salt: 'ranker',
  shares: { candidate: 0.1, baseline: 0.9 },
  arms: ['candidate', 'baseline'],
  cells,
  ...parts,
});

export const evidenceOf = (strata: readonly Stratum[], foldBefore = 0): Evidence =>
  canonical(strata, foldBefore, emptyEvidence.dropped);

/** Cells of whole numbers, whose sums are exact in any order. */
export const anyCell: fc.Arbitrary<Cell> = fc
  .record({
    outcomes: fc.nat(50),
    errors: fc.nat(5),
    reports: fc.nat(20),
    values: fc.array(fc.nat(9), { maxLength: 4 }),
    counts: fc.array(fc.nat(30), { minLength: 6, maxLength: 6 }),
  })
  .map(({ outcomes, errors, reports, values, counts }) => {
    const [extra = 0, units = 0, pinned = 0, fellBack = 0, compared = 0, mismatches = 0] = counts;
    const clicks = Math.min(reports, outcomes);
    const sum = values.reduce((total, value) => total + value, 0);
    const sumSq = values.reduce((total, value) => total + value * value, 0);
    return cellOf({
      exposed: outcomes + extra,
      units,
      pinned,
      outcomes,
      errors: Math.min(errors, outcomes),
      fellBack,
      compared,
      mismatches,
      latency: sketchOf(...values),
      firstItem: sketchOf(...values.slice(1)),
      metrics: {
        clicked: sumsOf({ n: clicks, sum: clicks >> 1, sumSq: clicks >> 1, per: 'exposure' }),
        ...(values.length > 0
          ? { revenue: sumsOf({ n: values.length, sum, sumSq, sketch: sketchOf(...values) }) }
          : {}),
      },
    });
  });

/** Live strata of two nodes, three epochs and four hours. */
export const anyStrata: fc.Arbitrary<Stratum[]> = fc.array(
  fc
    .record({
      node: fc.constantFrom('ranker', 'ranker/candidate'),
      epoch: fc.constantFrom(1, 4, 9),
      bucket: fc.nat(3),
      cells: fc.record({ candidate: anyCell, baseline: anyCell }, { requiredKeys: [] }),
    })
    .map(({ node, epoch, bucket, cells }) => stratumOf(bucket, cells, { node, epoch })),
  { maxLength: 8 },
);

export const anyEvidence: fc.Arbitrary<Evidence> = fc
  .tuple(anyStrata, fc.nat(4))
  .map(([strata, closed]) => evidenceOf(strata, closed * hour));

/** Evidence as a store gives it back. */
export const throughJson = <T>(value: T): unknown => JSON.parse(JSON.stringify(value));
