import { needCount, needProbability } from '../domain.js';
import { stirlingError } from '../special/log-gamma.js';
import { needOverZero } from './magnitude.js';

/** The first exposures of an interval with constant shares: how many units were newly assigned to each arm. */
export interface AssignmentBatch {
  /** The shares that were in force, by arm. Only their ratios matter. */
  readonly shares: Readonly<Record<string, number>>;
  /** Units by arm. An arm that is missing got none. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface SampleRatioProcess {
  /** The log of the e-value after the last batch. */
  readonly logE: number;
  /** Its greatest value after any batch: the process alarms at level alpha once this reaches ln(1/alpha). */
  readonly maxLogE: number;
  /** Arms that got units although their share was zero, which needs no statistics to be wrong. */
  readonly impossible: readonly string[];
}

/**
 * Evidence that units do not arrive in the shares they were given (sample-ratio mismatch): the tilted Dirichlet
 * e-process.
 *
 * Batch by batch, in the order in which they happened, it bets that each arm keeps getting as much more or less than
 * its share as it got so far, with a Dirichlet prior worth `k` units (default 100). The bet is fixed before the batch,
 * so E is a martingale under the shares in force whatever the ramp, and reaches 1/alpha with probability at most alpha.
 * Under constant shares it is the multinomial test of Lindon and Malek (2022). Count only first exposures, in the batch
 * of their assignment: a unit that comes back is no new draw. Throws `domain` for shares and counts that are none.
 */
export function sampleRatioProcess(
  batches: readonly AssignmentBatch[],
  options: { readonly k?: number } = {},
): SampleRatioProcess {
  const { k = 100 } = options;
  needOverZero('sampleRatioProcess', 'k', k);
  const observed = new Map<string, number>();
  const expected = new Map<string, number>();
  const impossible = new Set<string>();
  let seen = 0;
  let logE = 0;
  let maxLogE = 0;
  batches.forEach((batch, index) => {
    const { arms, stray } = readBatch('sampleRatioProcess', `batches[${index}]`, batch);
    for (const arm of stray) impossible.add(arm);
    const n = arms.reduce((sum, { count }) => sum + count, 0);
    if (n === 0) return;
    const tilted = arms.map(({ arm, share }) => {
      const due = expected.get(arm) ?? 0;
      // k units at the average share so far, the same above and below, hold the tilt near 1 while little is known.
      const ballast = seen > 0 ? (k * due) / seen : 0;
      return due > 0 ? (share * ((observed.get(arm) ?? 0) + ballast)) / (due + ballast) : share;
    });
    const total = tilted.reduce((sum, tilt) => sum + tilt, 0);
    const prior = k + seen;
    logE -= logRise(prior, n);
    arms.forEach(({ arm, share, count }, at) => {
      const own = (prior * (tilted[at] as number)) / total;
      // The two logs that are large, of the rising power and of the null's likelihood, cancel inside one.
      logE += count > 0 ? count * Math.log((own + count) / ((prior + n) * share)) + logRise(own, count) : 0;
      observed.set(arm, (observed.get(arm) ?? 0) + count);
      expected.set(arm, (expected.get(arm) ?? 0) + n * share);
    });
    seen += n;
    maxLogE = Math.max(maxLogE, logE);
  });
  return { logE, maxLogE, impossible: [...impossible] };
}

/** Shares are multiples of 2^-32: less than this is rounding, and no unit can come of it. */
const shareMin = 1e-12;

/** The arms that can get units, with shares that sum to 1, and those that got units without a share. */
export function readBatch(where: string, name: string, { shares, counts }: AssignmentBatch) {
  const names = [...new Set([...Object.keys(shares), ...Object.keys(counts)])];
  const all = names.map((arm) => {
    const share = Object.hasOwn(shares, arm) ? (shares[arm] as number) : 0;
    const count = Object.hasOwn(counts, arm) ? (counts[arm] as number) : 0;
    needProbability(where, `${name}.shares.${arm}`, share);
    needCount(where, `${name}.counts.${arm}`, count);
    return { arm, share, count };
  });
  const total = all.reduce((sum, { share }) => sum + share, 0);
  return {
    arms: all
      .filter(({ share }) => share >= shareMin)
      .map(({ arm, share, count }) => ({ arm, share: share / total, count })),
    stray: all.filter(({ share, count }) => !(share >= shareMin) && count > 0).map(({ arm }) => arm),
  };
}

/** ln(Gamma(a + n) / Gamma(a)) - n ln(a + n) + n, which stays small where its parts are millions; a over 0. */
function logRise(a: number, n: number): number {
  return (a - 0.5) * Math.log1p(n / a) + stirlingError(a + n) - stirlingError(a);
}
