import type { StopAlpha } from '../analysis/stop-ledger.js';
import { type Json, isObject } from '../core/json.js';
import type { NodeVerdicts, Status } from '../strategies/strategy.js';
import type { HistoryEntry } from './control/store.js';

/** What a person sees of a node: the strategy's own word, with the verdicts and figures of the last tick. */
export interface NodeStatus<M extends string> extends Status<M> {
  readonly verdicts: NodeVerdicts['verdicts'];
  /** How much of the alpha for stopping its guardrails have used up; absent where there are none, and before the first look. */
  readonly stop?: StopAlpha;
  readonly children: readonly NodeStatus<M>[];
}

/** What a person sees of a router. */
export interface RouterStatus<M extends string> {
  readonly name: string;
  /** The revision of the record in force; 0 before the first read of a store. */
  readonly revision: number;
  readonly root: NodeStatus<M>;
  /** The store does not answer: requests are served by the last good plan, and nothing is promoted. */
  readonly stale: boolean;
  /** For how long, in milliseconds. */
  readonly staleMs: number;
  /** Models that are being loaded here before a newer plan is adopted. */
  readonly behind: readonly M[];
  /** Rollbacks that are in force here and not stored yet. */
  readonly unstored: number;
  /** For a load balancer: the models that the plan in force reaches are loaded, and this instance is not being updated. */
  readonly ready: boolean;
  /** The last transitions, oldest first. */
  readonly history: readonly HistoryEntry[];
  /** What limits dropped, what came late or twice, what failed: by name, since the router was made. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Adds what the last tick saw to a strategy's own status. */
export function withLooks<M extends string>(
  status: Status<M>,
  looks: ReadonlyMap<string, NodeVerdicts>,
): NodeStatus<M> {
  const look = looks.get(status.node);
  return {
    ...status,
    waitingFor: look?.waitingFor ?? status.waitingFor,
    verdicts: look?.verdicts ?? [],
    ...(look?.stop !== undefined && { stop: look.stop }),
    children: status.children.map((child) => withLooks(child, looks)),
  };
}

/** False while a strategy somewhere in the tree wants no requests for this instance. */
export function takesRequests({ ready, children }: Status<string>): boolean {
  return ready !== false && children.every(takesRequests);
}

/** A plan as JSON, for a reader without code: functions and policies are left out and named in `omitted`. */
export function withoutCode(
  value: unknown,
  path = 'plan',
  omitted: string[] = [],
): { json: Json; omitted: readonly string[] } {
  const visit = (at: unknown, where: string): Json | undefined => {
    if (typeof at === 'function') {
      omitted.push(where);
      return undefined;
    }
    if (Array.isArray(at)) return at.map((item, index) => visit(item, `${where}[${index}]`) ?? null);
    if (!isObject(at)) return at as Json;
    const entries = Object.entries(at).map(([key, below]) => [key, visit(below, `${where}.${key}`)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
  };
  return { json: visit(value, path) ?? null, omitted };
}
