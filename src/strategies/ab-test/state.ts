import { all, type Check, fraction, listOf, must, oneOf, text } from '../../core/options.js';
import { isObject } from '../../core/json.js';
import { cutsCheck } from '../../plan/cuts.js';
import { type Attempt, stateCheck } from '../attempt.js';
import { armNameCheck } from '../children.js';
import type { ABTestSetup } from './options.js';

export type ABTestPhase = 'running' | 'paused' | 'stopped' | 'promoted' | 'rolled-back';

/** How a test ended: `no-winner` was judged and has none, `planned-size` was never decided. */
export type ABTestResult = 'undecided' | 'winner' | 'no-winner' | 'futile' | 'planned-size';

/** The own part of an A/B test's state. What was once shown stays here, since sums cannot tell that a boundary was crossed. */
export type ABTestState = Attempt & {
  readonly phase: ABTestPhase;
  /** The weights in force by arm, the control last; an arm that was taken out weighs 0. */
  readonly weights: readonly number[];
  /** Whose hashes are whose, in the same order, so that edited weights move as few units as can be. */
  readonly cuts: readonly { readonly below: number; readonly arm: number }[];
  readonly coverage: number;
  /** Arms that a guardrail took out. */
  readonly removed: readonly string[];
  /** Arms that were shown to be worse than the control on the primary metric. */
  readonly beaten: readonly string[];
  readonly result: ABTestResult;
  /** The winner, or whoever was promoted; '' while there is none. */
  readonly leader: string;
  /** Why units cannot have arrived in their shares; '' while nothing speaks for it. */
  readonly mismatch: string;
  readonly why: string;
};

const anyText = must('a text', (value) => typeof value === 'string');

/** The check of a stored own part against the arms of this test. */
export function ownCheckOf({ arms }: ABTestSetup): Check {
  const names = listOf(armNameCheck, { max: arms.length });
  const keys = stateCheck({
    phase: oneOf('running', 'paused', 'stopped', 'promoted', 'rolled-back'),
    weights: listOf(fraction, { min: arms.length, max: arms.length }),
    cuts: cutsCheck,
    coverage: fraction,
    removed: names,
    beaten: names,
    result: oneOf('undecided', 'winner', 'no-winner', 'futile', 'planned-size'),
    leader: anyText,
    mismatch: anyText,
    why: text,
  });
  return all(keys, (value, path, issues) => {
    if (!isObject(value)) return;
    const { cuts, leader } = value as Partial<ABTestState>;
    if (Array.isArray(cuts) && cuts.some((cut) => !(isObject(cut) && (cut['arm'] as number) < arms.length))) {
      issues.push({ path: `${path}.cuts`, message: `must name arms below ${arms.length}.` });
    }
    if (leader !== '' && !arms.includes(leader as string)) {
      issues.push({ path: `${path}.leader`, message: `must be one of the arms ${arms.join(', ')}.` });
    }
  });
}

/** The arms that still take part beside the control. */
export function treatmentsOf(
  { arms, control }: ABTestSetup,
  { removed }: Pick<ABTestState, 'removed'>,
): readonly string[] {
  return arms.filter((arm) => arm !== control && !removed.includes(arm));
}

/** The weights that the options ask for: what an arm had that was taken out goes to the control, so that no candidate grows. */
export function weightsOf({ arms, weights, control }: ABTestSetup, removed: readonly string[]): readonly number[] {
  const taken = arms.reduce((sum, arm, index) => sum + (removed.includes(arm) ? (weights[index] as number) : 0), 0);
  return arms.map((arm, index) => {
    if (removed.includes(arm)) return 0;
    return (weights[index] as number) + (arm === control ? taken : 0);
  });
}
