import { prerequisitesOf } from '../core/conditions.js';
import type { Plan } from './plan.js';
import { nodesOf } from './reachable.js';

/** For each match node, the nodes whose arms its rules ask for. */
export type Prerequisites = ReadonlyMap<string, ReadonlySet<string>>;

/** Splits and choices ask nobody, so only match nodes have prerequisites. */
export function prerequisites<M extends string>(plan: Plan<M>): Prerequisites {
  const asks = new Map<string, Set<string>>();
  for (const node of nodesOf(plan)) {
    if (node.op !== 'match') continue;
    const asked = asks.get(node.node) ?? new Set<string>();
    asks.set(node.node, asked);
    for (const { when } of node.rules) for (const name of prerequisitesOf(when)) asked.add(name);
  }
  return asks;
}

/** The way from one node to another along prerequisites, both ends included; undefined if there is none. */
function wayTo(asks: Prerequisites, from: string, to: string): readonly string[] | undefined {
  const seen = new Set<string>();
  const visit = (node: string): readonly string[] | undefined => {
    if (node === to) return [node];
    if (seen.has(node)) return undefined;
    seen.add(node);
    for (const next of asks.get(node) ?? []) {
      const rest = visit(next);
      if (rest !== undefined) return [node, ...rest];
    }
    return undefined;
  };
  return visit(from);
}

/** True if what `node` asks of `asked` depends on `node` itself. */
export function isCyclic(asks: Prerequisites, node: string, asked: string): boolean {
  return wayTo(asks, asked, node) !== undefined;
}

/** The first cycle among prerequisites, from a node back to it (`['a', 'b', 'a']`), for an error at construction. */
export function prerequisiteCycle<M extends string>(plan: Plan<M>): readonly string[] | undefined {
  const asks = prerequisites(plan);
  for (const [node, asked] of asks) {
    for (const next of asked) {
      const way = wayTo(asks, next, node);
      if (way !== undefined) return [node, ...way];
    }
  }
  return undefined;
}
