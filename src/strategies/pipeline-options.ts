import type { Gate } from '../analysis/verdict.js';
import type { Issue } from '../core/errors.js';
import { isObject, own as ownValue } from '../core/json.js';
import {
  type Check,
  duration,
  flag,
  listOf,
  must,
  object,
  oneOf,
  optional,
  positive,
  recordOf,
  text,
} from '../core/options.js';
import { type Attempt, stateCheck } from './attempt.js';
import { armNameCheck, isStrategy } from './children.js';
import { gateCheck } from './judging.js';
import type { Strategy } from './strategy.js';

/** What must come before a pipeline leaves a stage. All that is given must hold. */
export interface LeaveRule<H = Gate> {
  /**
   * Whether the stage must be settled as promoted. Default true; `false` is for stages that never are by themselves.
   */
  readonly promoted?: boolean;
  /** How long the stage lasts at least, from its start. Default 0. */
  readonly minAgeMs?: number;
  /** When the stage must have been left, from its start; see `onDeadline`. Default: never. */
  readonly maxAgeMs?: number;
  /**
   * At `maxAgeMs`: `'hold'` (default) tells it, and the stage stays until it may be left or a person ends it; `'rollback'` rolls the
   * pipeline back. There is no going on: what a stage did not show, a clock does not.
   */
  readonly onDeadline?: 'hold' | 'rollback';
  /** Wait for `approve()`, once the rest is there. Default false. */
  readonly approval?: boolean;
  /** How long an approval counts: then it is waited for again. Default: until the stage is left. */
  readonly approvalExpiresMs?: number;
  /** Judged on the evidence of the stage's own node, or of `node`, since the stage began. */
  readonly gates?: readonly H[];
  /** The node below the stage that gates look at, by its path from there: `candidate` for a test inside a canary. */
  readonly node?: string;
  /** The arm of the stage, or of `node`, that gates judge, as its `status().shares` names it. Needed with gates. */
  readonly arm?: string;
  /** The arm that it is compared with. */
  readonly control?: string;
}

/** The rules by stage. */
export type LeaveRules = Readonly<Record<string, LeaveRule<Gate> | undefined>>;

/** The gates that rules name. */
export type GatesOf<L> = L[keyof L] extends infer R
  ? R extends { readonly gates: readonly (infer H)[] }
    ? H
    : never
  : never;

/** Options of a pipeline. */
export interface PipelineOptions<T extends Readonly<Record<string, Strategy>>, L> {
  /** The stages by name, in their order: 1 to 20, each any strategy. */
  readonly stages: T;
  /** What must come before a stage is left. Default: that it is promoted. There is nothing after the last one. */
  readonly leave?: L & { readonly [N in keyof L]: N extends keyof T ? unknown : never };
  /**
   * Stages that hash units anew. All others share one salt, so that units stay with their model from stage to stage.
   */
  readonly reshuffle?: readonly NoInfer<keyof T & string>[];
  /** `'observe'` judges and reports when a stage could be left, and leaves none by itself. Default `'act'`. */
  readonly mode?: 'act' | 'observe';
}

/** The own part of a pipeline's state. Its epoch is the one in which the active stage began. */
export type PipelineState = Attempt & {
  /** The active stage. */
  readonly stage: string;
  /** The stages before it in this attempt. */
  readonly passed: readonly string[];
  readonly paused: boolean;
  /** Whether a person said that the stage shall be left. */
  readonly order: 'none' | 'promoted';
  /** The instances that have joined, for stages that begin later. At most 1000. */
  readonly instances: readonly string[];
  readonly why: string;
};

export const instancesMax = 1000;

export const pipelineStateCheck: Check = stateCheck({
  stage: text,
  passed: listOf(text),
  paused: flag,
  // `approved` was stored before approvals had names.
  order: oneOf('none', 'approved', 'promoted'),
  instances: listOf(text, { max: instancesMax }),
  why: text,
});

const stagesMax = 20;
const stageCheck = must('a strategy', isStrategy, (value) =>
  typeof value === 'string' ? 'A model alone has nothing that could end the stage.' : undefined,
);

