import type { Judged } from '../../analysis/verdict.js';
import { guard, type Guarded, type GuardRules, tellErrors } from '../guarding.js';
import { judgedIn } from '../judging.js';
import { withGuard } from '../guard.js';
import type { NodeVerdicts, Scope, View } from '../strategy.js';
import type { BanditSetup } from './options.js';
import type { BanditArm, BanditState } from './state.js';
import { testableEpochs } from './winner.js';

/**
 * Judges every arm against the baseline by all guardrails. They share the alpha among all arms that ever took part: a level must not
 * rise because of what was seen.
 */
export function guardArms(
  setup: BanditSetup,
  before: BanditState,
  view: View,
  scope: Scope,
): Guarded<BanditState> & { readonly look: NodeVerdicts } {
  const own = withJudgedSince(setup, before);
  const baseline = own.arms.at(-1) as BanditArm;
  const arms = own.arms.slice(0, -1).map((arm) => judgedArm(own, arm, baseline, view));
  const guarded = guard(rulesIn(setup, own), own, arms, view, scope);
  return { ...guarded, look: { node: scope.id, verdicts: guarded.verdicts, ...guarded.ledger } };
}

/** Arms come and go, so that verdicts say of which arm they are even while there is only one. */
function rulesIn({ guards }: BanditSetup, { armsEver }: BanditState): GuardRules {
  return { ...guards, alpha: guards.alpha / Math.max(1, armsEver - 1), arms: Math.max(2, armsEver - 1) };
}

function judgedArm(own: BanditState, arm: BanditArm, baseline: BanditArm, view: View): Judged {
  const from = Math.max(arm.firstEpoch, baseline.firstEpoch, own.judgedSince?.epoch ?? 0);
  const judged = judgedIn(view, own, arm.name, baseline.name);
  return { ...judged, strata: judged.strata.filter(({ epoch }) => epoch >= from) };
}

/**
 * A bandit that fades opens epochs without end, and evidence is kept of 64. What is forgotten epoch by epoch is no test any more, so
 * that guardrails begin anew after every 60, each time with their whole alpha.
 */
function withJudgedSince({ guards }: BanditSetup, own: BanditState): BanditState {
  const block = Math.floor(own.epochs / testableEpochs);
  if (guards.guardrails.length === 0 || block === (own.judgedSince?.block ?? 0)) return own;
  return { ...own, judgedSince: { block, epoch: own.epoch } };
}

/** The state without what was said of arms of these names: what is new must not be excused for what it replaces. */
export function withoutWordsOf(own: BanditState, names: readonly string[]): BanditState {
  const { held, excused } = own.guard ?? {};
  const isOf = (rule: string) => names.some((name) => rule.endsWith(` of ${name}`));
  const kept = excused?.filter((rule) => !isOf(rule));
  const isSame = kept?.length === excused?.length && !(held !== undefined && isOf(held.rule));
  if (isSame) return own;
  return withGuard(own, {
    held: held !== undefined && isOf(held.rule) ? undefined : held,
    excused: kept?.length === 0 ? undefined : kept,
  });
}

/** Why nothing can be learnt from the reward: the verdict of a look, and told once. */
export function unlearnable(own: BanditState, rule: string, reason: string, scope: Scope) {
  const verdict = { rule, outcome: 'error', reason, n: 0 } as const;
  const telling = tellErrors({ own, notices: [] }, [verdict], scope);
  const look: NodeVerdicts = { node: scope.id, verdicts: [verdict], waitingFor: [`a reward to learn from: ${reason}`] };
  return { state: telling.own, notices: telling.notices, verdicts: [look] };
}
