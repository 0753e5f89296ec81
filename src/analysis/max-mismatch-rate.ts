import { own } from '../core/json.js';
import { emptyCell } from '../evidence/cell.js';
import { type Check, either, fraction, optional, text, must, verify } from '../core/options.js';
import { judgeClaim } from './judge-claim.js';
import { cellsOf, judgeLimit, total } from './limit.js';
import { alphaOf, guardrailAlpha, guardrailOf, guardrailRuleCheck, nameOf, type GuardrailOptions } from './rule.js';
import type { Guardrail, Judged, Verdict } from './verdict.js';
import { percent } from './words.js';

/** Options of `maxMismatchRate`. */
export interface MaxMismatchRateOptions extends GuardrailOptions {
  /**
   * Take the limit as one above the rate at which the primary differs from itself: `true` for the arm `noise-floor` that a
   * `Shadow` with `noiseFloor: true` has, or the name of another arm that mirrors the primary.
   */
  readonly noiseFloor?: true | string;
}

const noiseFloorArm = 'noise-floor';

const optionsCheck: Check = guardrailRuleCheck({
  noiseFloor: optional(
    either(
      'true or the name of an arm',
      must('true', (value) => value === true),
      text,
    ),
  ),
});

/**
 * Fails once a shadow is shown to differ from its primary on more than `limit`, a fraction of the compared pairs; with `noiseFloor`,
 * on more than the primary differs from itself, by more than `limit`.
 *
 * A model that is not deterministic differs from itself, so that a limit without a floor must be guessed. `alpha` (default 0.01) is
 * the chance that a shadow at or below the limit ever fails; `minOutcomes` (default 1) is in compared pairs. The comparison with
 * the floor takes the two mismatches of one request as independent or alike, and the number of pairs of each arm as independent of
 * what came of them. Throws ConfigError.
 */
export function maxMismatchRate(limit: number, options: MaxMismatchRateOptions = {}): Guardrail<never> {
  verify('maxMismatchRate', 'limit', limit, fraction);
  verify('maxMismatchRate', 'options', options, optionsCheck);
  const { noiseFloor } = options;
  const floor = noiseFloor === true ? noiseFloorArm : noiseFloor;
  const name = nameOf('maxMismatchRate', limit, floor === undefined ? undefined : `above ${floor}`);
  const judge =
    floor === undefined
      ? (judged: Judged) => judgeRate(name, judged, limit, options)
      : (judged: Judged) => judgeAbove(name, judged, floor, limit, options);
  return guardrailOf(name, [], judge, options);
}

function judgeRate(name: string, judged: Judged, limit: number, options: GuardrailOptions): Verdict {
  const cells = cellsOf(judged);
  const n = total(cells, ({ compared }) => compared);
  const events = Math.min(
    n,
    total(cells, ({ mismatches }) => mismatches),
  );
  const estimate = n > 0 ? events / n : 0;
  const found = `mismatch rate ${percent(estimate)}`;
  const against = `the limit of ${percent(limit)}`;
  return judgeLimit(name, judged, { events, n, limit, of: 'pairs', estimate, found, against }, options);
}

function judgeAbove(name: string, judged: Judged, floor: string, limit: number, options: GuardrailOptions): Verdict {
  const claim = {
    metric: 'mismatch',
    direction: 'worse',
    shown: 'fail',
    margin: limit,
    minOutcomes: options.minOutcomes ?? 1,
    alpha: alphaOf(options, judged, guardrailAlpha),
  } as const;
  // Without metrics of the user's, so that nothing but the built-in mismatch can be meant.
  return judgeClaim(name, { ...judged, metrics: {}, control: floor, strata: strataOf(judged, floor) }, claim);
}

/**
 * The strata with the parts that the two arms had of the pairs that were compared. Every request is meant to make one of each, but
 * where copies are dropped or fail, one arm has more pairs than its share of the plan says, and would look worse for it.
 */
function strataOf({ strata, arm }: Judged, floor: string): Judged['strata'] {
  return strata.map((stratum) => {
    const { compared: mine } = own(stratum.cells, arm) ?? emptyCell;
    const { compared: theirs } = own(stratum.cells, floor) ?? emptyCell;
    const pairs = Math.max(1, mine + theirs);
    return { ...stratum, shares: { [arm]: mine / pairs, [floor]: theirs / pairs } };
  });
}
