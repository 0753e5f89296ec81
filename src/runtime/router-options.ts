import type { Clock } from '../core/clock.js';
import type { Context } from '../core/context.js';
import type { Issue } from '../core/errors.js';
import { isObject } from '../core/json.js';
import {
  type Check,
  all,
  anything,
  callable,
  count,
  duration,
  either,
  flag,
  must,
  nearest,
  object,
  oneOf,
  optional,
  positive,
  positiveCount,
  recordOf,
  text,
  withMethods,
} from '../core/options.js';
import type { Rng } from '../core/rng.js';
import { type Metrics, metricsCheck } from '../evidence/metric.js';
import type { TokenSigner } from '../evidence/token.js';
import { isStrategy } from '../strategies/children.js';
import type { Strategy } from '../strategies/strategy.js';
import type { Models } from './calls/model.js';
import type { Authorize } from './authority.js';
import type { HistorySink } from './control/archive.js';
import type { OnPlanEdit } from './control/plan-edit.js';
import type { LastKnown } from './control/record-keeper.js';
import type { StateStore } from './control/store.js';

/** Metrics that are measured without being declared, so that every guardrail may name them. */
export type BuiltIn = 'error' | 'latency' | 'mismatch';
const builtIns: readonly string[] = ['error', 'latency', 'mismatch'] satisfies BuiltIn[];

/** The shape of console, pino and winston. */
export interface Logger {
  debug(message: string, fields: object): void;
  info(message: string, fields: object): void;
  warn(message: string, fields: object): void;
  error(message: string, fields: object): void;
}

export interface MirrorOptions {
  /** Shadows that run at once. Default 8. */
  readonly concurrency?: number;
  /** Shadows that wait; more are dropped and counted. Default 100. */
  readonly queue?: number;
  /** Default 10 000. */
  readonly timeoutMs?: number;
  /** Makes the shadow's input, for models that change theirs. Default: the same value. */
  readonly copyInput?: (input: unknown) => unknown;
}

export interface RouterOptions<Ms extends Models, Qs extends Metrics, S> {
  /** Names the roll-out in the store, in tokens and in events. */
  readonly name: string;
  readonly models: Ms;
  /** What may be reported. Errors and latency are always measured. */
  readonly metrics?: Qs;
  /**
   * Whether a unit makes many requests (default), or `'one'`, your word that none comes back. With many, arms are compared by
   * clusters of units; with one, each request is an observation of its own, which is exact and a little sharper.
   */
  readonly visits?: 'many' | 'one';
  readonly strategy: S;
  /** Where replicas meet. Default: this process alone, forgotten when it ends. */
  readonly store?: StateStore;
  /** Names this replica, so that a process may hold several of one router. Default: a random name, and only one router. */
  readonly replica?: string;
  /** How many replicas share the store at most: each has its part of the alpha that is kept for judging while cut off. Default 10. */
  readonly replicas?: number;
  /** The instance that this process is, for rolling updates. */
  readonly instance?: string;
  /** Serve the stable model and count nothing. Default false. */
  readonly disabled?: boolean;
  /** What a failing model's request gets: the stable model's answer (default), or the error. */
  readonly onModelError?: 'baseline' | 'throw';
  /** The time limit of a request, fallbacks included. Default: none. */
  readonly timeoutMs?: number;
  /** The time limit of each model's attempt. Default: what is left of `timeoutMs`. */
  readonly attemptTimeoutMs?: number;
  /** When models are loaded: before a plan that reaches them is adopted, or by the first request. Default eager in Node, else lazy. */
  readonly load?: 'eager' | 'lazy';
  /** Default 10 000, a little jittered; `false` leaves `tick()` to you. */
  readonly tickEveryMs?: number | false;
  /** How long a call of the store may take. Default 5000. */
  readonly storeTimeoutMs?: number;
  /** The width of the time buckets that evidence is kept in. Default an hour. */
  readonly bucketMs?: number;
  /** What happens to the state of a node that was edited in the program. Default `'restart'`. */
  readonly onPlanEdit?: OnPlanEdit;
  /** Functions that conditions name as `{ use: 'name' }`. */
  readonly conditions?: Readonly<Record<string, (context: Context) => boolean>>;
  /** Makes tokens that cannot be forged. Default: none, and `report` trusts its caller. */
  readonly tokens?: TokenSigner;
  readonly mirrors?: MirrorOptions;
  /** Keeps the last record of a shared store in a place of this replica's own, so that it can start while the store is down. */
  readonly lastKnown?: LastKnown;
  /** Who may give which order. Default: whoever holds the router. The machine's own rollbacks are not asked about. */
  readonly authorize?: Authorize;
  /** Keeps every transition and alert, with the evidence that each was judged by; the record keeps the last hundred. */
  readonly history?: HistorySink;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly rng?: Rng;
}

