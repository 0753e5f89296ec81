import type { Json } from '../../core/json.js';
import { canonicalJson } from '../../core/json.js';
import type { Notice } from '../../strategies/strategy.js';
import type { HistoryEntry } from './store.js';

/** However often two programs have undone each other, one of them may try again after this. */
const longestWaitMs = 600_000;
/** The least time between a change that undoes another, and that one again. */
const shortestWaitMs = 60_000;

/**
 * Why what a look has led to must wait: it has been done before, another replica has undone it, and too little time has passed since.
 * While a deployment changes the numbers of a strategy, the old program and the new one would else undo each other at every tick, and
 * give each user both models in turn. The pause doubles each time, up to ten minutes, after which the program that is left has
 * its way. What goes with an alert never waits, since it is told to somebody; rollbacks do not come here.
 */
export function flapping(
  history: readonly HistoryEntry[],
  notices: readonly Notice[],
  now: number,
): string | undefined {
  if (notices.some(({ type }) => type === 'alert')) return undefined;
  for (const { node, data } of notices) {
    const before = history.filter((entry) => entry.node === node && entry.alert === undefined).slice(-2);
    const [first, last] = before.map(changeIn);
    const [done, undone] = before;
    const { why, ...facts } = data;
    if (done === undefined || undone === undefined || done.replica === undone.replica) continue;
    if (first === last || first !== canonicalJson({ ...facts, why })) continue;
    const waitMs = Math.min(longestWaitMs, Math.max(shortestWaitMs, 2 * (undone.at - done.at)));
    if (now - undone.at >= waitMs) continue;
    return (
      `'${node}' went from ${done.from} to ${done.to} (${done.why}), another replica has undone it, and it is not done again for ` +
      `${waitMs} ms. Do all replicas run the same program?`
    );
  }
  return undefined;
}

/** What an entry changed, without when and by whom. */
function changeIn({ from, to, why, facts }: HistoryEntry): string {
  const change: Json = { ...facts, from, to, why };
  return canonicalJson(change);
}
