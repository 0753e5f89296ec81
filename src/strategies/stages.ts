import type { Gate, Judged, Outcome, Verdict } from '../analysis/verdict.js';
import { judge } from '../analysis/verdict.js';
import {
  type Check,
  all,
  count,
  duration,
  flag,
  fraction,
  listOf,
  object,
  oneOf,
  optional,
  positive,
  text,
} from '../core/options.js';
import { gateCheck } from './judging.js';

/** What a stage does when it must end and may not: wait on, wait for an approval, go on, or roll back. */
export type StagePolicy = 'wait' | 'hold' | 'advance' | 'rollback';

/**
 * A step of a ramp. It ends when its age, its outcomes, its gates and its approval are all there. `Q` are the metrics that its gates
 * name: as names they are collected over all stages, where of the gates' own types only the first stage's would be inferred.
 */
export interface Stage<Q extends string = never> {
  /** What the state remembers, so that an edited ramp resumes at the same name. Default: the share, as `5%`. */
  readonly name?: string;
  /** The candidate's share of the units, a fraction in (0, 1]. */
  readonly share: number;
  /** Default 0. */
  readonly minAgeMs?: number;
  /** Settled calls of the candidate within the stage. Default 0. */
  readonly minOutcomes?: number;
  /** When the policies below apply. Default: never. */
  readonly maxAgeMs?: number;
  /** Wait for `approve()`; no deadline goes on without it. Default false. */
  readonly hold?: boolean;
  readonly gates?: readonly Gate<Q>[];
  /** How long an approval counts: then it is waited for again. Default: until the stage ends. */
  readonly approvalExpiresMs?: number;
  /** At `maxAgeMs`, for what is not named below, a gate that says `fail` and a missing approval. Default `'hold'`. */
  readonly onDeadline?: StagePolicy;
  /** At `maxAgeMs`, when there are too few data to judge. Default `'hold'`. */
  readonly onInsufficient?: StagePolicy;
  /** At `maxAgeMs`, when there are data and they do not decide. Default: `onDeadline`. */
  readonly onInconclusive?: StagePolicy;
  /** At `maxAgeMs`, when a gate failed to judge or was cancelled. Default: `onDeadline`, and `'hold'` if that is `'advance'`. */
  readonly onError?: StagePolicy;
}

/** A stage with its defaults filled in. */
export interface FullStage {
  readonly name: string;
  readonly share: number;
  readonly minAgeMs: number;
  readonly minOutcomes: number;
  readonly maxAgeMs: number;
  readonly hold: boolean;
  readonly gates: readonly Gate[];
  readonly approvalExpiresMs: number;
  readonly onDeadline: StagePolicy;
  readonly onInsufficient: StagePolicy;
  readonly onInconclusive: StagePolicy;
  readonly onError: StagePolicy;
}

/** The most cautious last: what one open gate asks for, no other one talks it out of. */
const caution = ['advance', 'wait', 'hold', 'rollback'] as const;
const policy = oneOf(...caution);

const endsAfterItMay: Check = (value, path, issues) => {
  const { minAgeMs = 0, maxAgeMs = Infinity } = (value ?? {}) as Partial<Stage>;
  if (maxAgeMs >= minAgeMs) return;
  issues.push({ path: `${path}.maxAgeMs`, message: `must be at least minAgeMs, ${minAgeMs} (was ${maxAgeMs}).` });
};

const stageShape = object({
  name: optional(text),
  share: fraction,
  minAgeMs: optional(duration),
  minOutcomes: optional(count),
  maxAgeMs: optional(duration),
  hold: optional(flag),
  gates: optional(listOf(gateCheck)),
  approvalExpiresMs: optional(positive),
  onDeadline: optional(policy),
  onInsufficient: optional(policy),
  onInconclusive: optional(policy),
  onError: optional(policy),
});

/** The check of one stage. */
export const stageCheck: Check = all(stageShape, endsAfterItMay);

const growing: Check = (value, path, issues) => {
  const stages = Array.isArray(value) ? (value as readonly Stage[]) : [];
  stages.forEach((stage, index) => {
    const before = index === 0 ? 0 : stages[index - 1]?.share;
    if (!(typeof before === 'number' && typeof stage?.share === 'number') || stage.share > before) return;
    issues.push({
      path: `${path}[${index}].share`,
      message: `must be over ${before}, since a ramp only grows (was ${stage.share}).`,
    });
  });
  const names = stages.map((stage) => nameOf(stage));
  names.forEach((name, index) => {
    // A share that is no number has been told already, and gives no name.
    if (names.indexOf(name) === index || typeof stages[index]?.share !== 'number') return;
    issues.push({ path: `${path}[${index}].name`, message: `must differ from the stages before (was '${name}').` });
  });
};

/** The check of an option that takes stages. */
export const stagesCheck: Check = all(listOf(stageCheck, { min: 1, max: 100 }), growing);

