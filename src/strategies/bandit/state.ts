import type { LinearSums } from '../../bandits/contextual/linear-sums.js';
import { triangleLength } from '../../bandits/cholesky.js';
import { isObject } from '../../core/json.js';
import { all, type Check, count, listOf, must, object, oneOf, optional, text } from '../../core/options.js';
import { cutsCheck } from '../../plan/cuts.js';
import { type Attempt, stateCheck } from '../attempt.js';
import { armNameCheck } from '../children.js';
import type { BanditSetup } from './options.js';

export type BanditPhase = 'running' | 'paused' | 'promoted' | 'rolled-back';

/** An arm that takes part. Evidence of epochs before `firstEpoch` is of another arm of the name. */
export type BanditArm = {
  readonly name: string;
  readonly leads: string;
  readonly firstEpoch: number;
};

/** An arm that was taken out. Under its name another one may take part. */
export type RemovedArm = Omit<BanditArm, 'firstEpoch'>;

/** What a contextual policy decides by until the next batch. */
export type BanditFit = {
  /** By arm. */
  readonly sums: readonly LinearSums[];
  /** All the chance that the policy has until then: drawn once, so that every replica decides alike. */
  readonly seed: number;
};

/** The own part of a bandit's state. */
export type BanditState = Attempt & {
  readonly phase: BanditPhase;
  /** The baseline last. */
  readonly arms: readonly BanditArm[];
  /** Whose hashes are whose, by index of `arms`, so that new shares move as few units as can be. */
  readonly cuts: readonly { readonly below: number; readonly arm: number }[];
  /** The arm that was frozen; '' while there is none. */
  readonly leader: string;
  /** All arms that ever took part in the attempt: the level of the test must not depend on what was seen. */
  readonly armsEver: number;
  /** The epochs of the attempt so far. */
  readonly epochs: number;
  /** When the attempt began, and when the shares or the fit were last made anew, ms since 1970. */
  readonly startedAt: number;
  readonly lastBatchAt: number;
  /** Contextual policies only. */
  readonly fit: BanditFit | null;
  /** Arms that a guardrail took out of this attempt; absent while there are none. */
  readonly removed?: readonly RemovedArm[];
  /** Where guardrails began anew, and for which time; absent before the first. */
  readonly judgedSince?: { readonly block: number; readonly epoch: number };
  readonly why: string;
};

const anyText = must('a text', (value) => typeof value === 'string');
const finite = must('a finite number', Number.isFinite);

function fitCheck({ contextual }: BanditSetup, arms: number): Check {
  const dimension = contextual?.moments.dimension ?? 0;
  const exactly = (length: number) => listOf(finite, { min: length, max: length });
  const sums = object({ n: count, xx: exactly(triangleLength(dimension)), xr: exactly(dimension) });
  const keys = object({ sums: listOf(sums, { min: arms, max: arms }), seed: count });
  return (value, path, issues) => {
    if (value === null) return;
    if (contextual === undefined) issues.push({ path, message: 'must be null without a contextual policy.' });
    else keys(value, path, issues);
  };
}

/** The check of a stored own part against the options of this bandit. Its arms may be others: they are adopted at the next tick. */
export function ownCheckOf(setup: BanditSetup): Check {
  const arm = object({ name: armNameCheck, leads: text, firstEpoch: count });
  const keys = stateCheck({
    phase: oneOf('running', 'paused', 'promoted', 'rolled-back'),
    arms: listOf(arm, { min: 2, max: 50 }),
    cuts: cutsCheck,
    leader: anyText,
    armsEver: count,
    epochs: count,
    startedAt: count,
    lastBatchAt: count,
    fit: () => {},
    removed: optional(listOf(object({ name: armNameCheck, leads: text }))),
    judgedSince: optional(object({ block: count, epoch: count })),
    why: text,
  });
  return all(keys, (value, path, issues) => {
    const { arms, cuts, leader, phase, fit } = (isObject(value) ? value : {}) as Partial<BanditState>;
    if (!Array.isArray(arms) || !arms.every(isObject)) return;
    const names = arms.map(({ name }) => name);
    if (new Set(names).size < names.length || names.at(-1) !== setup.baseline) {
      issues.push({ path: `${path}.arms`, message: `must be different, with '${setup.baseline}' last.` });
    }
    if (Array.isArray(cuts) && cuts.some((cut) => !(isObject(cut) && (cut['arm'] as number) < arms.length))) {
      issues.push({ path: `${path}.cuts`, message: `must name arms below ${arms.length}.` });
    }
    if (phase === 'promoted' ? !names.includes(leader as string) : leader !== '') {
      issues.push({ path: `${path}.leader`, message: "must be one of the arms after a promotion, and '' otherwise." });
    }
    fitCheck(setup, arms.length)(fit, `${path}.fit`, issues);
  });
}
