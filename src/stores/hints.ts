/** A way to hear of changes, by channel. Its promises may reject, and then nothing is heard. */
export interface HintConnection {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  close(): void;
}

const ignore = (): void => {};

/**
 * Calls back that something may have changed, on a connection that is made when it is first needed. Whatever goes wrong here only
 * makes a replica wait for its next read.
 */
export class Hints {
  readonly #connect: (tell: (channel: string) => void) => HintConnection | undefined;
  readonly #listeners = new Map<string, Set<() => void>>();
  /** Channels that are subscribed to, or on the way. */
  readonly #subscribed = new Set<string>();
  #connection: HintConnection | undefined;

  constructor(connect: (tell: (channel: string) => void) => HintConnection | undefined) {
    this.#connect = connect;
  }

  /** Calls back at every hint, and once when the subscription stands: what came before that was not heard. */
  listen(channel: string, onChange: () => void): () => void {
    const known = this.#listeners.get(channel) ?? new Set();
    // A listener of its own, so that one function may listen twice and leave once.
    const listener = () => onChange();
    this.#listeners.set(channel, known.add(listener));
    if (this.#subscribed.has(channel)) queueMicrotask(() => known.has(listener) && listener());
    else this.retry(channel);
    return () => {
      known.delete(listener);
      if (known.size === 0 && this.#listeners.get(channel) === known) this.#leave(channel);
    };
  }

  /** Subscribes where somebody listens and an earlier try failed. */
  retry(channel: string): void {
    if (!this.#listeners.has(channel) || this.#subscribed.has(channel)) return;
    const connection = (this.#connection ??= this.#connect((changed) => this.#tell(changed)));
    if (connection === undefined) return;
    this.#subscribed.add(channel);
    connection.subscribe(channel).then(
      () => this.#tell(channel),
      () => this.#subscribed.delete(channel),
    );
  }

  close(): void {
    for (const channel of this.#subscribed) this.#connection?.unsubscribe(channel).catch(ignore);
    this.#connection?.close();
    this.#connection = undefined;
    this.#listeners.clear();
    this.#subscribed.clear();
  }

  #tell(channel: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener();
  }

  #leave(channel: string): void {
    this.#listeners.delete(channel);
    if (this.#subscribed.delete(channel)) this.#connection?.unsubscribe(channel).catch(ignore);
  }
}
