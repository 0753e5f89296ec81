import { newEpoch, strataOf } from '../attempt.js';
import { move, stay } from '../children.js';
import { judgedIn, rollbackFor, verdictFacts, verdictsOf } from '../judging.js';
import type { Notice, NodeVerdicts, Scope, Transition, View } from '../strategy.js';
import type { ArmRollback } from './commands.js';
import { decide, type Decision } from './decide.js';
import { changeTo, reweigh } from './moves.js';
import type { ABTestSetup } from './options.js';
import { sampleRatioMismatch } from './sample-ratio.js';
import { type ABTestState, treatmentsOf, weightsOf } from './state.js';

/** One look: the shares, then the guardrails, then edits of the program, and the decision last. */
export function tick(setup: ABTestSetup, before: ABTestState, view: View, scope: Scope): Transition<ABTestState> {
  if (before.phase === 'promoted' || before.phase === 'rolled-back') return stay(before);
  const mismatch = before.mismatch === '' ? sampleRatioMismatch(strataOf(view, before)) : undefined;
  // Told once and then known: a mismatch makes findings void, but harms nobody by itself.
  const own = mismatch === undefined ? before : { ...before, mismatch };
  const alerts: Notice[] =
    mismatch === undefined ? [] : [{ type: 'alert', node: scope.id, data: { alert: 'sample-ratio', why: mismatch } }];
  const { look, urgent } = guard(setup, own, view, scope);
  if (urgent.length > 0) return { state: own, notices: alerts, urgent, verdicts: [look] };
  if (own.phase !== 'running') return { state: own, notices: alerts, verdicts: [look] };
  const next = followEdit(setup, own, view, scope) ?? judge(setup, own, look, view, scope);
  return { ...next, notices: [...alerts, ...next.notices] };
}

/** The guardrails of every arm against the control. */
function guard(setup: ABTestSetup, own: ABTestState, view: View, scope: Scope) {
  const treatments = treatmentsOf(setup, own);
  const judged = treatments.map((arm) => ({
    arm,
    verdicts: verdictsOf(setup.guardrails, judgedIn(view, own, arm, setup.control)),
  }));
  const verdicts = judged.flatMap(({ arm, verdicts: said }) =>
    treatments.length === 1 ? said : said.map((verdict) => ({ ...verdict, rule: `${verdict.rule} of ${arm}` })),
  );
  const urgent = judged.flatMap(({ arm, verdicts: said }): ArmRollback[] => {
    const rollback = rollbackFor(said, own, scope);
    // The command names the arm: it may be applied once more, to a state in which others were taken out meanwhile.
    return rollback?.type === 'rollback' ? [{ ...rollback, arm }] : [];
  });
  return { look: { node: scope.id, verdicts }, urgent };
}

/** Weights or a coverage that were edited in the program come into force as an epoch, with the least movement of units. */
function followEdit(
  setup: ABTestSetup,
  own: ABTestState,
  view: View,
  scope: Scope,
): Transition<ABTestState> | undefined {
  const weights = weightsOf(setup, own.removed);
  const { coverage } = setup;
  const isSame = coverage === own.coverage && weights.every((weight, index) => weight === own.weights[index]);
  if (isSame) return undefined;
  const why = 'the weights or the coverage were edited';
  return changeTo(setup, own, { ...newEpoch(view.now, scope), ...reweigh(own, weights), coverage, why }, scope);
}

function judge(
  setup: ABTestSetup,
  own: ABTestState,
  guarded: NodeVerdicts,
  view: View,
  scope: Scope,
): Transition<ABTestState> {
  const decision = decide(setup, own, view);
  const verdicts = [...guarded.verdicts, ...decision.verdicts];
  if (decision.result !== 'undecided') return stop(setup, own, decision, { ...guarded, verdicts }, view, scope);
  const look = { ...guarded, verdicts, waitingFor: decision.waitingFor };
  const { beaten } = decision;
  // A beaten arm stays beaten, whatever the sums say later: that it crossed its boundary is latched here.
  return { ...stay(beaten.length === own.beaten.length ? own : { ...own, beaten }), verdicts: [look] };
}

/** Ends a decided test: waits for a person, or acts by the rule. Nothing is acted on while units do not add up. */
function stop(
  setup: ABTestSetup,
  own: ABTestState,
  { result, leader, beaten, why }: Decision,
  look: NodeVerdicts,
  view: View,
  scope: Scope,
): Transition<ABTestState> {
  const acts = setup.promotes && own.mismatch === '';
  const phase = !acts ? 'stopped' : result === 'winner' ? 'promoted' : 'rolled-back';
  const state = { ...own, ...(acts && newEpoch(view.now, scope)), phase, result, leader, beaten, why } as const;
  const facts = { ...verdictFacts(look.verdicts), result, arm: leader };
  return { ...move(state, scope, own.phase, phase, why, facts), verdicts: [look] };
}
