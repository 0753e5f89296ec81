import { newEpoch } from '../attempt.js';
import { refuse } from '../children.js';
import type { Command, Scope, Transition, View } from '../strategy.js';
import { changeTo, startOf } from './moves.js';
import type { BanditSetup } from './options.js';
import { evidenceIn, rewardOf } from './rewards.js';
import type { BanditState } from './state.js';
import { leadingArm } from './winner.js';

type Order<T extends Command['type']> = Extract<Command, { type: T }>;

/** Freezes the named arm, or the one with the best mean: everybody gets it, and nothing is explored any more. */
export function promote(
  setup: BanditSetup,
  own: BanditState,
  { arm, by }: Order<'promote'>,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  const names = setup.arms.map(({ name }) => name);
  if (arm === undefined && own.phase === 'promoted') return refuse(own, `'${own.leader}' is frozen already`);
  if (arm === undefined && own.phase === 'rolled-back') return refuse(own, 'name the arm: the bandit is rolled back');
  const leader = arm ?? leading(setup, own, view);
  if (leader === undefined) return refuse(own, 'name the arm: there is no reward yet to tell which one leads');
  if (!names.includes(leader)) return refuse(own, `there is no arm '${leader}': the arms are ${names.join(', ')}`);
  if (!own.arms.some(({ name }) => name === leader)) return refuse(own, `'${leader}' takes part from the next tick on`);
  if (own.phase === 'promoted' && own.leader === leader) return refuse(own, `'${leader}' is frozen already`);
  const why = `${leader} was frozen by ${by}`;
  return changeTo(
    setup,
    own,
    { ...newEpoch(view.now, scope), phase: 'promoted', leader, epochs: own.epochs + 1, why },
    scope,
  );
}

function leading(setup: BanditSetup, own: BanditState, view: View): string | undefined {
  const measure = rewardOf(setup, view);
  if (measure === undefined) return undefined;
  return own.arms[leadingArm(evidenceIn(setup, own, view, measure), measure)]?.name;
}

/** Gives everybody the baseline. */
export function rollBack(
  setup: BanditSetup,
  own: BanditState,
  { reason, by }: Order<'rollback'>,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  if (own.phase === 'rolled-back') return refuse(own, 'the bandit is rolled back already');
  const why = `${reason} (${by})`;
  return changeTo(setup, own, { ...newEpoch(view.now, scope), phase: 'rolled-back', leader: '', why }, scope);
}

/** Goes on after a pause; after a freeze with all that is known; after a rollback as a new attempt. */
export function resume(
  setup: BanditSetup,
  own: BanditState,
  by: string,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  const why = `resumed by ${by}`;
  if (own.phase === 'paused') return changeTo(setup, own, { phase: 'running', why }, scope);
  if (own.phase === 'rolled-back') return restart(setup, own, by, view, scope);
  if (own.phase !== 'promoted') return refuse(own, 'nothing is paused: the bandit is running');
  const epochs = own.epochs + 1;
  return changeTo(setup, own, { ...newEpoch(view.now, scope), phase: 'running', leader: '', epochs, why }, scope);
}

/** A new attempt: equal shares and no evidence, with another salt. */
export function restart(
  setup: BanditSetup,
  own: BanditState,
  by: string,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  const next = startOf(setup, view.now, scope, own.attempt + 1);
  return changeTo(setup, own, { ...next, why: `attempt ${next.attempt} was started by ${by}` }, scope);
}
