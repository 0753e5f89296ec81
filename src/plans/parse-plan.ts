import { ConfigError, type Issue } from '../core/errors.js';
import { isObject, type Json, type JsonObject, own as ownValue } from '../core/json.js';
import { type Check, anything, listOf, must, object, optional, recordOf, text, verify } from '../core/options.js';
import { type Metrics, metricsCheck } from '../evidence/metric.js';
import type { BuiltIn } from '../runtime/router-options.js';
import type { Strategy } from '../strategies/strategy.js';
import { jsonCopy } from './json-copy.js';
import { readMetrics } from './read/metrics.js';
import { type Reading, say } from './read/reading.js';
import { strategy } from './read/strategies.js';
import { planSchema } from './schema/plan.js';
import { merged, shapeIssues } from './shape-issues.js';

/** What a program knows and a plan may only name. */
export interface ParsePlanOptions<M extends string = string, Qs extends Metrics = Metrics> {
  /** The models that there are: a plan that names another one is refused, and its strategy fits a router with these. Default: any. */
  readonly models?: readonly M[];
  /** Metrics that the program declares, so that reports are typed by them; the plan may declare more. */
  readonly metrics?: Qs;
  /** What the plan names as `{ use: name }` outside of conditions: functions, and the moments of a contextual bandit. */
  readonly use?: Readonly<Record<string, unknown>>;
}

/**
 * A plan that has passed every check. `name`, `metrics`, `visits` and `strategy` are what `createRouter` takes; all else is not enumerable,
 * so that `createRouter({ ...plan, models })` has no key too many.
 */
export interface ParsedPlan<M extends string = string, Qs extends Metrics = Metrics> {
  readonly name: string;
  readonly strategy: Strategy<M, (keyof Qs & string) | BuiltIn>;
  /** Those of the plan, and those of the program. */
  readonly metrics: Qs;
  readonly visits: 'many' | 'one';
  /** For people. */
  readonly description?: string;
  /** What the plan is rehearsed with, as JSON; its shape has been checked. `npx turnout rehearse` reads it. */
  readonly rehearsal?: Json;
  /**
   * The JSON that the plan was read from, frozen: `parsePlan(plan.json)` is this plan again. Keys are in the order in which they were
   * written, since the order of arms and stages means something.
   */
  readonly json: Json;
}

const builtIns: readonly BuiltIn[] = ['error', 'latency', 'mismatch'];

const path = 'plan';

const nameCheck = must(
  "a name of 1 to 200 characters without '/'",
  (value) => typeof value === 'string' && /^[^/]{1,200}$/u.test(value),
);

const optionsCheck: Check = object({
  models: optional(listOf(text, { min: 1 })),
  metrics: optional(metricsCheck),
  use: optional(recordOf(anything)),
});

/**
 * A plan from JSON: what `JSON.parse`, or a parser of YAML, gave. Pure.
 *
 * Strategies are `{ kind: 'canary', … }` with the options of their classes, guardrails and gates `{ rule: 'maxErrorRate', limit: 0.02 }`,
 * and what only a program has is `{ use: 'name' }`; docs/plans.md has it all. Throws one ConfigError with every mistake,
 * each with its path, such as `plan.strategy.stages[0].share: must be a fraction in [0, 1] (was 5). Did you mean 0.05?`
 */
export function parsePlan<const M extends string = string, Qs extends Metrics = Metrics>(
  json: unknown,
  options: ParsePlanOptions<M, Qs> = {},
): ParsedPlan<M, Qs> {
  verify('parsePlan', 'options', options, optionsCheck);
  const { use = {} } = options;
  const named = (name: string) => ownValue(use, name);
  const { plan, issues } = readPlan(json, options, named);
  if (issues.length > 0) throw new ConfigError('parsePlan', issues);
  // Checked against `models` and `metrics`, where they are given.
  return plan as unknown as ParsedPlan<M, Qs>;
}

/** What came of reading a plan. */
export interface ReadPlan {
  /** Undefined where there is nothing to make one of. With mistakes, what could not be made is something else that passes. */
  readonly plan: ParsedPlan | undefined;
  readonly issues: readonly Issue[];
}

/** Reads all there is, mistakes or not. */
export function readPlan(
  json: unknown,
  { models, metrics: declared = {} }: Pick<ParsePlanOptions, 'models' | 'metrics'>,
  named: Reading['named'],
): ReadPlan {
  const issues: Issue[] = [];
  const copy = jsonCopy(json, path, issues);
  if (issues.length > 0) return { plan: undefined, issues };
  const parsed = planSchema().safeParse(copy, { jitless: true });
  const ofShape = parsed.success ? [] : shapeIssues(parsed.error.issues, copy, path);
  if (!isObject(copy)) return { plan: undefined, issues: ofShape };
  const plan = planOf(copy as JsonObject, declared, { issues, models, named });
  return { plan, issues: merged(issues, ofShape) };
}

function planOf(
  json: JsonObject,
  declared: Metrics,
  { issues, models, named }: Pick<Reading, 'issues' | 'named'> & { readonly models: readonly string[] | undefined },
): ParsedPlan {
  const { name, visits, description, rehearsal, metrics: given } = json;
  const own = isObject(given) ? Object.keys(given) : [];
  const reading: Reading = {
    issues,
    metrics: [...own, ...Object.keys(declared), ...builtIns],
    named,
    ...(models !== undefined && { models }),
  };
  nameCheck(name, `${path}.name`, issues);
  const twice = own.filter((metric) => Object.hasOwn(declared, metric));
  for (const metric of twice) say(reading, `${path}.metrics.${metric}`, 'must be left out: the program declares it.');
  const forRouter: Pick<ParsedPlan, 'name' | 'strategy' | 'metrics' | 'visits'> = {
    name: String(name),
    strategy: strategy(json['strategy'], `${path}.strategy`, reading) as Strategy<string, BuiltIn>,
    metrics: Object.freeze({ ...readMetrics(given, `${path}.metrics`, reading), ...declared }),
    visits: visits === 'one' ? 'one' : 'many',
  };
  const beside: Omit<ParsedPlan, keyof typeof forRouter> = {
    json,
    ...(typeof description === 'string' && { description }),
    ...(rehearsal !== undefined && { rehearsal }),
  };
  const hidden = Object.entries(beside).map(([key, value]) => [key, { value, enumerable: false }] as const);
  return Object.freeze(Object.defineProperties(forRouter, Object.fromEntries(hidden)) as ParsedPlan);
}
