import { type Stop, type StopAlpha, alphasOf, defaultStopAlpha, stopAlphaOf, stopOf } from '../analysis/stop-ledger.js';
import { type Approval, type Guardrail, type Judged, type Verdict, judge } from '../analysis/verdict.js';
import type { Json } from '../core/json.js';
import { type Check, listOf, oneOf, openFraction, optional } from '../core/options.js';
import { type Telling, alertOf, tellOnce, wouldHave } from './alerts.js';
import type { Attempt } from './attempt.js';
import { move, refuse } from './children.js';
import { withApproval, withFall, withGuard } from './guard.js';
import { guardrailCheck, machineRollback } from './judging.js';
import type { Command, Rollback, Scope, Transition, View } from './strategy.js';

/** What every strategy with guardrails can be told. */
export interface GuardOptions<G> {
  /** Judged at every tick; what a broken one leads to is its severity: hold, shrink, rollback (default) or quarantine. */
  readonly guardrails?: readonly G[];
  /**
   * The chance that a harmless candidate is ever stopped, over all guardrails together. Default 0.01. A guardrail with an alpha of its
   * own adds that to it.
   */
  readonly alpha?: number;
  /** `'observe'` judges and reports, and does nothing by itself; people's commands work as ever. Default `'act'`. */
  readonly mode?: 'act' | 'observe';
}

/** The checks of these options. */
export const guardKeys = {
  guardrails: optional(listOf(guardrailCheck)),
  alpha: optional(openFraction),
  mode: optional(oneOf('act', 'observe')),
} satisfies Readonly<Record<keyof GuardOptions<Guardrail>, Check>>;

/** How a strategy is guarded. */
export interface GuardRules {
  readonly guardrails: readonly Guardrail[];
  /** For each arm: its part, where there are several. */
  readonly alpha: number;
  /** Those that are judged when all take part. */
  readonly arms: number;
  readonly observes: boolean;
}

/** The same with the defaults filled in. `arms` share the alpha, those that were taken out meanwhile too. */
export function guardRules(
  { guardrails = [], alpha = defaultStopAlpha, mode }: GuardOptions<Guardrail>,
  arms = 1,
): GuardRules {
  return { guardrails, alpha: alpha / arms, arms, observes: mode === 'observe' };
}

/** What must be done about an arm. */
export interface ArmStop extends Stop {
  readonly arm: string;
}

/** What a look at the guardrails led to: a state with what is latched, what is to be told and shown, and what is to be done. */
export interface Guarded<O> extends Telling<O> {
  readonly verdicts: readonly Verdict[];
  /** For the look: `stop`, where there are guardrails. */
  readonly ledger: { readonly stop?: StopAlpha };
  /** Steps back and rollbacks. That a guardrail only holds is in the state already. */
  readonly stops: readonly ArmStop[];
}

/**
 * Judges every arm by all guardrails, with one ledger of alpha for each. What was excused by a person is shown and does not count; what
 * a person has promoted is not stopped, and told; who only observes tells what it would have done.
 */
export function guard<O extends Attempt>(
  { guardrails, alpha, arms: count, observes }: GuardRules,
  own: O,
  arms: readonly Judged[],
  { alphaShare = 1 }: Pick<View, 'alphaShare'>,
  scope: Scope,
): Guarded<O> {
  const alphas = alphasOf(guardrails, alpha * alphaShare);
  const excused = own.guard?.excused ?? [];
  const stops: ArmStop[] = [];
  const all: Verdict[] = [];
  let ledger: StopAlpha = { alpha: 0, spent: 0 };
  let telling: Telling<O> = { own, notices: [] };
  for (const judged of arms) {
    const verdicts = guardrails.map((rule, at) => {
      return namedFor(judge(rule, { ...judged, alpha: alphas[at] as number }), judged, count);
    });
    all.push(...verdicts);
    telling = tellErrors(telling, verdicts, scope);
    const counts = verdicts.map(({ rule }) => !excused.includes(rule));
    const rules = guardrails.filter((_, at) => counts[at]);
    const counted = verdicts.filter((_, at) => counts[at]);
    const given = alphas.filter((_, at) => counts[at]);
    const spent = stopAlphaOf(rules, given, counted, alphaShare);
    ledger = { alpha: ledger.alpha + spent.alpha, spent: Math.max(ledger.spent, spent.spent) };
    const stop = stopOf(rules, counted, alphaShare);
    if (stop === undefined) continue;
    if (mayAct(telling.own, observes) && stop.severity !== 'hold') stops.push({ ...stop, arm: judged.arm });
    else telling = latched(telling, stop, observes, scope);
  }
  return { ...telling, verdicts: all, ledger: guardrails.length > 0 ? { stop: ledger } : {}, stops };
}

/** With several arms, the verdict says of which it is. */
export function namedFor(verdict: Verdict, { arm }: Judged, arms: number): Verdict {
  return arms === 1 ? verdict : { ...verdict, rule: `${verdict.rule} of ${arm}` };
}

const mayAct = ({ guard: latches }: Attempt, observes: boolean) => !observes && latches?.promotedBy === undefined;

