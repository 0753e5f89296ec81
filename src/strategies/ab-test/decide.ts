import { findingOf } from '../../analysis/finding.js';
import { isMature, measureOf } from '../../analysis/measure.js';
import { eValueOf } from '../../analysis/rule.js';
import type { Verdict } from '../../analysis/verdict.js';
import { evidenceOf, unitsOf } from '../../analysis/words.js';
import { strataOf } from '../attempt.js';
import { judgedIn } from '../judging.js';
import type { View } from '../strategy.js';
import { type ArmTest, fixedTest, gainOf, greatestGain, sequentialTest } from './arm-test.js';
import type { ABTestSetup } from './options.js';
import { unitsSeen } from './sample-ratio.js';
import { type ABTestResult, type ABTestState, treatmentsOf } from './state.js';

/** What a look at the evidence came to. */
export interface Decision {
  readonly result: ABTestResult;
  /** The winner; '' without one. */
  readonly leader: string;
  /** Arms known to be worse, those of before included. */
  readonly beaten: readonly string[];
  readonly why: string;
  readonly verdicts: readonly Verdict[];
  readonly waitingFor: readonly string[];
}

/**
 * The level of each arm: all of them together may err with alpha (Bonferroni). Arms that were taken out still count, since the
 * level must not depend on what was seen.
 */
export function levelOf({ alpha, arms }: ABTestSetup): number {
  return alpha / (arms.length - 1);
}

/** The primary metric of every arm that still takes part, tested as the test is planned. Empty without a known primary. */
export function primaryTests(setup: ABTestSetup, own: ABTestState, view: View): readonly ArmTest[] {
  const measure = setup.primary === undefined ? undefined : measureOf(view.metrics, setup.primary);
  if (measure === undefined) return [];
  const test = setup.test === 'fixed' ? fixedTest : sequentialTest;
  return treatmentsOf(setup, own).map((arm) =>
    test(judgedIn(view, own, arm, setup.control), setup.control, measure, levelOf(setup)),
  );
}

/** Units that count for the planned size: in a fixed test, those whose windows have closed. */
export function unitsCounted(setup: ABTestSetup, own: ABTestState, view: View): number {
  const strata = strataOf(view, own);
  const measure = setup.primary === undefined ? undefined : measureOf(view.metrics, setup.primary);
  if (setup.test !== 'fixed' || measure === undefined) return unitsSeen(strata);
  return unitsSeen(strata.filter((stratum) => isMature(stratum, measure, view.now)));
}

