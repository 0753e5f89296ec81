import { eValueOf } from '../../analysis/rule.js';
import type { Measure } from '../../analysis/measure.js';
import type { Verdict } from '../../analysis/verdict.js';
import { meanOf, unitsOf } from '../../analysis/words.js';
import type { RewardEvidence } from '../../bandits/reward-evidence.js';
import { tellOnce } from '../alerts.js';
import { newEpoch } from '../attempt.js';
import { stay } from '../children.js';
import { heldWords, rollbackOf } from '../guarding.js';
import { verdictFacts } from '../judging.js';
import type { NodeVerdicts, Rollback, Scope, Transition, View } from '../strategy.js';
import { fitOf, linearSumsIn } from './contextual.js';
import { guardArms, unlearnable, withoutWordsOf } from './guards.js';
import { changeTo, cutShares, reweigh, weightsFor } from './moves.js';
import { type BanditSetup, fades } from './options.js';
import { batchLength, evidenceIn, rewardOf, rewardProblem } from './rewards.js';
import type { BanditArm, BanditState } from './state.js';
import { isWinner, leaderOf } from './winner.js';

/** A change of the shares that is smaller is not worth an epoch, nor the units that it moves. */
const leastMove = 0.01;

/** One look: the guardrails first, then edits of the program, then the winner, then the shares of the next batch. */
export function tick(setup: BanditSetup, before: BanditState, view: View, scope: Scope): Transition<BanditState> {
  if (before.phase === 'rolled-back') return stay(before);
  // Nothing is compared with the frozen arm any more.
  if (before.phase === 'promoted') return learn(setup, before, view, scope);
  const { own, notices, look, stops } = guardArms(setup, before, view, scope);
  if (stops.length > 0) {
    // The command names the arm: it may be applied once more, to a state in which others were taken out meanwhile.
    const urgent = stops.map((stop): Rollback => ({ ...rollbackOf(stop, own, scope), arm: stop.arm }));
    return { state: own, notices, urgent, verdicts: [look] };
  }
  const next = learn(setup, own, view, scope);
  const learnt = next.verdicts?.[0];
  const verdicts = [...look.verdicts, ...(learnt?.verdicts ?? [])];
  const isSilent = verdicts.length === 0 && learnt === undefined;
  return {
    ...next,
    notices: [...notices, ...next.notices],
    ...(!isSilent && { verdicts: [{ ...look, ...learnt, verdicts }] }),
  };
}

function learn(setup: BanditSetup, own: BanditState, view: View, scope: Scope): Transition<BanditState> {
  const measure = rewardOf(setup, view);
  if (measure === undefined) return unlearnable(own, setup.reward, rewardProblem(setup, view), scope);
  const edited = own.phase === 'paused' ? undefined : followEdit(setup, own, view, scope, measure);
  if (edited !== undefined) return edited;
  if (own.phase === 'promoted') return stay(own);
  const evidence = evidenceIn(setup, own, view, measure);
  const look = lookAt(setup, own, evidence, view, scope, measure);
  if (own.phase === 'paused') return stay(own, look);
  // Another share for one arm is a greater one for some other: nothing moves while a guardrail holds.
  const held = heldWords(own);
  if (held.length > 0) return stay(own, { ...look, waitingFor: [...(look.waitingFor ?? []), ...held] });
  const next = freeze(setup, own, look, view, scope) ?? batch(setup, own, evidence, view, scope);
  return { ...(setup.guards.observes ? observed(own, next, scope) : next), verdicts: [look] };
}

/** What would have been done is told once, in place of being done. */
function observed(own: BanditState, { state }: Transition<BanditState>, scope: Scope): Transition<BanditState> {
  if (state === own) return stay(own);
  const { phase, leader, why } = state;
  const what = phase === 'promoted' ? `freeze ${leader}` : 'give other shares';
  const telling = tellOnce({ own, notices: [] }, 'would-have', what, `it would ${what}: ${why}`, scope);
  return { state: telling.own, notices: telling.notices };
}

/**
 * Arms that the program has and the state has not, or the other way round. What leads elsewhere now is a new arm; what was taken out
 * stays out.
 */
function armsAfterEdit(
  setup: BanditSetup,
  { arms, removed = [] }: BanditState,
  scope: Scope,
): readonly BanditArm[] | undefined {
  const next = setup.arms
    .filter(({ name, leads }) => !removed.some((arm) => arm.name === name && arm.leads === leads))
    .map(
      ({ name, leads }) =>
        arms.find((arm) => arm.name === name && arm.leads === leads) ?? { name, leads, firstEpoch: scope.revision },
    );
  const isSame = next.length === arms.length && next.every((arm, index) => arm === arms[index]);
  return isSame ? undefined : next;
}