const shape = object({
  name: must(
    "a name of 1 to 200 characters without '/'",
    (value) => /^[^/]{1,200}$/u.test(String(value)) && typeof value === 'string',
  ),
  models: recordOf(anything, { min: 1 }),
  metrics: optional(metricsCheck),
  visits: optional(oneOf('many', 'one')),
  strategy: must('a strategy, such as new Canary({ … })', isStrategy),
  store: optional(withMethods('a StateStore', 'read', 'compareAndSet', 'addEvidence', 'readEvidence')),
  replica: optional(text),
  replicas: optional(positiveCount),
  instance: optional(text),
  disabled: optional(flag),
  onModelError: optional(oneOf('baseline', 'throw')),
  timeoutMs: optional(positive),
  attemptTimeoutMs: optional(positive),
  load: optional(oneOf('eager', 'lazy')),
  tickEveryMs: optional(either('a time in milliseconds over 0, or false', positive, oneOf(false))),
  storeTimeoutMs: optional(positive),
  bucketMs: optional(positive),
  onPlanEdit: optional(oneOf('restart', 'keep', 'reject')),
  conditions: optional(recordOf(callable)),
  tokens: optional(withMethods('a signer', 'sign', 'verify')),
  mirrors: optional(
    object({
      concurrency: optional(positiveCount),
      queue: optional(count),
      timeoutMs: optional(duration),
      copyInput: optional(callable),
    }),
  ),
  authorize: optional(callable),
  lastKnown: optional(withMethods('an object with load() and save(record)', 'load', 'save')),
  history: optional(callable),
  logger: optional(withMethods('a logger', 'debug', 'info', 'warn', 'error')),
  clock: optional(withMethods('a clock', 'now', 'elapsed')),
  rng: optional(withMethods('a source of chance', 'next')),
});

/** A strategy may only name what the router knows. */
const namesCheck: Check = (value, path, issues) => {
  if (!isObject(value)) return;
  const { models, metrics, strategy } = value as Partial<RouterOptions<Models, Metrics, Strategy>>;
  if (!isStrategy(strategy) || !isObject(models)) return;
  issues.push(...unknown(strategy.models, Object.keys(models), 'models', path));
  issues.push(...unknown(strategy.metrics, [...Object.keys(metrics ?? {}), ...builtIns], 'metrics', path));
};

function unknown(named: readonly string[], known: readonly string[], what: string, path: string): readonly Issue[] {
  return named
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      const advice = near === undefined ? '' : ` Did you mean '${near}'?`;
      const message = `'${name}' is not in \`${what}\` (${known.join(', ')}).${advice}`;
      return { path: `${path}.strategy.${what}`, message };
    });
}

/** The check of everything that `createRouter` takes. */
export const routerCheck: Check = all(shape, namesCheck);

/** True where loading every model ahead is what one expects: in Node, not in a browser that would download them all. */
export function isServer(): boolean {
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly node?: string } } };
  return process?.versions?.node !== undefined;
}
