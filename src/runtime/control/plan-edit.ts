import { hash32 } from '../../core/hash.js';
import { type Json, canonicalJson, isObject, own } from '../../core/json.js';
import type { Strategy } from '../../strategies/strategy.js';

/** What happens to the state of a node whose shape was edited in the program: start it anew, keep it, or refuse to run. */
export type OnPlanEdit = 'restart' | 'keep' | 'reject';

/** The shape of every node of a tree, by path. Numbers and functions are not in it, so tuning a stage changes nothing. */
export function fingerprintsOf(strategy: Strategy, path: string): Readonly<Record<string, string>> {
  const shape = canonicalJson([strategy.kind, strategy.shape ?? strategy.models]);
  const below = Object.entries(strategy.children ?? {}).map(([arm, child]) => fingerprintsOf(child, `${path}/${arm}`));
  return Object.assign({ [path]: hash32(shape).toString(16) }, ...below) as Record<string, string>;
}

/** The paths that are in both and differ, and those that are new. */
export function editedNodes(
  stored: Readonly<Record<string, string>>,
  current: Readonly<Record<string, string>>,
): ReadonlySet<string> {
  return new Set(Object.keys(current).filter((path) => own(stored, path) !== current[path]));
}

/** The stored state with the own parts of edited nodes taken from a fresh one; nodes that were not edited are untouched. */
export function graft(stored: Json, fresh: Json, strategy: Strategy, path: string, edited: ReadonlySet<string>): Json {
  const storedChildren = childrenOf(stored);
  const freshChildren = childrenOf(fresh);
  // A strategy that keeps its state in a layout of its own is taken as a whole.
  if (freshChildren === undefined) return edited.has(path) || stored === undefined ? fresh : stored;
  const children = Object.entries(strategy.children ?? {}).map(([arm, child]) => {
    const before = storedChildren === undefined ? undefined : own(storedChildren, arm);
    const anew = own(freshChildren, arm) as Json;
    return [arm, before === undefined ? anew : graft(before, anew, child, `${path}/${arm}`, edited)] as const;
  });
  const source = edited.has(path) || storedChildren === undefined ? fresh : stored;
  return { own: (source as { readonly own: Json }).own, children: Object.fromEntries(children) };
}

function childrenOf(state: Json): Readonly<Record<string, Json>> | undefined {
  if (!isObject(state)) return undefined;
  const { own: mine, children } = state as Readonly<Record<string, Json>>;
  return mine !== undefined && isObject(children) ? (children as Readonly<Record<string, Json>>) : undefined;
}
