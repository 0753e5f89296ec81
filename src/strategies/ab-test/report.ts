import { measureOf } from '../../analysis/measure.js';
import { eValueOf } from '../../analysis/rule.js';
import { own as ownValue } from '../../core/json.js';
import { strataOf } from '../attempt.js';
import { judgedIn } from '../judging.js';
import type { View } from '../strategy.js';
import { type ArmTest, fixedTest, holm, sequentialTest } from './arm-test.js';
import { levelOf, unitsCounted } from './decide.js';
import type { ABTestSetup } from './options.js';
import type { ABTestPhase, ABTestResult, ABTestState } from './state.js';

/** What was counted of one arm in the attempt. Sums over a ramp: for reading, never for comparing. */
export type ABArmReport = {
  readonly arm: string;
  /** Its share of the units in the test now. */
  readonly share: number;
  readonly isControl: boolean;
  readonly wasTakenOut: boolean;
  readonly exposed: number;
  readonly units: number;
  readonly outcomes: number;
  readonly errors: number;
};

/** One arm against the control on one metric. `null` stands for what cannot be known yet. */
export type ABComparison = {
  readonly arm: string;
  readonly metric: string;
  readonly role: 'primary' | 'secondary';
  readonly n: number;
  readonly controlN: number;
  /** Weighted alike over strata, so that the two may be compared. Of a latency: the fractions of slow calls. */
  readonly mean: number | null;
  readonly controlMean: number | null;
  readonly difference: number | null;
  /** Of the difference, at the level of one arm; of a sequential test it holds at all looks together. */
  readonly interval: readonly [number, number] | null;
  /** The difference as a fraction of the control's mean. */
  readonly lift: number | null;
  readonly eValue: number | null;
  readonly pValue: number | null;
  /** Corrected: of the primary by Bonferroni over arms, of the secondary ones by Holm over metrics and arms. */
  readonly adjustedPValue: number | null;
  readonly test: string;
  readonly verdict: 'better' | 'worse' | 'inconclusive' | 'insufficient-data' | 'waiting';
};

/** All that an A/B test knows, as JSON. */
export type ABReport = {
  readonly node: string;
  readonly attempt: number;
  readonly phase: ABTestPhase;
  readonly test: 'sequential' | 'fixed';
  readonly alpha: number;
  readonly control: string;
  /** Units that count for the planned size; `missingUnits` is what is left of it, `null` without one. */
  readonly units: number;
  readonly missingUnits: number | null;
  /** The decision as it was made; later evidence does not change it. */
  readonly result: ABTestResult;
  readonly winner: string | null;
  readonly why: string;
  readonly sampleRatioMismatch: string | null;
  readonly arms: readonly ABArmReport[];
  readonly comparisons: readonly ABComparison[];
};

/**
 * The report of an A/B test on the evidence of a look. Pure.
 *
 * A fixed test shows estimates before its planned size, but neither intervals nor p-values: they would hold for one look only,
 * and this would be another. An arm that a guardrail took out keeps its comparisons.
 */
export function abReport(setup: ABTestSetup, state: ABTestState, view: View, node: string): ABReport {
  const units = unitsCounted(setup, state, view);
  const isEarly = setup.test === 'fixed' && state.result === 'undecided' && !(units >= setup.plannedUnits);
  return {
    node,
    attempt: state.attempt,
    phase: state.phase,
    test: setup.test,
    alpha: setup.alpha,
    control: setup.control,
    units,
    missingUnits: setup.plannedUnits === Infinity ? null : Math.max(0, setup.plannedUnits - units),
    result: state.result,
    winner: state.result === 'winner' ? state.leader : null,
    why: state.why,
    sampleRatioMismatch: state.mismatch === '' ? null : state.mismatch,
    arms: armReports(setup, state, view),
    comparisons: comparisonsOf(setup, state, view, isEarly),
  };
}

function armReports(setup: ABTestSetup, state: ABTestState, view: View): readonly ABArmReport[] {
  const strata = strataOf(view, state);
  return setup.arms.map((arm, index) => {
    const sum = (count: 'exposed' | 'units' | 'outcomes' | 'errors') =>
      strata.reduce((total, { cells }) => total + (ownValue(cells, arm)?.[count] ?? 0), 0);
    return {
      arm,
      share: state.weights[index] ?? 0,
      isControl: arm === setup.control,
      wasTakenOut: state.removed.includes(arm),
      exposed: sum('exposed'),
      units: sum('units'),
      outcomes: sum('outcomes'),
      errors: sum('errors'),
    };
  });
}

function comparisonsOf(setup: ABTestSetup, state: ABTestState, view: View, isEarly: boolean): readonly ABComparison[] {
  const test = setup.test === 'fixed' ? fixedTest : sequentialTest;
  const testsOf = (metrics: readonly string[]) =>
    metrics.flatMap((metric) => {
      const measure = measureOf(view.metrics, metric);
      if (measure === undefined) return [];
      const arms = setup.arms.filter((arm) => arm !== setup.control);
      return arms.map((arm) => test(judgedIn(view, state, arm, setup.control), setup.control, measure, levelOf(setup)));
    });
  const primary = testsOf(setup.primary === undefined ? [] : [setup.primary]);
  const secondary = testsOf(setup.secondary);
  const corrected = holm(secondary.map(({ pValue }) => pValue));
  const row = (role: ABComparison['role'], of: ArmTest, adjusted: number) =>
    comparisonOf(role, of, adjusted, setup.alpha, isEarly);
  return [
    ...primary.map((of) => row('primary', of, Math.min(1, of.pValue * (setup.arms.length - 1)))),
    ...secondary.map((of, index) => row('secondary', of, corrected[index] as number)),
  ];
}

function comparisonOf(
  role: ABComparison['role'],
  { arm, measure, comparison, pValue, logE, interval, method, direction }: ArmTest,
  adjusted: number,
  alpha: number,
  isEarly: boolean,
): ABComparison {
  const { n, controlN, difference } = comparison;
  const hasData = n > 0 && controlN > 0;
  const isTested = hasData && !isEarly;
  const found = adjusted <= alpha ? direction : 'inconclusive';
  return {
    arm,
    metric: measure.name,
    role,
    n,
    controlN,
    mean: difference?.mean ?? null,
    controlMean: difference?.controlMean ?? null,
    difference: difference?.estimate ?? null,
    interval: isTested ? (interval ?? null) : null,
    lift: difference !== undefined && difference.controlMean > 0 ? difference.estimate / difference.controlMean : null,
    eValue: isTested && logE !== undefined ? eValueOf(logE) : null,
    pValue: isTested ? pValue : null,
    adjustedPValue: isTested ? adjusted : null,
    test: method,
    verdict: !hasData ? 'insufficient-data' : isEarly ? 'waiting' : found,
  };
}
