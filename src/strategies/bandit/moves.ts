import { withFloor, withMinimum } from '../../bandits/floor.js';
import type { RewardEvidence } from '../../bandits/reward-evidence.js';
import { cutsOf, reallocate, sharesOf } from '../../plan/cuts.js';
import { newAttempt, newEpoch } from '../attempt.js';
import { move } from '../children.js';
import type { Scope, Transition, View } from '../strategy.js';
import type { BanditSetup } from './options.js';
import type { BanditArm, BanditState } from './state.js';

/** The state in which an attempt starts: equal shares. */
export function startOf(setup: BanditSetup, now: number, scope: Scope, attempt = 1): BanditState {
  const arms = setup.arms.map((arm) => ({ ...arm, firstEpoch: scope.revision }));
  const at = Math.floor(now);
  return {
    ...newAttempt(now, scope, attempt),
    phase: 'running',
    arms,
    cuts: plain(cutsOf(arms.map(() => 1 / arms.length))),
    leader: '',
    armsEver: arms.length,
    epochs: 1,
    startedAt: at,
    lastBatchAt: at,
    fit: null,
    why: attempt === 1 ? 'the bandit started' : `attempt ${attempt} started`,
  };
}

const plain = (cuts: readonly { readonly below: number; readonly arm: number }[]) =>
  cuts.map(({ below, arm }) => ({ below, arm }));

/** The shares that the cuts give, by index of the state's arms. */
export function cutShares({ cuts, arms }: BanditState): readonly number[] {
  return sharesOf(cuts, arms.length);
}

/** The arms in the plan with their shares: those that take part, or the frozen one and the way back. */
export function sharesIn(setup: BanditSetup, state: BanditState): readonly (readonly [arm: string, share: number])[] {
  const { baseline, contextual } = setup;
  const { phase, leader, arms } = state;
  if (phase === 'rolled-back' || (phase === 'promoted' && leader === baseline)) return [[baseline, 1]];
  if (phase === 'promoted') {
    return [
      [leader, 1],
      [baseline, 0],
    ];
  }
  // What a context is worth is not known here: of a contextual bandit the shares are nominal.
  const shares = contextual === undefined ? cutShares(state) : arms.map(() => 1 / arms.length);
  return arms.map(({ name }, index) => [name, shares[index] as number]);
}

/** What the policy makes of the evidence: raised for arms with too few rewards, and to the floor. */
export function weightsFor(setup: BanditSetup, evidence: RewardEvidence): readonly number[] {
  const { policy, floor, minExploration } = setup;
  return withFloor(withMinimum(policy.weights(evidence), evidence.effective, minExploration), floor);
}

/** New shares for these arms, with the least movement of units: an epoch of its own. */
export function reweigh(
  state: BanditState,
  arms: readonly BanditArm[],
  weights: readonly number[],
  view: View,
  scope: Scope,
): BanditState {
  const names = [...new Set([...state.arms, ...arms].map(({ name }) => name))];
  const place = (name: string) => arms.findIndex((arm) => arm.name === name);
  const before = state.cuts.map(({ below, arm }) => ({ below, arm: names.indexOf(state.arms[arm]?.name as string) }));
  const cuts = reallocate(
    before,
    names.map((name) => weights[place(name)] ?? 0),
  );
  return {
    ...state,
    ...newEpoch(view.now, scope),
    arms,
    cuts: plain(cuts.map(({ below, arm }) => ({ below, arm: place(names[arm] as string) }))),
    epochs: state.epochs + 1,
    lastBatchAt: Math.floor(view.now),
  };
}

/** Without an arm: its units go to the baseline, so that no other one grows and nobody else moves. */
export function withoutArm(state: BanditState, name: string, view: View, scope: Scope): BanditState {
  const at = state.arms.findIndex((arm) => arm.name === name);
  const shares = cutShares(state);
  const { leads } = state.arms[at] as BanditArm;
  const arms = state.arms.filter((arm) => arm.name !== name);
  const weights = shares.filter((_, index) => index !== at);
  weights.push((weights.pop() as number) + (shares[at] as number));
  const fit = state.fit && { ...state.fit, sums: state.fit.sums.filter((_, index) => index !== at) };
  return { ...reweigh(state, arms, weights, view, scope), fit, removed: [...(state.removed ?? []), { name, leads }] };
}

/** To a changed state, with its entry in the history. */
export function changeTo(
  setup: BanditSetup,
  before: BanditState,
  change: Partial<BanditState> & Pick<BanditState, 'why'>,
  scope: Scope,
): Transition<BanditState> {
  const next = { ...before, ...change };
  return move(next, scope, before.phase, next.phase, next.why, { shares: Object.fromEntries(sharesIn(setup, next)) });
}
