import { type Judged, type Verdict, judge } from '../analysis/verdict.js';
import { gateJudged } from './judging.js';
import type { LeaveRule, PipelineState } from './pipeline-options.js';
import type { Scope, Status, View } from './strategy.js';

/** What a pipeline waits for before it leaves a stage, and what the gates said. */
export interface LeaveProgress {
  readonly waitingFor: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** What the stage itself waits for, with its name. */
export function stageWaitsOf(stage: string, { settled, waitingFor }: Pick<Status<string>, 'settled' | 'waitingFor'>) {
  if (settled !== undefined) return [];
  return waitingFor.length > 0 ? waitingFor.map((what) => `${stage}: ${what}`) : [`${stage}: its promotion`];
}

/** What must come before the stage is left, in general. */
export function leaveWaits(rule: LeaveRule, own: PipelineState, status: Status<string>): readonly string[] {
  const { promoted = true, minAgeMs = 0, approval = false, gates = [] } = rule;
  const stage = promoted ? stageWaitsOf(own.stage, status) : [];
  if (own.order === 'promoted') return stage;
  return [
    ...stage,
    ...(minAgeMs > 0 ? [`${own.stage}: age of ${minAgeMs} ms`] : []),
    ...gates.map(({ name }) => name),
    ...(approval && own.guard?.approvals === undefined ? ['approval'] : []),
  ];
}

/** What the gates of a rule are asked with: the evidence since the stage began, at its node or below it. */
export function leaveJudged(
  { node, arm = '', control, approvalExpiresMs }: LeaveRule,
  own: PipelineState,
  view: View,
  scope: Scope,
): Judged {
  const strata = view.of(node === undefined ? scope.id : `${scope.id}/${node}`).evidence();
  const judged = {
    now: view.now,
    strata: strata.filter(({ epoch }) => epoch >= own.epoch),
    metrics: view.metrics,
    arm,
    ...(control !== undefined && { control }),
  };
  return gateJudged(judged, own, own.since, approvalExpiresMs);
}

/** The same with the figures of a look. An approval is asked for once the rest is there. */
export function leaveProgress(
  rule: LeaveRule,
  own: PipelineState,
  status: Pick<Status<string>, 'settled' | 'waitingFor'>,
  view: View,
  scope: Scope,
): LeaveProgress {
  const { promoted = true, minAgeMs = 0, approval = false, gates = [] } = rule;
  const stage = promoted ? stageWaitsOf(own.stage, status) : [];
  if (own.order === 'promoted') return { waitingFor: stage, verdicts: [] };
  const age = view.now - own.since;
  const judged = leaveJudged(rule, own, view, scope);
  const verdicts = gates.map((gate) => judge(gate, judged));
  const rest = [
    ...stage,
    ...(age >= minAgeMs ? [] : [`${own.stage}: age of ${minAgeMs} ms (now ${Math.max(0, Math.floor(age))})`]),
    ...verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ rule: name, reason }) => `${name}: ${reason}`),
  ];
  const asks = approval && judged.approvals?.length === 0 && rest.length === 0;
  return { waitingFor: asks ? ['approval'] : rest, verdicts };
}
