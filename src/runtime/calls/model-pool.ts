import type { Clock } from '../../core/clock.js';
import { ConfigError } from '../../core/errors.js';
import { show } from '../../core/options.js';
import { Deadlines } from '../waiting/deadlines.js';
import { type Call, callModel } from './model.js';
import { ModelSlot, type SlotTools } from './model-slot.js';

export interface ModelPoolOptions {
  readonly clock: Clock;
  /** Shared with others, so that all time limits run on one timer. */
  readonly deadlines?: Deadlines;
  /** Told of each failed load and unload; what it throws is dropped. */
  onError(error: unknown, operation: 'load' | 'unload' | 'drained', model: string): void;
  /** A model that no plan reaches any more has nothing in flight; its unload follows. */
  onDrained?(model: string): void;
  /** How long callers wait for a load, default 10 minutes. The load itself is never run twice at once. */
  readonly loadTimeoutMs?: number;
  /** The pause before a failed load is tried again, default 1000; doubles up to 64 times that. */
  readonly retryMs?: number;
  /** How long `close` waits for what is in flight, default 10 000. */
  readonly closeTimeoutMs?: number;
}

/**
 * The models of a router: loads each once, counts its requests in flight exactly, and unloads it once when no plan reaches it
 * and the count is zero. The order is always: route away, drain, unload. Until the first `retain`, all models are kept.
 */
export class ModelPool<M extends string> {
  readonly #slots = new Map<string, ModelSlot>();
  readonly #deadlines: Deadlines;
  readonly #closeTimeoutMs: number;
  #closing: Promise<void> | undefined;

  constructor(models: Readonly<Record<M, unknown>>, options: ModelPoolOptions) {
    this.#deadlines = options.deadlines ?? new Deadlines(options.clock);
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 10_000;
    const tools: SlotTools = {
      clock: options.clock,
      deadlines: this.#deadlines,
      loadTimeoutMs: options.loadTimeoutMs ?? 600_000,
      retryMs: options.retryMs ?? 1000,
      onError: (error, operation, model) => options.onError(error, operation, model),
      onDrained: (model) => options.onDrained?.(model),
    };
    // Own keys only: a map finds neither `__proto__` nor `constructor` unless it was given.
    for (const [name, model] of Object.entries(models)) this.#slots.set(name, new ModelSlot(name, model, tools));
  }

  /**
   * Loads a model: undefined when it is loaded already, else the one load under way. Rejects with `load-failed`, whose cause is
   * the model's own error, and with the same error again until the pause after a failure is over.
   */
  ensure(model: M): Promise<void> | undefined {
    return this.#slot(model).ensure();
  }

  loaded(model: M): boolean {
    return this.#slot(model).loaded;
  }

  /** The models that plans can reach from now on. A loaded one outside of them is unloaded when it is at rest. */
  retain(models: readonly M[]): void {
    if (this.#closing !== undefined) return;
    const wanted = new Set<string>(models);
    for (const slot of this.#slots.values()) slot.retain(wanted.has(slot.name));
  }

  inFlight(model: M): number {
    return this.#slot(model).inFlight;
  }

  /** Counts a request in; before its model is loaded, so that nothing is unloaded in between. */
  enter(model: M): void {
    this.#slot(model).enter();
  }

  /** Counts a request out: once for each `enter`, when the model has really ended. */
  leave(model: M): void {
    this.#slot(model).leave();
  }

  /** Resolves as soon as no plan reaches the model and nothing of it is in flight; its unload may still follow. */
  drained(model: M): Promise<void> {
    return this.#slot(model).drained();
  }

  /** Calls a model, which must be loaded. Throws what it throws and returns what it returns, a promise as it is. */
  call(model: M, input: unknown, call: Call): unknown {
    return callModel(this.#slot(model).model, input, call);
  }

  /**
   * Loads nothing from now on and unloads each model when it is at rest. Resolves when that is done, or after `closeTimeoutMs`;
   * a model that is still busy then is unloaded when it ends.
   */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const deadline = this.#deadlines.start(this.#closeTimeoutMs, resolve);
      void Promise.all(Array.from(this.#slots.values(), (slot) => slot.close())).then(() => {
        deadline.cancel();
        resolve();
      });
    });
    return this.#closing;
  }

  #slot(model: string): ModelSlot {
    const slot = this.#slots.get(model);
    if (slot !== undefined) return slot;
    const known = Array.from(this.#slots.keys()).join(', ');
    throw new ConfigError('models', [{ path: 'models', message: `has no ${show(model)}. Known are ${known}.` }]);
  }
}
