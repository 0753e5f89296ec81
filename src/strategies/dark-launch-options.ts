import { type Condition, conditionCheck } from '../core/conditions.js';
import { defaultUnit } from '../core/context.js';
import { isObject } from '../core/json.js';
import { type Check, fraction, listOf, object, optional, text } from '../core/options.js';
import { branchCheck } from './children.js';
import { type RampOptions, type RampState, rampKeys } from './ramp-state.js';
import { type Stage, stageCheck, stagesCheck } from './stages.js';

/** When the dark time ends: a stage without a share. Its outcomes are those of mirrored executions. */
export type DarkStage<Q extends string = never> = Omit<Stage<Q>, 'name' | 'share'>;

/** Options of a dark launch. */
export interface DarkLaunchOptions<B, H, G, Q extends string> extends RampOptions<G> {
  /** What everybody gets. */
  readonly visible: B;
  /** What only the audience gets, until it is revealed. */
  readonly hidden: H;
  /** Who gets the hidden one from the start: a condition, or a list of up to 4000 units, which may be empty. */
  readonly audience: Condition | readonly string[];
  /**
   * The fraction of everybody's requests that the hidden model runs on while dark, with its output dropped. Default 0.
   */
  readonly execute?: number;
  /** What must come before the reveal. Default `{ hold: true }`: it waits for `approve()`. */
  readonly until?: DarkStage<Q>;
  /** The stages of the reveal. Default: 1 %, 5 %, 25 %, 50 %, each for at least 10 minutes and 100 outcomes. */
  readonly reveal?: readonly Stage<Q>[];
}

/** The own part of a dark launch's state: that of a ramp whose first stage has no share. */
export type DarkLaunchState = RampState;

/** The name of the stage before the reveal. */
export const darkStage = 'dark';

const maxAudience = 4000;
const audienceUnits = listOf(text, { max: maxAudience });
const audienceCheck: Check = (value, path, issues) =>
  (Array.isArray(value) ? audienceUnits : conditionCheck)(value, path, issues);

const untilCheck: Check = (value, path, issues) => {
  // The share is not the user's, but the rest of a stage is checked as everywhere.
  if (!isObject(value)) return object({})(value, path, issues);
  for (const key of ['name', 'share']) {
    if (key in value) issues.push({ path: `${path}.${key}`, message: 'must be left out: nothing is revealed yet.' });
  }
  const { name: _name, share: _share, ...rest } = value;
  stageCheck({ ...rest, share: 0 }, path, issues);
};

const shape = object({
  visible: branchCheck,
  hidden: branchCheck,
  audience: audienceCheck,
  execute: optional(fraction),
  until: optional(untilCheck),
  reveal: optional(stagesCheck),
  ...rampKeys,
});

/** What `new DarkLaunch` takes. */
export const darkLaunchCheck: Check = (value, path, issues) => {
  shape(value, path, issues);
  if (!isObject(value)) return;
  const { hidden, visible, execute = 0, until, reveal } = value;
  const say = (option: string, message: string) => issues.push({ path: `${path}.${option}`, message });
  if (typeof hidden === 'string' && hidden === visible)
    say('hidden', `must differ from visible (was '${hidden}'): what everybody gets cannot be hidden.`);
  if (typeof execute === 'number' && execute > 0 && typeof hidden !== 'string')
    say('execute', 'must be left out where hidden is a strategy: only a model can be mirrored.');
  const needsData = isObject(until) && (until['minOutcomes'] !== undefined || until['gates'] !== undefined);
  if (needsData && execute === 0)
    say('execute', 'must be over 0 with minOutcomes or gates in until: nothing else is counted while dark.');
  if (!Array.isArray(reveal)) return;
  const taken = reveal.findIndex((stage: unknown) => isObject(stage) && stage['name'] === darkStage);
  if (taken >= 0) say(`reveal[${taken}].name`, `must not be '${darkStage}', which is the time before the reveal.`);
};

/** The audience as a condition. A unit is a text or a whole number, and is the same unit either way. */
export function audienceCondition(audience: Condition | readonly string[], unit = defaultUnit): Condition {
  if (!Array.isArray(audience)) return audience as Condition;
  const units = (audience as readonly string[]).flatMap((name) => {
    const number = Number(name);
    return Number.isSafeInteger(number) && String(number) === name ? [name, number] : [name];
  });
  return { in: [unit, units] };
}
