import type { Rng } from '../../core/rng.js';
import { standardQuantile, upperTail } from '../distributions/normal.js';
import { need } from '../domain.js';
import { degenerate, fromLog, readOptions, type TestResult } from './result.js';
import { needValues } from './sample.js';

export interface BootstrapInput {
  /** One sample, or several that are drawn from separately, such as control and treatment. */
  readonly samples: readonly (readonly number[])[];
  /** The quantity of interest, from samples of the same sizes. It must give a finite number. */
  readonly statistic: (samples: readonly Float64Array[]) => number;
  readonly rng: Rng;
  /** Default 2000; 100 to 100,000. */
  readonly resamples?: number;
  /** `bca` (default) corrects for bias and skew; `percentile` is for comparison. */
  readonly method?: 'bca' | 'percentile';
  readonly level?: number;
}

const drawsMax = 1e9;

/** The value at rank `share` of sorted values, between neighbours by a straight line. */
function at(sorted: Float64Array, share: number): number {
  const place = Math.min(1, Math.max(0, share)) * (sorted.length - 1);
  const low = Math.floor(place);
  const value = sorted[low] as number;
  return value + (place - low) * ((sorted[Math.min(low + 1, sorted.length - 1)] as number) - value);
}

/** Each value in turn left out of its sample: the skewness of the statistic (the acceleration of BCa). */
function acceleration(samples: readonly Float64Array[], statistic: BootstrapInput['statistic']): number {
  let [cubes, squares] = [0, 0];
  samples.forEach((sample, s) => {
    if (sample.length < 2) return;
    const values = Array.from(sample, (_, i) => {
      const rest = [...samples];
      rest[s] = Float64Array.from([...sample.subarray(0, i), ...sample.subarray(i + 1)]);
      return statistic(rest);
    });
    const mean = values.reduce((sum, value) => sum + value / values.length, 0);
    for (const value of values) {
      // Influences, so that samples of different sizes weigh alike.
      const influence = ((mean - value) * (sample.length - 1)) / sample.length;
      squares += influence ** 2;
      cubes += influence ** 3;
    }
  });
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}

/** The interval and p-value of sorted resamples, by plain percentiles or, with a skewness, by those of BCa. */
function summary(values: Float64Array, estimate: number, level: number, skewness: number | undefined) {
  const count = values.length;
  const below = values.reduce((sum, value) => sum + (value < estimate ? 1 : value === estimate ? 0.5 : 0), 0);
  // Kept off 0 and 1, where the bias would be infinite.
  const bias = standardQuantile(Math.min(count - 0.5, Math.max(0.5, below)) / count);
  const z = -standardQuantile((1 - level) / 2);
  const share = (point: number): number => {
    if (skewness === undefined) return upperTail(-point);
    const moved = bias + point;
    return upperTail(-(bias + moved / Math.max(1e-3, 1 - skewness * moved)));
  };
  const [notAbove, notBelow] = values.reduce(
    ([a, b], value) => [a + (value <= 0 ? 1 : 0), b + (value >= 0 ? 1 : 0)],
    [0, 0],
  );
  return {
    ...fromLog(Math.log((2 * (Math.min(notAbove, notBelow) + 1)) / (count + 1))),
    interval: { lower: at(values, share(-z)), upper: at(values, share(z)), level },
  };
}

/**
 * A confidence interval for any statistic by resampling with replacement (B. Efron, 1979; BCa: 1987). All chance comes from
 * `rng`: the same seed gives the same interval. The p-value says how far 0 is out in the resamples, two-sided.
 *
 * It wants some twenty values per sample, and it does not help with means of heavy tails. An empty sample: p = 1, with
 * `reason`; so for resamples that are all alike. At most 1e9 values are drawn, and with `bca` at most 20,000 are left out.
 */
export function bootstrap(input: BootstrapInput): TestResult {
  const where = 'bootstrap';
  const { statistic, rng, resamples = 2000, method = 'bca' } = input;
  const { level } = readOptions(where, input.level === undefined ? {} : { level: input.level });
  const samples = input.samples.map((values, i) => Float64Array.from(needValues(where, `samples[${i}]`, values)));
  const size = samples.reduce((sum, sample) => sum + sample.length, 0);
  const whole = Number.isSafeInteger(resamples) && resamples >= 100 && resamples <= 100_000;
  need(whole, where, 'resamples', 'a whole number from 100 to 100,000', resamples);
  need(method === 'bca' || method === 'percentile', where, 'method', "'bca' or 'percentile'", method);
  const sizeMax = method === 'bca' ? 20_000 : drawsMax / resamples;
  need(size <= sizeMax && size * resamples <= drawsMax, where, 'samples', `at most ${sizeMax} values in all`, size);
  const name = `bootstrap (${method === 'bca' ? 'BCa' : method})`;
  if (samples.length === 0 || samples.some((sample) => sample.length === 0)) return degenerate(name, 'no-data');
  const finite = (drawn: readonly Float64Array[]): number => {
    const value = statistic(drawn);
    need(Number.isFinite(value), where, 'statistic', 'a function with finite values', value);
    return value;
  };
  const estimate = finite(samples);
  const values = new Float64Array(resamples);
  const drawn = samples.map((sample) => new Float64Array(sample.length));
  for (let r = 0; r < resamples; r += 1) {
    drawn.forEach((into, s) => {
      const from = samples[s] as Float64Array;
      for (let i = 0; i < into.length; i += 1) into[i] = from[Math.floor(rng.next() * from.length)] as number;
    });
    values[r] = finite(drawn);
  }
  values.sort();
  if (values[0] === values[resamples - 1]) return degenerate(name, 'no-variance', { estimate });
  const skewness = method === 'bca' ? acceleration(samples, finite) : undefined;
  return { method: name, statistic: null, ...summary(values, estimate, level, skewness), estimate, df: null };
}
