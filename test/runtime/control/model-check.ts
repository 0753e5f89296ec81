import type { StateStore } from '../../../src/runtime/control/store.js';

/** What can become of a call of the store. `late`: the caller is told that it failed, and it takes effect some time after. */
export type Fate = 'ok' | 'before' | 'after' | 'late';

interface Pending {
  readonly replica: string;
  readonly method: string;
  carryOut(fate: Fate): void;
}

/** Goes through all sequences of choices, one run after the other: a depth-first search that keeps nothing but where it is. */
export class Choices {
  #path: { index: number; readonly of: number }[] = [];
  #depth = 0;

  /** A number below `of`; in the next run the last choice that can be made otherwise is. */
  choose(of: number): number {
    const known = this.#path[this.#depth];
    this.#depth += 1;
    if (known !== undefined) return known.index;
    this.#path.push({ index: 0, of });
    return 0;
  }

  /** Moves on to the next sequence; false when all are done. */
  next(): boolean {
    this.#depth = 0;
    while (this.#path.length > 0) {
      const last = this.#path.at(-1) as { index: number; readonly of: number };
      if (last.index + 1 < last.of) {
        last.index += 1;
        return true;
      }
      this.#path.pop();
    }
    return false;
  }
}

/** A network between replicas and one store, in which nothing happens until it is chosen. */
export class ChosenNetwork {
  readonly #store: StateStore;
  #pending: Pending[] = [];
  /** Once true, every call is carried out at once. */
  isHealed = false;

  constructor(store: StateStore) {
    this.#store = store;
  }

  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** The store as a replica sees it. */
  of(replica: string): StateStore {
    const call = <T>(method: string, work: () => Promise<T>): Promise<T> => {
      if (this.isHealed) return work();
      return new Promise<T>((resolve, reject) => {
        const lost = () => reject(new Error(`${method} was lost`));
        this.#pending.push({
          replica,
          method,
          carryOut: (fate) => {
            if (fate === 'ok') return void work().then(resolve, reject);
            if (fate === 'after') return void work().then(lost, lost);
            lost();
            if (fate !== 'late') return;
            this.#pending.push({ replica: 'the network', method: `late ${method}`, carryOut: () => void work() });
          },
        });
      });
    };
    const store = this.#store;
    return {
      read: (key, known) => call('read', () => store.read(key, known)),
      compareAndSet: (key, expected, next) => call('write', () => store.compareAndSet(key, expected, next)),
      addEvidence: (key, name, seq, delta) => call('add', () => store.addEvidence(key, name, seq, delta)),
      readEvidence: (key, name) => call('evidence', () => store.readEvidence(key, name)),
    };
  }

  /** Lets one call have its fate. */
  carryOut(index: number, fate: Fate): void {
    const [call] = this.#pending.splice(index, 1);
    call?.carryOut(fate);
  }

  /** What a replica had under way is as if it had never been sent: it crashed, or is cut off for good. */
  forget(replica: string): void {
    this.#pending = this.#pending.filter((call) => call.replica !== replica);
  }

  heal(): void {
    this.isHealed = true;
    for (const call of this.#pending.splice(0)) call.carryOut('ok');
  }
}

/** Lets everything run that waits for nothing. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
}
