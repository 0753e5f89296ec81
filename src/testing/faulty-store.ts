import { TurnoutError } from '../core/errors.js';
import type { StateStore } from '../runtime/control/store.js';

/** How a call goes wrong: not carried out, carried out but not acknowledged, or never answered (it is not carried out). */
export type Fault = 'before' | 'after' | 'silent';

/** A call of a store, as a fault plan sees it: `n` counts all calls from 1. */
export interface StoreCall {
  readonly n: number;
  readonly method: 'read' | 'compareAndSet' | 'addEvidence' | 'readEvidence';
}

/**
 * A store that fails as stores do. `faultOf` decides for each call; fail the n-th call before and after it took effect, for every n, and
 * a program that survives has no gap left.
 */
export class FaultyStore implements StateStore {
  readonly #store: StateStore;
  readonly #faultOf: (call: StoreCall) => Fault | undefined;
  #calls = 0;

  constructor(store: StateStore, faultOf: (call: StoreCall) => Fault | undefined) {
    this.#store = store;
    this.#faultOf = faultOf;
  }

  /** How many calls there were. */
  get calls(): number {
    return this.#calls;
  }

  read(...args: Parameters<StateStore['read']>): ReturnType<StateStore['read']> {
    return this.#call('read', () => this.#store.read(...args));
  }

  compareAndSet(...args: Parameters<StateStore['compareAndSet']>): ReturnType<StateStore['compareAndSet']> {
    return this.#call('compareAndSet', () => this.#store.compareAndSet(...args));
  }

  addEvidence(...args: Parameters<StateStore['addEvidence']>): ReturnType<StateStore['addEvidence']> {
    return this.#call('addEvidence', () => this.#store.addEvidence(...args));
  }

  readEvidence(...args: Parameters<StateStore['readEvidence']>): ReturnType<StateStore['readEvidence']> {
    return this.#call('readEvidence', () => this.#store.readEvidence(...args));
  }

  async #call<T>(method: StoreCall['method'], work: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    const n = this.#calls;
    const fault = this.#faultOf({ n, method });
    if (fault === 'silent') return new Promise<T>(() => {});
    if (fault === 'before') throw failure(n, method, 'was not carried out');
    const answer = await work();
    if (fault === 'after') throw failure(n, method, 'took effect, but the answer was lost');
    return answer;
  }
}

function failure(n: number, method: string, what: string): TurnoutError {
  return new TurnoutError('store-failed', `Call ${n} of the store (${method}) ${what}.`);
}
