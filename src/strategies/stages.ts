import type { Gate, Judged, Verdict } from '../analysis/verdict.js';
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
  text,
} from '../core/options.js';
import { gateCheck } from './judging.js';

/** What a stage does when it must end and may not: wait on, wait for an approval, go on, or roll back. */
export type StagePolicy = 'wait' | 'hold' | 'advance' | 'rollback';

/** A step of a ramp. It ends when its age, its outcomes, its gates and its approval are all there. */
export interface Stage<H = Gate<never>> {
  /** What the state remembers, so that an edited ramp resumes at the same name. Default: the share, as `5%`. */
  readonly name?: string;
  /** The candidate's share of the units, a fraction in (0, 1]. */
  readonly share: number;
  /** Default 0. */
  readonly minAgeMs?: number;
  /** Settled calls of the candidate within the stage. Default 0. */
  readonly minOutcomes?: number;
  /** When `onDeadline` or `onInsufficient` applies. Default: never. */
  readonly maxAgeMs?: number;
  /** Wait for `approve()`; no deadline goes on without it. Default false. */
  readonly hold?: boolean;
  readonly gates?: readonly H[];
  /** At `maxAgeMs`, when a gate does not pass although there are data, or nobody has approved. Default `'hold'`. */
  readonly onDeadline?: StagePolicy;
  /** At `maxAgeMs`, when there are too few data to judge. Default `'hold'`. */
  readonly onInsufficient?: StagePolicy;
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
  readonly onDeadline: StagePolicy;
  readonly onInsufficient: StagePolicy;
}

const policy = oneOf('wait', 'hold', 'advance', 'rollback');

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
  onDeadline: optional(policy),
  onInsufficient: optional(policy),
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

function nameOf(stage: Stage<unknown> | undefined): string {
  return stage?.name ?? `${Number(((stage?.share ?? 0) * 100).toPrecision(6))}%`;
}

/** Stages with their defaults. */
export function fullStages(stages: readonly Stage<Gate>[]): readonly FullStage[] {
  return stages.map((stage) => ({
    name: nameOf(stage),
    share: stage.share,
    minAgeMs: stage.minAgeMs ?? 0,
    minOutcomes: stage.minOutcomes ?? 0,
    maxAgeMs: stage.maxAgeMs ?? Infinity,
    hold: stage.hold ?? false,
    gates: stage.gates ?? [],
    onDeadline: stage.onDeadline ?? 'hold',
    onInsufficient: stage.onInsufficient ?? 'hold',
  }));
}

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
  readonly action: 'wait' | 'hold' | 'advance' | 'rollback';
}

/** What a stage has come to. `judged` holds the attempt's evidence, `outcomes` the candidate's settled calls in this stage. */
export function stageProgress(
  stage: FullStage,
  since: number,
  outcomes: number,
  approved: boolean,
  judged: Judged,
): StageProgress {
  const age = judged.now - since;
  const verdicts = stage.gates.map((gate) => judge(gate, judged));
  const open = verdicts.filter(({ outcome }) => outcome !== 'pass');
  const data: string[] = [];
  if (!(outcomes >= stage.minOutcomes)) data.push(`${stage.minOutcomes - outcomes} more outcomes`);
  const waitingFor = [
    ...(age >= stage.minAgeMs ? [] : [`age of ${stage.minAgeMs} ms (now ${Math.max(0, Math.floor(age))})`]),
    ...data,
    ...open.map(({ rule, reason }) => `${rule}: ${reason}`),
  ];
  if (approved && waitingFor.length > 0 && age >= stage.maxAgeMs)
    return { waitingFor: [], verdicts, action: 'advance' };
  const isLate = age >= stage.maxAgeMs;
  if (waitingFor.length === 0) {
    if (!stage.hold || approved) return { waitingFor, verdicts, action: 'advance' };
    return {
      waitingFor: ['approval'],
      verdicts,
      action: isLate && stage.onDeadline === 'rollback' ? 'rollback' : 'wait',
    };
  }
  if (!isLate) return { waitingFor, verdicts, action: 'wait' };
  const insufficient = data.length > 0 || open.some(({ outcome }) => outcome === 'insufficient-data');
  const wanted = insufficient ? stage.onInsufficient : stage.onDeadline;
  // A deadline is no approval: where one is asked for, it cannot be waited out.
  const action = wanted === 'advance' && stage.hold ? 'hold' : wanted;
  return { waitingFor: action === 'hold' ? [...waitingFor, 'approval'] : waitingFor, verdicts, action };
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
