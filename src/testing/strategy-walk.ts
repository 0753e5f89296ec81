import { TurnoutError } from '../core/errors.js';
import type { Json } from '../core/json.js';
import { type Rng, seededRng } from '../core/rng.js';
import type { Metrics } from '../evidence/metric.js';
import type { Stratum } from '../evidence/stratum.js';
import { viewOf } from '../runtime/control/view.js';
import { rootScope } from '../strategies/scope.js';
import type { Command, Scope, Signal, Status, Strategy, Transition, View } from '../strategies/strategy.js';
import { type StratumFacts, fakeStratum } from './fake-view.js';
import { nodesIn } from './plan-facts.js';

/** What a walk needs to know of the strategy that it drives. */
export interface WalkOptions {
  readonly create: () => Strategy;
  readonly metrics: Metrics;
  readonly steps: number;
  /** Signals of the user's own, mixed in with the others. */
  readonly signals: ((rng: Rng) => Signal) | undefined;
}

/** One signal, what was there before it and what it led to. */
export interface Step {
  readonly strategy: Strategy;
  readonly before: Json;
  readonly signal: Signal;
  readonly after: Transition<Json>;
  readonly scope: Scope;
  /** The scope after the change was stored. */
  readonly next: Scope;
  /** A fresh look with the same evidence and the same chance. */
  look(): View;
}

export const root = 'laws';
const start = Date.UTC(2026, 0, 5, 9);
const waits = [0, 1_000, 60_000, 600_000, 3_600_000, 86_400_000];
const commands = ['promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'] as const;

/** Freezes a value all the way down, so that a change in place throws. Typed arrays cannot be frozen and are left. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

function oneOf<T>(rng: Rng, list: readonly T[]): T {
  return list[Math.floor(rng.next() * list.length)] as T;
}

function allStatuses(status: Status<string>): readonly Status<string>[] {
  return [status, ...status.children.flatMap(allStatuses)];
}

/** Drives a strategy by random signals and evidence; the same seed walks the same way. */
export function* walk(options: WalkOptions, seed: number): Generator<Step> {
  const rng = seededRng(seed);
  const strategy = options.create();
  const strata: Stratum[] = [];
  // Every arm has an error rate of its own, so that guardrails fail in some walks and pass in others.
  const errorRates = new Map<string, number>();
  const urgent: Command[] = [];
  let revision = 1;
  let now = start;
  let state = deepFreeze(strategy.init(now, rootScope(root, revision)));
  for (let step = 0; step < options.steps; step += 1) {
    now += oneOf(rng, waits);
    const scope = rootScope(root, revision + 1);
    strata.push(...observed(strategy, state, scope, now, rng, errorRates, options.metrics));
    const signal = urgent.shift() ?? someSignal(strategy, state, scope, rng, options.signals);
    const evidence = deepFreeze([...strata]);
    const at = now;
    const look = () =>
      viewOf({ router: root, revision: scope.revision, now: at, metrics: options.metrics, strata: evidence }, root);
    const before = state;
    const after = strategy.reduce(before, deepFreeze(signal), look(), scope);
    urgent.push(...(after.urgent ?? []));
    if (urgent.length > 100) throw new TurnoutError('domain', 'The strategy asks for ever more rollbacks.');
    if (after.state !== before) revision += 1;
    state = deepFreeze(after.state);
    yield { strategy, before, signal, after, scope, next: rootScope(root, revision + 1), look };
  }
}

function someSignal(strategy: Strategy, state: Json, scope: Scope, rng: Rng, own: WalkOptions['signals']): Signal {
  const dice = rng.next();
  if (own !== undefined && dice < 0.2) return own(rng);
  if (dice < 0.55) return { type: 'tick' };
  if (dice < 0.7) {
    const task = oneOf(rng, strategy.tasks?.(state, scope) ?? []);
    if (task === undefined) return { type: 'tick' };
    return { type: 'settled', task: task.id, node: task.node, ok: rng.next() < 0.8, detail: null };
  }
  if (dice < 0.75) return { type: rng.next() < 0.5 ? 'joined' : 'left', instance: oneOf(rng, ['a', 'b', 'c']) };
  const status = oneOf(rng, allStatuses(strategy.status(state, scope)));
  const type = oneOf(rng, commands);
  const address = status.node === scope.id && rng.next() < 0.5 ? {} : { node: status.node };
  if (type === 'rollback') return { type, by: 'a person', reason: 'a random walk', ...address };
  if ((type === 'resume' || type === 'reset') && rng.next() < 0.3)
    return { type, by: 'a person', override: true, ...address };
  const arm = oneOf(rng, Object.keys(status.shares));
  if (type === 'promote' && arm !== undefined && rng.next() < 0.3) return { type, by: 'a person', arm, ...address };
  return { type, by: 'a person', ...address };
}

/** What one more minute of traffic leaves at every node of the plan in force. */
function observed(
  strategy: Strategy,
  state: Json,
  scope: Scope,
  now: number,
  rng: Rng,
  errorRates: Map<string, number>,
  metrics: Metrics,
): readonly Stratum[] {
  const size = oneOf(rng, [0, 10, 300]);
  return nodesIn(strategy.plan(state, scope)).map(({ node, epoch, salt, shares }) => {
    const cells = Object.entries(shares).map(([arm, share]) => {
      const key = `${node} ${arm}`;
      const rate = errorRates.get(key) ?? oneOf(rng, [0, 0, 0.01, 0.4]);
      errorRates.set(key, rate);
      const outcomes = Math.round(size * share);
      const errors = Math.round(outcomes * rate * rng.next());
      const sums = Object.keys(metrics).map((name) => {
        const sum = Math.round(outcomes * rng.next());
        return [name, { n: outcomes, sum, sumSq: sum, late: 0 }] as const;
      });
      const latenciesMs = Array.from({ length: Math.min(outcomes, 20) }, () => 10 + 200 * rng.next());
      const mismatches = Math.round(outcomes * rate);
      const facts = {
        outcomes,
        errors,
        latenciesMs,
        compared: outcomes,
        mismatches,
        metrics: Object.fromEntries(sums),
      };
      return [arm, facts] as const;
    });
    const from = now - (now % 60_000);
    const facts: StratumFacts = {
      node,
      epoch,
      salt,
      shares,
      from,
      to: from + 60_000,
      cells: Object.fromEntries(cells),
    };
    return fakeStratum(facts);
  });
}
