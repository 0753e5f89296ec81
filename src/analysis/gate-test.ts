import { isObject } from '../core/json.js';
import { all, type Check, object, oneOf, optional, positive, openFraction, positiveCount } from '../core/options.js';
import { normal } from '../stats/distributions/normal.js';
import type { BoundComparison } from './bound-comparison.js';
import { anytimeInterval } from './difference.js';
import { plannedBound } from './planned-size.js';
import { type RuleOptions, eValueOf, isDecided } from './rule.js';
import type { Verdict } from './verdict.js';
import { evidenceOf, percent } from './words.js';

/** How a gate that compares decides. */
export interface GateTestOptions extends RuleOptions {
  /**
   * `'sequential'` (default) needs no plan and may pass at any look. `'group-sequential'` needs a planned size and less data where
   * the effect is the one planned for. `'bayes'` passes at a posterior probability of 1 - alpha: it has no error guarantee.
   */
  readonly test?: 'sequential' | 'group-sequential' | 'bayes';
  /** Observations per arm, were both equally large: `nPerArm` of a sample-size function. For `'group-sequential'`, which needs it. */
  readonly plannedOutcomes?: number;
  /** For `latency` only: which quantile. Default 0.95. */
  readonly quantile?: number;
}

/** The check of such a gate's options, and of its own. */
export function gateTestCheck(keys: Readonly<Record<string, Check>>): Check {
  const shape = object({
    alpha: optional(openFraction),
    minOutcomes: optional(positiveCount),
    test: optional(oneOf('sequential', 'group-sequential', 'bayes')),
    plannedOutcomes: optional(positive),
    quantile: optional(openFraction),
    ...keys,
  });
  return optional(
    all(shape, (value, path, issues) => {
      const { test, plannedOutcomes } = isObject(value) ? value : {};
      if (test === 'group-sequential' && plannedOutcomes === undefined) {
        issues.push({ path: `${path}.plannedOutcomes`, message: 'must be given for a group-sequential test.' });
      }
      if (test !== 'group-sequential' && plannedOutcomes !== undefined) {
        issues.push({
          path: `${path}.plannedOutcomes`,
          message: 'must be left out for all tests but the group-sequential.',
        });
      }
    }),
  );
}

/** What a test makes of one bound. */
export interface Decision {
  readonly isShown: boolean;
  /** How near it is to being shown: 1 is shown. Grows with the evidence, so that the least of several can be told. */
  readonly strength: number;
  readonly words: string;
  readonly facts: Pick<Verdict, 'interval' | 'test' | 'eValue' | 'alpha'>;
}

export type GateTest = (comparison: BoundComparison, alpha: number) => Decision;

const sequential: GateTest = ({ logE, difference, test }, alpha) => {
  const eValue = eValueOf(logE);
  const interval = difference && anytimeInterval(difference, alpha);
  return {
    isShown: isDecided(logE, alpha),
    strength: logE / -Math.log(alpha),
    words: evidenceOf(eValue, alpha),
    facts: { test, eValue, alpha, ...(interval !== undefined && { interval }) },
  };
};

const short = (value: number) => String(Number(value.toPrecision(3)));

const groupSequential =
  (plannedOutcomes: number): GateTest =>
  ({ score, difference }, alpha) => {
    const test = "O'Brien-Fleming bounds (asymptotic)";
    if (score === undefined || difference === undefined) {
      return { isShown: false, strength: 0, words: 'nothing varies yet', facts: { test, alpha } };
    }
    // Two arms of n have n/2 of what the score weighs strata by; how much they vary cancels.
    const information = (2 * score.weight) / plannedOutcomes;
    const bound = plannedBound(alpha, information);
    const z = score.toward / Math.sqrt(score.variance);
    const half = (plannedBound(alpha / 2, information) * Math.sqrt(difference.score.variance)) / score.weight;
    return {
      isShown: z >= bound,
      strength: z / bound,
      words: `z ${short(z)}, ${short(bound)} decides at ${percent(information)} of the planned size`,
      facts: { test, alpha, interval: [difference.estimate - half, difference.estimate + half] },
    };
  };

const bayes: GateTest = ({ score, difference }, alpha) => {
  const test = 'posterior probability (no error guarantee)';
  if (score === undefined || difference === undefined) {
    return { isShown: false, strength: 0, words: 'nothing varies yet', facts: { test } };
  }
  // A flat prior, so that the posterior of the difference is the estimate with its standard error.
  const probability = normal.cdf(score.toward / Math.sqrt(score.variance));
  const half = (normal.isf(alpha / 2) * Math.sqrt(difference.score.variance)) / score.weight;
  return {
    isShown: probability >= 1 - alpha,
    strength: probability / (1 - alpha),
    words: `probability ${percent(probability)}, ${percent(1 - alpha)} decides; no error guarantee`,
    facts: { test, interval: [difference.estimate - half, difference.estimate + half] },
  };
};

/** The test that the options ask for. */
export function gateTestOf({ test, plannedOutcomes = 0 }: GateTestOptions): GateTest {
  if (test === 'group-sequential') return groupSequential(plannedOutcomes);
  return test === 'bayes' ? bayes : sequential;
}