function followEdit(
  setup: BanditSetup,
  own: BanditState,
  view: View,
  scope: Scope,
  measure: Measure,
): Transition<BanditState> | undefined {
  const arms = armsAfterEdit(setup, own, scope);
  if (arms === undefined) return undefined;
  if (arms.length === 1) {
    const why = 'the arms were edited, and guardrails took out all that are left but the baseline';
    return changeTo(setup, own, { ...newEpoch(view.now, scope), phase: 'rolled-back', leader: '', why }, scope);
  }
  const isNew = (arm: BanditArm) => !own.arms.includes(arm);
  const armsEver = own.armsEver + arms.filter(isNew).length;
  const gone = own.arms.filter((arm) => !arms.includes(arm)).map(({ name }) => name);
  const unsaid = withoutWordsOf(own, gone);
  const edited = { ...unsaid, arms, armsEver };
  // Whoever only observes gives no arm more than another by itself.
  const weights = setup.guards.observes
    ? arms.map(() => 1 / arms.length)
    : weightsFor(setup, evidenceIn(setup, edited, view, measure));
  const fit = own.fit && setup.contextual && fitOf(linearSumsIn(setup, setup.contextual, edited, arms, view), view);
  const next = { ...reweigh({ ...edited, arms: own.arms }, arms, weights, view, scope), armsEver, fit: fit ?? null };
  const leader = arms.find(({ name }) => name === own.leader);
  if (own.phase === 'promoted' && (leader === undefined || isNew(leader))) {
    const why = `the frozen arm '${own.leader}' was removed or leads elsewhere now`;
    return changeTo(setup, unsaid, { ...next, phase: 'rolled-back', leader: '', why }, scope);
  }
  return changeTo(setup, unsaid, { ...next, why: 'the arms were edited' }, scope);
}

/** Gives everybody the winner, if that is wanted and there is one. */
function freeze(
  setup: BanditSetup,
  own: BanditState,
  { verdicts }: NodeVerdicts,
  view: View,
  scope: Scope,
): Transition<BanditState> | undefined {
  const winner = own.arms.findIndex((_, index) => verdicts[index]?.outcome === 'pass');
  const leader = own.arms[winner]?.name;
  if (!setup.freezes || leader === undefined) return undefined;
  const why = `${leader} is the winner: ${verdicts[winner]?.reason}`;
  const epochs = own.epochs + 1;
  const next = { ...own, ...newEpoch(view.now, scope), phase: 'promoted', leader, epochs, why } as const;
  const transition = changeTo(setup, own, next, scope);
  const [notice] = transition.notices;
  if (notice === undefined) return transition;
  return { ...transition, notices: [{ ...notice, data: { ...verdictFacts(verdicts), ...notice.data } }] };
}

/** New shares, once the last batch has lasted long enough and some share moves enough. */
function batch(
  setup: BanditSetup,
  own: BanditState,
  evidence: RewardEvidence,
  view: View,
  scope: Scope,
): Transition<BanditState> {
  if (!(view.now >= own.lastBatchAt + batchLength(setup, own, view.now))) return stay(own);
  if (setup.contextual !== undefined) {
    const sums = linearSumsIn(setup, setup.contextual, own, own.arms, view);
    const isSame = JSON.stringify(sums) === JSON.stringify(own.fit?.sums);
    // No epoch of its own: what an exposure was worth is in its propensity.
    return stay(isSame ? own : { ...own, fit: fitOf(sums, view), lastBatchAt: Math.floor(view.now) });
  }
  const weights = weightsFor(setup, evidence);
  const shares = cutShares(own);
  const greatest = Math.max(...weights.map((weight, arm) => Math.abs(weight - (shares[arm] as number))));
  // Old rewards fade by epochs, so that an epoch which never ends would never fade.
  const grownOld = fades(setup) && view.now - own.since >= (setup.halfLifeMs ?? setup.windowMs ?? Infinity) / 4;
  if (!(greatest >= leastMove || grownOld)) return stay(own);
  const why = greatest >= leastMove ? `the shares of batch ${own.epochs + 1}` : 'a new epoch, so that old rewards fade';
  return changeTo(setup, own, { ...reweigh(own, own.arms, weights, view, scope), why }, scope);
}

/** What is known of each arm, in its order; the winner's verdict is `pass`. */
export function lookAt(
  setup: BanditSetup,
  own: BanditState,
  evidence: RewardEvidence,
  view: View,
  scope: Scope,
  measure: Measure,
): NodeVerdicts {
  const leader = leaderOf(own, evidence, view, measure);
  const won = leader !== undefined && isWinner(setup, own, leader);
  const { reward, alpha, minExploration } = setup;
  const verdicts = own.arms.map(({ name }, arm): Verdict => {
    const rule = `${reward} of ${name}`;
    const mean = evidence.means[arm];
    const n = Math.round(evidence.arms[arm]?.n ?? 0);
    if (mean === undefined) return { rule, outcome: 'insufficient-data', reason: `no ${unitsOf(measure)} yet`, n: 0 };
    const effective = Math.round(evidence.effective[arm] ?? 0);
    const mean_ = measure.type === 'latency' ? `${Number(mean.toPrecision(4))} ms` : meanOf(measure, mean);
    const size = effective === n ? `of ${n}` : `of ${n}, as good as ${effective}`;
    const known = { rule, n, estimate: mean } as const;
    if (leader?.arm.name !== name)
      return { ...known, outcome: 'inconclusive', reason: `mean ${mean_} ${size} ${unitsOf(measure)}` };
    const eValue = eValueOf(leader.logE);
    const level = alpha / own.armsEver;
    const claim = won ? 'better than every other arm' : `leads, not yet shown to be better than ${leader.rival.name}`;
    const figures = `e-value ${Number(eValue.toPrecision(3))}, ${Number((1 / level).toPrecision(3))} decides`;
    const reason = `mean ${mean_} ${size} ${unitsOf(measure)}: ${claim} (${figures})`;
    return { ...known, outcome: won ? 'pass' : 'inconclusive', reason, test: 'e-process', eValue, alpha: level };
  });
  const lacking = own.arms.flatMap(({ name }, arm) => {
    const missing = Math.ceil(minExploration - (evidence.effective[arm] ?? 0));
    return missing > 0 ? [`${missing} more ${unitsOf(measure)} of ${name}`] : [];
  });
  return { node: scope.id, verdicts, waitingFor: [...lacking, ...(setup.freezes ? ['a winner'] : [])] };
}
