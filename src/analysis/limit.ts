import { own } from '../core/json.js';
import { emptyCell } from '../evidence/cell.js';
import type { Cell } from '../evidence/stratum.js';
import { bernoulliMixture } from '../stats/sequential/bernoulli-mixture.js';
import type { Harm } from '../stats/sequential/odds-mixture.js';
import { type RuleOptions, alphaOf, eValueOf, guardrailAlpha, isDecided, noVerdict } from './rule.js';
import type { Judged, Verdict } from './verdict.js';
import { evidenceOf } from './words.js';

/** The cells of the arm under judgement. An absolute limit needs no control, and holds in every stratum alike. */
export function cellsOf({ strata, arm }: Judged): readonly Cell[] {
  return strata.map(({ cells }) => own(cells, arm) ?? emptyCell);
}

/** A count that must not exceed a fraction of n, or must not fall below it. */
export interface Limited {
  readonly events: number;
  readonly n: number;
  readonly limit: number;
  /** Whether it is harm to be over the limit (`'more'`, the default) or under it. */
  readonly harm?: Harm;
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
export function judgeLimit(rule: string, judged: Judged, counted: Limited, options: RuleOptions): Verdict {
  const { minOutcomes = 1 } = options;
  const alpha = alphaOf(options, judged, guardrailAlpha);
  const { n, estimate, found, against, of, harm = 'more' } = counted;
  if (!(n >= minOutcomes)) return noVerdict(rule, 'insufficient-data', `${n} of ${minOutcomes} ${of}`, n);
  const { logE } = bernoulliMixture({ ...counted, harm });
  const eValue = eValueOf(logE);
  const isBroken = isDecided(logE, alpha);
  const beyond = harm === 'more' ? 'over' : 'under';
  const relation = isBroken ? `is ${beyond}` : `is not shown to be ${beyond}`;
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
