import { own as ownValue } from '../core/json.js';
import type { LeaveRule, LeaveRules, PipelineState } from './pipeline-options.js';
import type { Status } from './strategy.js';

/** The stages of this program, in their order, and what must come before each is left. */
export interface PipelineSetup {
  readonly names: readonly string[];
  readonly leave: LeaveRules;
  /** Leaves no stage by itself. */
  readonly observes: boolean;
}

/** Where a state is: at a stage that it has begun, or before one that the next tick begins. */
export interface Place {
  readonly stage: string;
  readonly isBegun: boolean;
}

/** The stage after the active one. What was passed in this attempt does not come again, whatever was edited. */
export function stageAfter({ names }: PipelineSetup, { passed, stage }: PipelineState): string | undefined {
  return names.slice(names.indexOf(stage) + 1).find((name) => !passed.includes(name));
}

/** Where a state is in this program: if its stage was removed, at what comes after the last stage that was passed. */
export function placeOf(setup: PipelineSetup, own: PipelineState): Place {
  const { names } = setup;
  if (names.includes(own.stage)) return { stage: own.stage, isBegun: true };
  const last = own.passed.findLast((name) => names.includes(name));
  const next = stageAfter(setup, { ...own, stage: last ?? own.stage });
  return next === undefined ? { stage: last as string, isBegun: true } : { stage: next, isBegun: false };
}

export function ruleOf({ leave }: PipelineSetup, { stage }: PipelineState): LeaveRule {
  return ownValue(leave, stage) ?? {};
}

/** A pipeline is rolled back while its stage is, and promoted when its last stage is. */
export function settledBy(
  setup: PipelineSetup,
  own: PipelineState,
  { settled }: Pick<Status<string>, 'settled'>,
): Status<string>['settled'] {
  return settled === 'rolled-back' || stageAfter(setup, own) === undefined ? settled : undefined;
}