/** Tells each rule's first error in an attempt: it neither promotes nor stops, so that nobody would see it. */
export function tellErrors<O extends Attempt>(
  telling: Telling<O>,
  verdicts: readonly Verdict[],
  scope: Scope,
): Telling<O> {
  return verdicts
    .filter(({ outcome }) => outcome === 'error')
    .reduce(
      (told, { rule, reason }) => tellOnce(told, 'rule-error', rule, `${rule}: ${reason}`, scope, { rule }),
      telling,
    );
}

/** What is only latched and told of a broken guardrail: a hold, and where the machine must not act. */
function latched<O extends Attempt>(telling: Telling<O>, { severity, verdict }: Stop, observes: boolean, scope: Scope) {
  const { rule, reason } = verdict;
  const { own } = telling;
  const by = own.guard?.promotedBy;
  if (by !== undefined) {
    const why = `guardrail ${rule}: ${reason}. It was promoted by ${by}, which no guardrail undoes: rollback() does`;
    return tellOnce(telling, 'guardrail-failed', rule, why, scope, { rule });
  }
  if (observes)
    return tellOnce(telling, 'would-have', `${severity}: guardrail ${rule}`, reason, scope, {
      rule,
      wouldHave: severity,
    });
  if (own.guard?.held !== undefined) return telling;
  const notices = [...telling.notices, alertOf('held', `guardrail ${rule}: ${reason}`, own, scope, { rule })];
  return { own: withGuard(own, { held: { rule, why: reason, excuses: true } }), notices };
}

/** The rollback that a stop asks for. It names the attempt, so that a later one is not hit by it. */
export function rollbackOf({ severity, verdict }: Stop, own: Attempt, scope: Scope): Rollback {
  const { rule, reason } = verdict;
  const alert = severity === 'quarantine' ? 'quarantined' : 'guardrail-failed';
  return { ...machineRollback(`guardrail ${rule}`, reason, own, scope), alert, rule };
}

/** Carries a rollback out by `to`: on a state that is not held or promoted any more, with the alert where a machine asked for it. */
export function rolledBack<O extends Attempt>(
  own: O,
  { attempt, alert, rule, reason, by }: Rollback,
  { now }: Pick<View, 'now'>,
  scope: Scope,
  to: (own: O, why: string) => Transition<O>,
): Transition<O> {
  const why = `${reason} (${by})`;
  const fell = withFall(own, now, attempt !== undefined);
  const transition = to(alert === 'quarantined' ? withGuard(fell, { quarantined: why }) : fell, why);
  if (alert === undefined) return transition;
  const told = alertOf(alert, `${by}: ${reason}`, own, scope, rule === undefined ? {} : { rule });
  return { ...transition, notices: [...transition.notices, told] };
}

/** Why a pair must not be tried again; undefined where it may. */
export function barred({ guard: latches }: Attempt, override = false): string | undefined {
  const why = latches?.quarantined;
  return why === undefined || override ? undefined : `it is quarantined: ${why}. Only an override tries it again`;
}

/** For a status: what was latched and a person wants to see. */
export function guardDetail(own: Attempt): Readonly<Record<string, Json>> {
  const { held, quarantined, promotedBy, approvals } = own.guard ?? {};
  const would = wouldHave(own);
  return {
    ...(held !== undefined && { held: `guardrail ${held.rule}: ${held.why}` }),
    ...(quarantined !== undefined && { quarantined }),
    ...(promotedBy !== undefined && { promotedBy }),
    ...(approvals !== undefined && { approvals }),
    ...(would.length > 0 && { wouldHave: would }),
  };
}

/** Waiting words of a hold by a guardrail; none without one. */
export function heldWords({ guard: latches }: Attempt): readonly string[] {
  const held = latches?.held;
  return held === undefined ? [] : [`approval, since guardrail ${held.rule} holds it: ${held.why}`];
}

/** What an answer by a person is about. */
interface Question<O> {
  /** Where it is asked: from there to there goes the entry in the history. */
  readonly at: string;
  /** Whether the approval is waited for, where no guardrail holds. */
  asks(approval: Approval): boolean;
  /** What a rejection does. */
  back(command: Rollback): Transition<O>;
}

/**
 * Carries out `approve` or `reject`: a hold by a guardrail is answered first. It excuses that guardrail for the attempt, unless there
 * was a step back, after which the guardrail judges anew.
 */
export function answered<O extends Attempt>(
  own: O,
  { type, by }: Command,
  { at, asks, back }: Question<O>,
  { now }: Pick<View, 'now'>,
  scope: Scope,
): Transition<O> {
  const approval = { by, at: Math.floor(now) };
  const { held, excused = [] } = own.guard ?? {};
  if (held === undefined && !asks(approval)) return refuse(own, 'no approval is waited for');
  if (type === 'reject') return back({ type: 'rollback', by, reason: 'rejected' });
  const next =
    held === undefined
      ? withApproval(own, approval)
      : withGuard(own, { held: undefined, ...(held.excuses && { excused: [...excused, held.rule] }) });
  return move(next, scope, at, at, `approved by ${by}`);
}