const stagesCheck: Check = (value, path, issues) => {
  recordOf(stageCheck, { min: 1, max: stagesMax })(value, path, issues);
  for (const name of isObject(value) ? Object.keys(value) : []) {
    armNameCheck(name, `${path}.${name}`, issues);
    // JavaScript sorts such keys to the front, so their order is not the one which was written.
    if (/^(0|[1-9]\d*)$/.test(name))
      issues.push({
        path: `${path}.${name}`,
        message: 'must not be named by a whole number: such keys have no order.',
      });
  }
};

const leaveShape = object({
  promoted: optional(flag),
  minAgeMs: optional(duration),
  maxAgeMs: optional(positive),
  onDeadline: optional(oneOf('hold', 'rollback')),
  approval: optional(flag),
  approvalExpiresMs: optional(positive),
  gates: optional(listOf(gateCheck)),
  node: optional(text),
  arm: optional(text),
  control: optional(text),
});

const leaveCheck: Check = (value, path, issues) => {
  leaveShape(value, path, issues);
  if (!isObject(value)) return;
  const { promoted, minAgeMs = 0, approval, gates, node, arm } = value;
  const { maxAgeMs, onDeadline } = value;
  if (typeof maxAgeMs === 'number' && typeof minAgeMs === 'number' && !(maxAgeMs >= minAgeMs))
    issues.push({ path: `${path}.maxAgeMs`, message: `must be at least minAgeMs, ${minAgeMs} (was ${maxAgeMs}).` });
  if (onDeadline !== undefined && maxAgeMs === undefined)
    issues.push({ path: `${path}.onDeadline`, message: 'must be left out without maxAgeMs, which sets the deadline.' });
  const hasGates = Array.isArray(gates) && gates.length > 0;
  if (node !== undefined && !hasGates)
    issues.push({ path: `${path}.node`, message: 'must be left out without gates, which look at it.' });
  if (hasGates && arm === undefined)
    issues.push({ path: `${path}.arm`, message: 'must be given with gates: the arm that they judge.' });
  if (promoted === false && minAgeMs === 0 && approval !== true && !hasGates)
    issues.push({ path, message: 'must ask for an age, an approval or gates where it does not wait for a promotion.' });
};

const shape = object({
  stages: stagesCheck,
  leave: optional(recordOf(optional(leaveCheck))),
  reshuffle: optional(listOf(text)),
  mode: optional(oneOf('act', 'observe')),
});

/** A node that nobody has would have no evidence for ever, and the stage no end. */
function nodeCheck(rule: unknown, stage: unknown, path: string, issues: Issue[]): void {
  const node = isObject(rule) ? rule['node'] : undefined;
  if (typeof node !== 'string' || node === '' || !isStrategy(stage)) return;
  let at: Strategy | undefined = stage;
  for (const arm of node.split('/')) {
    const below: Readonly<Record<string, Strategy>> = at.children ?? {};
    at = ownValue(below, arm);
    if (at !== undefined) continue;
    const known = Object.keys(below).join(', ') || 'none';
    issues.push({
      path,
      message: `must be the path of a strategy below the stage (was '${node}'). Below are ${known}.`,
    });
    return;
  }
}

/** What `new Pipeline` takes. */
export const pipelineCheck: Check = (value, path, issues) => {
  shape(value, path, issues);
  if (!isObject(value)) return;
  const { leave, reshuffle, stages } = value;
  if (!isObject(stages)) return;
  const names = Object.keys(stages);
  for (const [name, rule] of isObject(leave) ? Object.entries(leave) : []) {
    nodeCheck(rule, ownValue(stages, name), `${path}.leave.${name}.node`, issues);
    if (!names.includes(name))
      issues.push({ path: `${path}.leave.${name}`, message: `must be one of the stages ${names.join(', ')}.` });
    else if (name === names.at(-1))
      issues.push({ path: `${path}.leave.${name}`, message: 'must be left out: nothing comes after the last stage.' });
  }
  (Array.isArray(reshuffle) ? reshuffle : []).forEach((name: unknown, index) => {
    if (typeof name === 'string' && !names.includes(name))
      issues.push({
        path: `${path}.reshuffle[${index}]`,
        message: `must be one of the stages ${names.join(', ')} (was '${name}').`,
      });
  });
};
