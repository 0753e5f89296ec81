import { cutsOf, reallocate, sharesOf } from '../../plan/cuts.js';
import { newAttempt } from '../attempt.js';
import { move } from '../children.js';
import type { Scope, Transition } from '../strategy.js';
import type { ABTestSetup } from './options.js';
import type { ABTestState } from './state.js';

/** The state in which an attempt starts. */
export function startOf({ weights, coverage }: ABTestSetup, now: number, scope: Scope, attempt = 1): ABTestState {
  return {
    ...newAttempt(now, scope, attempt),
    phase: 'running',
    weights,
    cuts: cutsOf(weights).map(({ below, arm }) => ({ below, arm })),
    coverage,
    removed: [],
    beaten: [],
    result: 'undecided',
    leader: '',
    mismatch: '',
    why: 'the test started',
  };
}

/** The arms in the plan with their shares: those that take part, or the promoted one and the way back. */
export function sharesIn(setup: ABTestSetup, own: ABTestState): readonly (readonly [arm: string, share: number])[] {
  const { arms, control } = setup;
  if (own.phase === 'rolled-back' || (own.phase === 'promoted' && own.leader === control)) return [[control, 1]];
  if (own.phase === 'promoted') {
    return [
      [own.leader, 1],
      [control, 0],
    ];
  }
  const shares = sharesOf(own.cuts, arms.length);
  return arms.flatMap((arm, index) => (own.removed.includes(arm) ? [] : [[arm, shares[index] as number] as const]));
}

/** New weights with the least movement of units. */
export function reweigh(own: ABTestState, weights: readonly number[]): Pick<ABTestState, 'weights' | 'cuts'> {
  return { weights, cuts: reallocate(own.cuts, weights).map(({ below, arm }) => ({ below, arm })) };
}

/** To a changed state, with its entry in the history. */
export function changeTo(
  setup: ABTestSetup,
  own: ABTestState,
  change: Partial<ABTestState> & Pick<ABTestState, 'why'>,
  scope: Scope,
): Transition<ABTestState> {
  const next = { ...own, ...change };
  return move(next, scope, own.phase, next.phase, next.why, { shares: Object.fromEntries(sharesIn(setup, next)) });
}
