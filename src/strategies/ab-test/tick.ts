import { alertOf, tellOnce } from '../alerts.js';
import { newEpoch, strataOf } from '../attempt.js';
import { move, stay } from '../children.js';
import { guard, heldWords, rollbackOf } from '../guarding.js';
import { judgedIn, verdictFacts } from '../judging.js';
import type { NodeVerdicts, Rollback, Scope, Transition, View } from '../strategy.js';
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
  const known = mismatch === undefined ? before : { ...before, mismatch };
  const judged = treatmentsOf(setup, known).map((arm) => judgedIn(view, known, arm, setup.control));
  const { own, notices, verdicts, ledger, stops } = guard(setup.guards, known, judged, view, scope);
  const look = { node: scope.id, verdicts, ...ledger };
  const alerts = mismatch === undefined ? notices : [alertOf('sample-ratio', mismatch, own, scope), ...notices];
  if (stops.length > 0) {
    // The command names the arm: it may be applied once more, to a state in which others were taken out meanwhile.
    const urgent = stops.map((stop): Rollback => ({ ...rollbackOf(stop, own, scope), arm: stop.arm }));
    return { state: own, notices: alerts, urgent, verdicts: [look] };
  }
  if (own.phase !== 'running') return { state: own, notices: alerts, verdicts: [look] };
  const next = followEdit(setup, own, view, scope) ?? judge(setup, own, look, view, scope);
  return { ...next, notices: [...alerts, ...next.notices] };
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
  const { beaten, result, leader, why } = decision;
  const held = heldWords(own);
  const isDecided = result !== 'undecided';
  if (isDecided && held.length === 0 && !setup.guards.observes)
    return stop(setup, own, decision, { ...guarded, verdicts }, view, scope);
  const look = { ...guarded, verdicts, waitingFor: isDecided ? held : [...decision.waitingFor, ...held] };
  // A beaten arm stays beaten, whatever the sums say later: that it crossed its boundary is latched here.
  const latched = beaten.length === own.beaten.length ? own : { ...own, beaten };
  const telling = { own: latched, notices: [] };
  const what = `stop: ${result} ${leader}`.trim();
  const told = isDecided && setup.guards.observes ? tellOnce(telling, 'would-have', what, why, scope) : telling;
  return { state: told.own, notices: told.notices, verdicts: [look] };
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
