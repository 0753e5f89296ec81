import type { Judged } from '../../src/analysis/verdict.js';
import { fold } from '../../src/evidence/fold.js';
import { binary, continuous, type Metrics } from '../../src/evidence/metric.js';
import { canonical, emptyEvidence } from '../../src/evidence/evidence.js';
import type { MetricSums, Stratum } from '../../src/evidence/stratum.js';
import { QuantileSketch } from '../../src/stats/sketch.js';
import { fakeStratum } from '../strategies/view.js';

type StratumFacts = Parameters<typeof fakeStratum>[0];

export const minute = 60_000;

/** Metrics of every kind that a rule must tell apart. */
export const metrics = {
  clicked: binary({ windowMs: 10 * minute }),
  complained: binary({ windowMs: 10 * minute, better: 'lower' }),
  liked: binary({ per: 'report', windowMs: 10 * minute }),
  revenue: continuous({ per: 'exposure', windowMs: 10 * minute, cap: 100 }),
  tokens: continuous({ better: 'lower', cap: 1000 }),
  rating: continuous(),
  waste: continuous({ better: 'lower' }),
} satisfies Metrics;

/** What a rule is shown: candidate `b` against control `a`, long after all windows have closed. */
export function judgedOf(strata: readonly StratumFacts[], more: Partial<Judged> = {}): Judged {
  return {
    now: 1e9,
    strata: strata.map((facts) => fakeStratum({ ...facts })),
    metrics,
    arm: 'b',
    control: 'a',
    ...more,
  };
}

/** Sums of reports with these values, with their sketch where the metric has a cap. */
export function sumsOf(values: readonly number[], cap?: number, per?: 'exposure'): MetricSums {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(Math.min(value, cap ?? value));
  const counted = values.map((value) => Math.min(value, cap ?? value));
  return {
    n: values.length,
    sum: counted.reduce((sum, value) => sum + value, 0),
    sumSq: counted.reduce((sum, value) => sum + value * value, 0),
    late: 0,
    ...(per !== undefined && { per }),
    ...(cap !== undefined && { sketch: sketch.toJSON() }),
  };
}

/** Yes or no, so often: the sums of a binary metric. */
export function yes(sum: number, n = sum, per?: 'exposure'): MetricSums {
  return { n, sum, sumSq: sum, late: 0, ...(per !== undefined && { per }) };
}

/** The same strata after their buckets were closed and added up per epoch. */
export function foldAll(strata: readonly Stratum[]): readonly Stratum[] {
  return canonical(strata.map(fold), 0, emptyEvidence.dropped).strata;
}
