import { TurnoutError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import type { StateStore } from '../runtime/control/store.js';

/** What a call loses: itself, or its answer. */
export type Loss = 'call' | 'answer' | 'either' | undefined;

/**
 * One replica's way to the store, which may be cut. What is lost of a call decides whoever made it, at the moment of
 * the call.
 */
export function lossyStore(store: StateStore, rng: Rng, lossNow: () => Loss): StateStore {
  const call = async <T>(method: string, work: () => Promise<T>): Promise<T> => {
    const loss = lossNow();
    if (loss === undefined) return work();
    const isAnswer = loss === 'answer' || (loss === 'either' && rng.next() < 0.5);
    if (isAnswer) await work();
    const what = isAnswer ? 'took effect, but its answer was lost' : 'was not carried out';
    throw new TurnoutError('store-failed', `${method} ${what}: the store is out in this simulation.`);
  };
  return {
    read: (...args) => call('read', () => store.read(...args)),
    compareAndSet: (...args) => call('compareAndSet', () => store.compareAndSet(...args)),
    addEvidence: (...args) => call('addEvidence', () => store.addEvidence(...args)),
    readEvidence: (...args) => call('readEvidence', () => store.readEvidence(...args)),
  };
}