/** Decides what can be decided now. A sample-ratio mismatch leaves nothing to decide but that the planned size is reached. */
export function decide(setup: ABTestSetup, own: ABTestState, view: View): Decision {
  const units = unitsCounted(setup, own, view);
  const isFull = units >= setup.plannedUnits;
  const tests = primaryTests(setup, own, view);
  const missing = isFull || setup.plannedUnits === Infinity ? [] : [`${setup.plannedUnits - units} more units`];
  const waits = setup.primary === undefined ? missing : [`a decision on ${setup.primary}`, ...missing];
  const open = {
    result: 'undecided',
    leader: '',
    beaten: own.beaten,
    why: '',
    verdicts: [],
    waitingFor: waits,
  } as const;
  const full = `the planned size of ${setup.plannedUnits} units was reached`;
  if (own.mismatch !== '') {
    const waitingFor = [`a person, since ${own.mismatch}`];
    return isFull
      ? { ...open, result: 'planned-size', why: `${full}, but ${own.mismatch}`, waitingFor }
      : { ...open, waitingFor };
  }
  if (setup.test === 'fixed' && !isFull) return { ...open, waitingFor: missing };
  const level = levelOf(setup);
  const findings = tests.map((test) => ({ test, isShown: isShown(test, level) }));
  const verdicts = findings.map(({ test, isShown: shown }) => verdictOf(test, shown, level));
  const shown = findings.filter(({ isShown: is }) => is).map(({ test }) => test);
  const winners = shown.filter(({ arm, direction }) => direction === 'better' && !own.beaten.includes(arm));
  const losers = shown.filter(({ direction }) => direction === 'worse').map(({ arm }) => arm);
  const beaten = [...new Set([...own.beaten, ...losers])];
  const judged = { ...open, beaten, verdicts };
  // While no window has closed there are no estimates; then the clearer finding leads.
  const [winner] = winners.sort((a, b) => gainOf(b) - gainOf(a) || a.pValue - b.pValue);
  if (winner !== undefined) {
    return {
      ...judged,
      result: 'winner',
      leader: winner.arm,
      why: `${winner.arm} is the winner: ${sentence(winner, level)}`,
    };
  }
  const undecided = tests.filter(({ arm }) => !beaten.includes(arm));
  if (tests.length > 0 && undecided.length === 0) {
    return { ...judged, result: 'no-winner', why: `every arm is worse than ${setup.control} on ${setup.primary}` };
  }
  // What could not be compared was not shown to be alike.
  const refused = tests.find(({ comparison }) => comparison.refusal !== undefined)?.comparison.refusal;
  if (setup.test === 'fixed' && refused !== undefined) {
    return { ...judged, result: 'planned-size', why: `${full}, but ${refused}` };
  }
  if (setup.test === 'fixed') {
    return {
      ...judged,
      result: 'no-winner',
      why: `${full}, and no arm differs from ${setup.control} on ${setup.primary}`,
    };
  }
  const { minEffect } = setup;
  if (minEffect !== undefined && undecided.length > 0 && undecided.every((test) => greatestGain(test) < minEffect)) {
    return { ...judged, result: 'futile', why: `no arm can be better than ${setup.control} by ${minEffect} any more` };
  }
  return isFull ? { ...judged, result: 'planned-size', why: `${full} without a decision` } : judged;
}

/** The arm a person means by "the leading one": the winner, or whoever has the best estimate; `undefined` while none has any. */
export function leadingArm(setup: ABTestSetup, own: ABTestState, view: View): string | undefined {
  if (own.result === 'winner') return own.leader;
  const known = primaryTests(setup, own, view).filter(({ comparison }) => comparison.difference !== undefined);
  const [best] = [...known].sort((a, b) => gainOf(b) - gainOf(a));
  if (best === undefined) return undefined;
  return gainOf(best) > 0 ? best.arm : setup.control;
}

function isShown({ pValue, comparison }: ArmTest, level: number): boolean {
  return comparison.n > 0 && comparison.controlN > 0 && pValue <= level;
}

function verdictOf(test: ArmTest, shown: boolean, level: number): Verdict {
  const { arm, measure, comparison, logE, interval, direction, method } = test;
  const { n, controlN, difference, refusal } = comparison;
  const rule = `${measure.name} of ${arm}`;
  if (refusal !== undefined) return { rule, outcome: 'error', reason: refusal, n };
  if (!(n > 0 && controlN > 0)) {
    return { rule, outcome: 'insufficient-data', reason: `no ${unitsOf(measure)} of both arms yet`, n };
  }
  return {
    rule,
    // Never `fail`: being worse on the primary metric ends a test, it rolls nothing back.
    outcome: shown && direction === 'better' ? 'pass' : 'inconclusive',
    reason: shown ? sentence(test, level) : `${sentence(test, level)}: not decided`,
    n,
    ...(difference !== undefined && { estimate: difference.estimate }),
    ...(interval !== undefined && { interval }),
    test: method,
    ...(logE !== undefined && { eValue: eValueOf(logE) }),
    alpha: level,
  };
}

/** `clicked 12.1 % against 10.2 % of 5000 exposures (e-value 93, 40 decides)`. */
function sentence({ comparison, logE, pValue }: ArmTest, level: number): string {
  const evidence =
    logE === undefined ? `p ${Number(pValue.toPrecision(3))}, ${level} decides` : evidenceOf(eValueOf(logE), level);
  return `${findingOf(comparison)} (${evidence})`;
}
