import { newEpoch } from '../attempt.js';
import { refuse } from '../children.js';
import { withGuard, withoutGuard } from '../guard.js';
import { answered, barred, rolledBack } from '../guarding.js';
import type { Command, Restart, Rollback, Scope, Transition, View } from '../strategy.js';
import { leadingArm } from './decide.js';
import { changeTo, reweigh, startOf } from './moves.js';
import type { ABTestSetup } from './options.js';
import { type ABTestState, treatmentsOf, weightsOf } from './state.js';

type Promotion = Extract<Command, { type: 'promote' }>;
/** A rollback, of one arm where it names one: the rest of the test goes on. */
export type ArmRollback = Rollback;

/** Gives everybody the named arm, or the leading one. */
export function promote(
  setup: ABTestSetup,
  own: ABTestState,
  command: Promotion,
  view: View,
  scope: Scope,
): Transition<ABTestState> {
  const { arms } = setup;
  if (command.arm === undefined && own.phase === 'promoted') return refuse(own, `'${own.leader}' is promoted already`);
  if (command.arm === undefined && own.mismatch !== '') {
    return refuse(own, `name the arm: estimates cannot be trusted, since ${own.mismatch}`);
  }
  // Estimates are no reason to bring back what a guardrail or a person has just taken away.
  if (command.arm === undefined && own.phase === 'rolled-back') return refuse(own, 'name the arm: all are rolled back');
  const bar = own.phase === 'rolled-back' ? barred(own) : undefined;
  if (bar !== undefined) return refuse(own, bar);
  const arm = command.arm ?? leadingArm(setup, own, view);
  if (arm === undefined) return refuse(own, 'name the arm: there is no estimate to tell which one leads');
  if (!arms.includes(arm)) return refuse(own, `there is no arm '${arm}': the arms are ${arms.join(', ')}`);
  if (own.removed.includes(arm)) return refuse(own, `a guardrail took '${arm}' out: reset() tries it again`);
  if (own.phase === 'promoted' && own.leader === arm) return refuse(own, `'${arm}' is promoted already`);
  const why = `${arm} was promoted by ${command.by}`;
  const next = withGuard(own, { promotedBy: command.by, held: undefined });
  return changeTo(setup, next, { ...newEpoch(view.now, scope), phase: 'promoted', leader: arm, why }, scope);
}

/** Gives everybody the control; where the rollback names one of several arms, only that one's units. */
export function rollBack(
  setup: ABTestSetup,
  own: ABTestState,
  command: ArmRollback,
  view: View,
  scope: Scope,
): Transition<ABTestState> {
  if (own.phase === 'rolled-back') return refuse(own, 'the test is rolled back already');
  const { arm } = command;
  const treatments = treatmentsOf(setup, own);
  if (arm !== undefined && !treatments.includes(arm)) return refuse(own, `'${arm}' takes no part in the test`);
  const epoch = newEpoch(view.now, scope);
  return rolledBack(own, command, view, scope, (fell, why) => {
    if (arm === undefined || own.phase === 'promoted' || treatments.length === 1) {
      return changeTo(setup, fell, { ...epoch, phase: 'rolled-back', leader: '', why }, scope);
    }
    const removed = [...own.removed, arm];
    const weights = reweigh(own, weightsOf(setup, removed));
    const lost = own.leader === arm ? ({ result: 'no-winner', leader: '' } as const) : {};
    const change = { ...epoch, ...lost, ...weights, removed, why: `${arm} was taken out: ${why}` };
    // What holds another arm holds on.
    const held = own.guard?.held;
    const isOfArm = held?.rule.endsWith(` of ${arm}`) === true;
    return changeTo(setup, withGuard(fell, { held: isOfArm ? undefined : held }), change, scope);
  });
}

/** Answers a hold by a guardrail: there is nothing else that waits for an approval in a test. */
export function answer(
  setup: ABTestSetup,
  own: ABTestState,
  command: Command,
  view: View,
  scope: Scope,
): Transition<ABTestState> {
  const back = (rollback: Rollback) => rollBack(setup, own, rollback, view, scope);
  return answered(own, command, { at: own.phase, asks: () => false, back }, view, scope);
}

/** A new attempt: all arms again, with another salt, so that nobody is judged who met the last one. */
export function restart(
  setup: ABTestSetup,
  own: ABTestState,
  { by, override }: Restart,
  view: View,
  scope: Scope,
): Transition<ABTestState> {
  const bar = barred(own, override);
  if (bar !== undefined) return refuse(own, bar);
  const next = startOf(setup, view.now, scope, own.attempt + 1);
  return changeTo(setup, withoutGuard(own), { ...next, why: `attempt ${next.attempt} was started by ${by}` }, scope);
}
