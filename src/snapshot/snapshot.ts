import { TurnoutError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import {
  all,
  anything,
  type Check,
  count,
  flag,
  fraction,
  listOf,
  must,
  object,
  oneOf,
  optional,
  show,
  text,
  verify,
} from '../core/options.js';
import type { Plan } from '../plan/plan.js';

/** The plan of a router as JSON, without code: what `router.snapshot()` gives, for a reader elsewhere. */
export interface Snapshot {
  readonly format: 1;
  readonly router: string;
  readonly revision: number;
  readonly plan: Plan<string>;
  /** What could not be written down: functions of conditions, policies of contextual bandits. */
  readonly omitted: readonly string[];
}

/** Deeper than any plan of people, and shallow enough for every stack. */
const depthMax = 64;
const armsMax = 1000;

const cut = object({ below: must('an integer in (0, 2^32]', isCut), arm: count });
const fallback = optional(text);
const shadowModel: Check = must(
  "a model's name or { same: true }",
  (value) => typeof value === 'string' || (isObject(value) && value['same'] === true),
);

function isCut(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 2 ** 32;
}

/** The check of a plan node, and of all below it. */
function planCheck(depth: number): Check {
  return (value, path, issues) => {
    if (!(depth <= depthMax)) return void issues.push({ path, message: `must not be nested deeper than ${depthMax}.` });
    const check = isObject(value) ? nodeCheck(value['op'], planCheck(depth + 1)) : undefined;
    if (check === undefined) issues.push({ path, message: `must be a node of a plan (was ${show(value)}).` });
    else check(value, path, issues);
  };
}

function nodeCheck(op: unknown, plan: Check): Check | undefined {
  const arms = listOf(object({ arm: text, share: fraction, plan }), { min: 1, max: armsMax });
  const placed = { op: text, node: text, epoch: count, salt: text, unit: optional(text), fallback };
  switch (op) {
    case 'serve':
      return object({ op: text, model: text, instance: optional(text), fallback });
    case 'split':
      return all(
        object({
          ...placed,
          arms,
          cuts: listOf(cut, { max: 100_000 }),
          missing: oneOf('draw', 'last'),
          counts: flag,
          instances: optional(listOf(object({ instance: text, arm: count }), { max: armsMax })),
          here: optional(text),
        }),
        armsInRange,
      );
    case 'match':
      return object({
        op: text,
        node: text,
        rules: listOf(object({ name: text, when: anything, plan, arm: optional(text) }), { max: armsMax }),
        otherwise: plan,
        fallback,
      });
    case 'mirror':
      return object({
        ...placed,
        primary: plan,
        shadows: listOf(object({ arm: text, model: shadowModel, share: fraction }), { max: armsMax }),
        comparison: anything,
      });
    case 'choose':
      return object({ ...placed, arms, policy: anything });
    default:
      return undefined;
  }
}

const armsInRange: Check = (value, path, issues) => {
  const { arms, cuts, instances = [] } = value as Record<string, unknown>;
  if (!Array.isArray(arms) || !Array.isArray(cuts) || !Array.isArray(instances)) return;
  const isOut = (part: unknown) => !(((part as { arm?: unknown })?.arm as number) < arms.length);
  if ([...cuts, ...instances].some(isOut)) issues.push({ path, message: 'must place units on arms that there are.' });
};

const snapshotCheck = object({
  format: oneOf(1),
  router: text,
  revision: count,
  plan: planCheck(0),
  omitted: listOf(text, { max: 100_000 }),
});

/**
 * Reads what `router.snapshot()` wrote, perhaps on another machine. What lost its code is made safe: a rule whose condition was a
 * function holds for nobody, a contextual policy's node serves its last arm, and shadows are left to the server. Throws
 * `state-unreadable` on anything else.
 */
export function parseSnapshot(json: unknown): Snapshot {
  try {
    verify('The snapshot', 'snapshot', json, snapshotCheck);
  } catch (error) {
    throw new TurnoutError('state-unreadable', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  // Checked above.
  const snapshot = json as Snapshot;
  return { ...snapshot, plan: withoutGaps(snapshot.plan) };
}

function withoutGaps(plan: Plan<string>): Plan<string> {
  switch (plan.op) {
    case 'serve':
      return plan;
    case 'split': {
      // `here` is where the server stands; a page stands nowhere.
      const { here: _, arms, ...rest } = plan;
      return { ...rest, arms: arms.map((arm) => ({ ...arm, plan: withoutGaps(arm.plan) })) };
    }
    case 'match': {
      const rules = plan.rules.filter((rule) => isObject(rule.when));
      return {
        ...plan,
        rules: rules.map((rule) => ({ ...rule, plan: withoutGaps(rule.plan) })),
        otherwise: withoutGaps(plan.otherwise),
      };
    }
    case 'mirror':
      return withoutGaps(plan.primary);
    case 'choose':
      return withoutGaps((plan.arms.at(-1) as (typeof plan.arms)[number]).plan);
  }
}