function nameOf(stage: Stage<string> | undefined): string {
  return stage?.name ?? `${Number(((stage?.share ?? 0) * 100).toPrecision(6))}%`;
}

/** Stages with their defaults. */
export function fullStages(stages: readonly Stage<string>[]): readonly FullStage[] {
  return stages.map(({ onDeadline = 'hold', ...stage }) => ({
    name: nameOf(stage),
    share: stage.share,
    minAgeMs: stage.minAgeMs ?? 0,
    minOutcomes: stage.minOutcomes ?? 0,
    maxAgeMs: stage.maxAgeMs ?? Infinity,
    hold: stage.hold ?? false,
    gates: stage.gates ?? [],
    approvalExpiresMs: stage.approvalExpiresMs ?? Infinity,
    onDeadline,
    onInsufficient: stage.onInsufficient ?? 'hold',
    onInconclusive: stage.onInconclusive ?? onDeadline,
    onError: stage.onError ?? mild(onDeadline),
  }));
}

/** What could not be judged goes on only where that was said of it by name. */
const mild = (wanted: StagePolicy) => (wanted === 'advance' ? 'hold' : wanted);

/** The stage that a state names; after an edit of the ramp, the last one that is not larger than the share in force. */
export function stageFor(stages: readonly FullStage[], stage: string, share: number): FullStage {
  const named = stages.find(({ name }) => name === stage);
  return named ?? stages.findLast((candidate) => candidate.share <= share) ?? (stages[0] as FullStage);
}

/** Where a stage stands: what it waits for, in words, and what its gates said. */
export interface StageProgress {
  readonly waitingFor: readonly string[];
  readonly verdicts: readonly Verdict[];
  /** What must be done now: nothing, go on, or roll back. */
  readonly action: StagePolicy;
  /** It is at its `maxAgeMs` and still waits. */
  readonly isLate: boolean;
}

/**
 * What a stage has come to. `judged` holds the attempt's evidence and the approvals that count, `outcomes` the candidate's settled calls
 * in this stage. Where several things are missing at the deadline, the most cautious of their policies wins.
 */
export function stageProgress(stage: FullStage, since: number, outcomes: number, judged: Judged): StageProgress {
  const { approvals = [], now } = judged;
  const age = now - since;
  const verdicts = stage.gates.map((gate) => judge(gate, judged));
  const open = verdicts.filter(({ outcome }) => outcome !== 'pass');
  const data: string[] = [];
  if (!(outcomes >= stage.minOutcomes)) data.push(`${stage.minOutcomes - outcomes} more outcomes`);
  const waitingFor = [
    ...(age >= stage.minAgeMs ? [] : [`age of ${stage.minAgeMs} ms (now ${Math.max(0, Math.floor(age))})`]),
    ...data,
    ...open.map(({ rule, reason }) => `${rule}: ${reason}`),
  ];
  const isLate = age >= stage.maxAgeMs;
  const progress = (action: StagePolicy, ...more: readonly string[]): StageProgress => {
    return { waitingFor: [...waitingFor, ...more], verdicts, action, isLate: isLate && action !== 'advance' };
  };
  if (waitingFor.length === 0) {
    if (!stage.hold || approvals.length > 0) return progress('advance');
    return progress(isLate && stage.onDeadline === 'rollback' ? 'rollback' : 'wait', 'approval');
  }
  if (!isLate) return progress('wait');
  // Said with the deadline in sight, it is about the stage as it is; said before, it was about one that would pass its gates.
  if (approvals.some(({ at }) => at >= since + stage.maxAgeMs)) return { ...progress('advance'), waitingFor: [] };
  const wanted = policyOf(stage, [
    ...data.map(() => 'insufficient-data' as const),
    ...open.map(({ outcome }) => outcome),
  ]);
  // A deadline is no approval: where one is asked for, it cannot be waited out.
  const action = wanted === 'advance' && stage.hold ? 'hold' : wanted;
  return action === 'hold' ? progress(action, 'approval') : progress(action);
}

/** The most cautious policy for what keeps a stage from ending. */
function policyOf(stage: FullStage, outcomes: readonly Outcome[]): StagePolicy {
  const wanted = outcomes.map((outcome) => {
    if (outcome === 'insufficient-data') return stage.onInsufficient;
    if (outcome === 'inconclusive') return stage.onInconclusive;
    // What was shown not to hold is gone past by nobody but a person.
    return outcome === 'fail' ? mild(stage.onDeadline) : stage.onError;
  });
  return caution[Math.max(...wanted.map((action) => caution.indexOf(action)))] ?? 'hold';
}

/** What a stage waits for in general, before there is a look. */
export function stageWaits({ minAgeMs, minOutcomes, gates, hold }: FullStage): readonly string[] {
  return [
    ...(minAgeMs > 0 ? [`age of ${minAgeMs} ms`] : []),
    ...(minOutcomes > 0 ? [`${minOutcomes} outcomes`] : []),
    ...gates.map(({ name }) => name),
    ...(hold ? ['approval'] : []),
  ];
}
