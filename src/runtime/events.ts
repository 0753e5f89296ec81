import { EventEmitter } from 'eventemitter3';
import { ConfigError } from '../core/errors.js';
import { nearest, show } from '../core/options.js';
import { isThenable } from './waiting/promises.js';

const mostListeners = 100;

/**
 * Listeners by event name, kept apart from each other and from whoever emits: one that throws, or whose promise rejects, is
 * reported once as an `error` event, and one that fails on an `error` event is only counted. `E` maps names to payloads.
 */
export class Events<E extends { readonly error: unknown }> {
  readonly #emitter = new EventEmitter<string>();
  readonly #names: readonly (keyof E & string)[];
  readonly #describe: (error: unknown, event: keyof E & string) => E['error'];
  #unreported = 0;

  /** `describe` makes the payload of the `error` event that tells of a listener's failure. */
  constructor(names: readonly (keyof E & string)[], describe: (error: unknown, event: keyof E & string) => E['error']) {
    this.#names = names;
    this.#describe = describe;
  }

  /** Calls `listener` for each such event until the function that it returns is called. At most 100 per event. */
  on<K extends keyof E & string>(event: K, listener: (payload: E[K]) => unknown): () => void {
    this.#check(event, listener);
    const isolated = (payload: E[K]): void => {
      try {
        const result = listener(payload);
        if (isThenable(result)) result.then(undefined, (error: unknown) => this.#report(error, event));
      } catch (error) {
        this.#report(error, event);
      }
    };
    this.#emitter.on(event, isolated);
    return () => {
      this.#emitter.off(event, isolated);
    };
  }

  /** True when someone listens: ask before an event object is built. */
  has(event: keyof E & string): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  /** Never throws. */
  emit<K extends keyof E & string>(event: K, payload: E[K]): void {
    this.#emitter.emit(event, payload);
  }

  /** Failures of listeners that could not be reported, because it was an `error` listener that failed. */
  get unreported(): number {
    return this.#unreported;
  }

  /** Forgets every listener. */
  clear(): void {
    this.#emitter.removeAllListeners();
  }

  #report(error: unknown, event: keyof E & string): void {
    if (event === 'error') {
      // Not reported as another `error` event: it would reach the same listener again.
      this.#unreported += 1;
      return;
    }
    if (this.has('error')) this.emit('error', this.#describe(error, event));
  }

  #check(event: string, listener: unknown): void {
    const mistake = (message: string) => new ConfigError('on', [{ path: `on(${show(event)})`, message }]);
    const names: readonly string[] = this.#names;
    if (!names.includes(event)) {
      const near = nearest(event, names);
      const advice = near === undefined ? `Known are ${names.join(', ')}.` : `Did you mean ${near}?`;
      throw mistake(`is not an event. ${advice}`);
    }
    if (typeof listener !== 'function') throw mistake(`must be given a function (was ${show(listener)}).`);
    if (this.#emitter.listenerCount(event) >= mostListeners) {
      throw mistake(
        `has ${mostListeners} listeners already, which is the limit. Call the function that on() returned when done with one.`,
      );
    }
  }
}
