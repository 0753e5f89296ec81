import { newEpoch } from '../attempt.js';
import { refuse } from '../children.js';
import { withGuard, withoutGuard } from '../guard.js';
import { answered, barred, rolledBack } from '../guarding.js';
import type { Command, Restart, Rollback, Scope, Transition, View } from '../strategy.js';
import { withoutWordsOf } from './guards.js';
import { changeTo, startOf, withoutArm } from './moves.js';
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
  const bar = own.phase === 'rolled-back' ? barred(own) : undefined;
  if (bar !== undefined) return refuse(own, bar);
  const leader = arm ?? leading(setup, own, view);
  if (leader === undefined) return refuse(own, 'name the arm: there is no reward yet to tell which one leads');
  if (!names.includes(leader)) return refuse(own, `there is no arm '${leader}': the arms are ${names.join(', ')}`);
  if (isRemoved(setup, own, leader)) return refuse(own, `a guardrail took '${leader}' out: reset() tries it again`);
  if (!own.arms.some(({ name }) => name === leader)) return refuse(own, `'${leader}' takes part from the next tick on`);
  if (own.phase === 'promoted' && own.leader === leader) return refuse(own, `'${leader}' is frozen already`);
  const why = `${leader} was frozen by ${by}`;
  return changeTo(
    setup,
    withGuard(own, { promotedBy: by, held: undefined }),
    { ...newEpoch(view.now, scope), phase: 'promoted', leader, epochs: own.epochs + 1, why },
    scope,
  );
}

/** The arm itself, and not another one that its name was given to since. */
function isRemoved(setup: BanditSetup, { removed = [] }: BanditState, leader: string): boolean {
  const leads = setup.arms.find(({ name }) => name === leader)?.leads;
  return removed.some((arm) => arm.name === leader && arm.leads === leads);
}

function leading(setup: BanditSetup, own: BanditState, view: View): string | undefined {
  const measure = rewardOf(setup, view);
  if (measure === undefined) return undefined;
  return own.arms[leadingArm(evidenceIn(setup, own, view, measure), measure)]?.name;
}

/** Gives everybody the baseline; where the rollback names one of several arms, only that one's units. */
export function rollBack(
  setup: BanditSetup,
  own: BanditState,
  command: Rollback,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  if (own.phase === 'rolled-back') return refuse(own, 'the bandit is rolled back already');
  const { arm } = command;
  const others = own.arms.slice(0, -1);
  if (arm !== undefined && !others.some(({ name }) => name === arm)) {
    return refuse(
      own,
      `'${arm}' is no arm that could be taken out: there are ${others.map(({ name }) => name).join(', ')}`,
    );
  }
  return rolledBack(own, command, view, scope, (fell, why) => {
    if (arm === undefined || own.phase === 'promoted' || others.length === 1) {
      const epoch = newEpoch(view.now, scope);
      return changeTo(setup, fell, { ...epoch, phase: 'rolled-back', leader: '', why }, scope);
    }
    // What holds another arm holds on.
    const held = withoutWordsOf(withGuard(fell, { held: own.guard?.held }), [arm]);
    const next = { ...withoutArm(held, arm, view, scope), why: `${arm} was taken out: ${why}` };
    return changeTo(setup, held, next, scope);
  });
}

/** Answers a hold by a guardrail: there is nothing else that waits for an approval in a bandit. */
export function answer(
  setup: BanditSetup,
  own: BanditState,
  command: Command,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  const back = (rollback: Rollback) => rollBack(setup, own, rollback, view, scope);
  return answered(own, command, { at: own.phase, asks: () => false, back }, view, scope);
}

/** Goes on after a pause; after a freeze with all that is known; after a rollback as a new attempt. */
export function resume(
  setup: BanditSetup,
  own: BanditState,
  command: Restart,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  const why = `resumed by ${command.by}`;
  if (own.phase === 'paused') return changeTo(setup, own, { phase: 'running', why }, scope);
  if (own.phase === 'rolled-back') return restart(setup, own, command, view, scope);
  if (own.phase !== 'promoted') return refuse(own, 'nothing is paused: the bandit is running');
  const epochs = own.epochs + 1;
  // What a person has promoted no guardrail undoes; what is explored again, they judge again.
  const free = withGuard(own, { promotedBy: undefined });
  return changeTo(setup, free, { ...newEpoch(view.now, scope), phase: 'running', leader: '', epochs, why }, scope);
}

/** A new attempt: equal shares and no evidence, with another salt. */
export function restart(
  setup: BanditSetup,
  own: BanditState,
  { by, override }: Restart,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  const bar = barred(own, override);
  if (bar !== undefined) return refuse(own, bar);
  const next = startOf(setup, view.now, scope, own.attempt + 1);
  const { removed: _removed, judgedSince: _judgedSince, ...rest } = withoutGuard(own);
  return changeTo(setup, rest, { ...next, why: `attempt ${next.attempt} was started by ${by}` }, scope);
}
