import { own } from '../core/json.js';
import { emptyCell } from '../evidence/cell.js';
import type { Cell } from '../evidence/stratum.js';
import { bernoulliMixture } from '../stats/sequential/bernoulli-mixture.js';
import { type RuleOptions, eValueOf, guardrailAlpha, isDecided, noVerdict } from './rule.js';
import type { Judged, Verdict } from './verdict.js';
import { evidenceOf } from './words.js';

/** The cells of the arm under judgement. An absolute limit needs no control, and holds in every stratum alike. */
export function cellsOf({ strata, arm }: Judged): readonly Cell[] {
  return strata.map(({ cells }) => own(cells, arm) ?? emptyCell);
}

/** A count that must not exceed a fraction of n. */
export interface Limited {
  readonly events: number;
  readonly n: number;
  readonly limit: number;
  /** What is counted, in the plural: `outcomes`. */
  readonly of: string;
  readonly estimate: number;
  /** The finding as the beginning of a sentence: `error rate 3.1 %`. */
  readonly found: string;
  /** The limit as it ends: `the limit of 2 %`. */
  readonly against: string;
}

/**
 * Judges a rate against a limit by a mixture of Bernoulli likelihood ratios: false alarms have probability at most alpha over all
 * looks together, where a bare threshold would sooner or later be crossed by any candidate that is near it.
 */
export function judgeLimit(rule: string, counted: Limited, options: RuleOptions): Verdict {
  const { alpha = guardrailAlpha, minOutcomes = 1 } = options;
  const { n, estimate, found, against, of } = counted;
  if (!(n >= minOutcomes)) return noVerdict(rule, 'insufficient-data', `${n} of ${minOutcomes} ${of}`, n);
  const { logE } = bernoulliMixture({ ...counted, harm: 'more' });
  const eValue = eValueOf(logE);
  const isBroken = isDecided(logE, alpha);
  const relation = isBroken ? 'is over' : 'is not shown to be over';
  return {
    rule,
    outcome: isBroken ? 'fail' : 'inconclusive',
    reason: `${found} of ${n} ${of} ${relation} ${against} (${evidenceOf(eValue, alpha)})`,
    n,
    estimate,
    test: 'Bernoulli mixture',
    eValue,
    alpha,
  };
}

/** The sum of a count over cells. */
export function total(cells: readonly Cell[], count: (cell: Cell) => number): number {
  return cells.reduce((sum, cell) => sum + count(cell), 0);
}
