/** What a process did to one shared value, and when, on a clock that all processes share. */
export interface Operation<S> {
  readonly start: number;
  /** Undefined if it was never answered: it may have taken effect at any time since, or never will. */
  readonly end: number | undefined;
  /** The value after it, if it could have been answered as it was when the value was `state`; else undefined. */
  step(state: S): { readonly state: S } | undefined;
}

/**
 * True if there is an order of the operations in which each was answered as the value then demanded, and in which none comes before
 * one that was answered before it began. A search over all such orders that never visits a place twice (Wing and Gong, "Testing and
 * verifying concurrent objects", 1993; the memory of places is Lowe's, 2017).
 */
export function isLinearizable<S>(operations: readonly Operation<S>[], initial: S): boolean {
  const sorted = [...operations].sort((a, b) => a.start - b.start);
  const seen = new Set<string>();
  const stack: { readonly state: S; readonly left: readonly Operation<S>[] }[] = [{ state: initial, left: sorted }];
  const numbers = new Map(sorted.map((operation, index) => [operation, index]));
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const { state, left } = place;
    if (left.every(({ end }) => end === undefined)) return true;
    const key = `${JSON.stringify(state)} ${left.map((operation) => numbers.get(operation)).join()}`;
    if (seen.has(key)) continue;
    seen.add(key);
    // Nothing may come first that began after something else had ended.
    const firstEnd = Math.min(...left.map(({ end }) => end ?? Infinity));
    for (const operation of left) {
      if (!(operation.start <= firstEnd)) break;
      const next = operation.step(state);
      if (next !== undefined) stack.push({ state: next.state, left: left.filter((other) => other !== operation) });
    }
  }
  return false;
}
