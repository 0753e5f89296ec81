import type { Clock } from '../../core/clock.js';
import { TurnoutError, messageOf } from '../../core/errors.js';
import type { Deadlines } from '../waiting/deadlines.js';
import { hasPredict } from './model.js';
import { type Deferred, deferred, quiet } from '../waiting/promises.js';

/** What slots share. */
export interface SlotTools {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly loadTimeoutMs: number;
  /** The pause after a failed load; doubles with each failure, up to 64 times this. */
  readonly retryMs: number;
  onError(error: unknown, operation: 'load' | 'unload' | 'drained', model: string): void;
  onDrained(model: string): void;
}

/** The life of one model: loaded at need, counted while it works, unloaded once when it is dropped and at rest. */
export class ModelSlot {
  readonly name: string;
  readonly model: unknown;
  readonly #tools: SlotTools;
  #phase: 'unloaded' | 'loading' | 'loaded' | 'unloading';
  #inFlight = 0;
  #reachable = true;
  #dropped = false;
  #closed = false;
  #sweeping = false;
  #announced = false;
  #failures = 0;
  #retryAt = -Infinity;
  #failure: TurnoutError | undefined;
  #ready: Promise<void> | undefined;
  #unloading: Promise<void> | undefined;
  #rest: Deferred<void> | undefined;
  #finished: Deferred<void> | undefined;

  constructor(name: string, model: unknown, tools: SlotTools) {
    this.name = name;
    this.model = model;
    this.#tools = tools;
    this.#phase = hasPredict(model) && typeof model.load === 'function' ? 'unloaded' : 'loaded';
  }

  get loaded(): boolean {
    return this.#phase === 'loaded';
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  enter(): void {
    this.#inFlight += 1;
  }

  leave(): void {
    if (!(this.#inFlight > 0)) return;
    this.#inFlight -= 1;
    if (this.#inFlight > 0) return;
    this.#settleRest();
    if (this.#dropped) this.#sweep();
  }

  /** Resolves when no plan reaches it and nothing is in flight. */
  drained(): Promise<void> {
    this.#rest ??= deferred();
    const { promise } = this.#rest;
    this.#settleRest();
    return promise;
  }

  /** Nothing when it is loaded; else the one load that is under way or begins now. */
  ensure(): Promise<void> | undefined {
    if (this.#phase === 'loaded') return undefined;
    if (this.#phase === 'loading') return this.#ready;
    if (this.#closed) {
      const message = `model '${this.name}' is not loaded any more: its router is closed`;
      return quiet(Promise.reject(new TurnoutError('closed', message)));
    }
    if (this.#tools.clock.elapsed() < this.#retryAt) return quiet(Promise.reject(this.#failure));
    // Whoever asks for a model that is not there wants it, whatever was wanted before.
    this.#dropped = false;
    // The one that is going must be gone before it comes again.
    const before = this.#unloading;
    this.#phase = 'loading';
    this.#ready = quiet(this.#bounded(before === undefined ? this.#load() : before.then(() => this.#load())));
    return this.#ready;
  }

  /** Says whether a plan can reach it. */
  retain(wanted: boolean): void {
    this.#reachable = wanted;
    this.#settleRest();
    if (wanted) {
      this.#dropped = false;
      this.#announced = false;
      return;
    }
    this.#dropped = true;
    this.#sweep();
  }

  /** Drops it for good; resolves when it has been unloaded. */
  close(): Promise<void> {
    this.#closed = true;
    this.#finished ??= deferred();
    this.retain(false);
    this.#settleClose();
    return this.#finished.promise;
  }

  #settleRest(): void {
    if (this.#reachable || this.#inFlight > 0) return;
    this.#rest?.resolve();
    this.#rest = undefined;
  }

  async #load(): Promise<void> {
    try {
      if (hasPredict(this.model)) await this.model.load?.();
    } catch (error) {
      throw this.#failed(error);
    }
    this.#phase = 'loaded';
    this.#failures = 0;
    this.#announced = false;
    if (this.#dropped) this.#sweep();
  }

  #failed(cause: unknown): TurnoutError {
    this.#phase = 'unloaded';
    this.#failures += 1;
    this.#retryAt = this.#tools.clock.elapsed() + this.#tools.retryMs * 2 ** Math.min(this.#failures - 1, 6);
    const message = `model '${this.name}' could not be loaded: ${messageOf(cause)}`;
    const failure = new TurnoutError('load-failed', message, { cause });
    this.#failure = failure;
    this.#report(cause, 'load');
    this.#settleClose();
    return failure;
  }

  /** Callers wait no longer than the limit; the load itself goes on, and no second one is started beside it. */
  #bounded(load: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const { deadlines, loadTimeoutMs } = this.#tools;
      const deadline = deadlines.start(loadTimeoutMs, () => {
        const message = `model '${this.name}' could not be loaded: still loading after ${loadTimeoutMs} ms`;
        const error = new TurnoutError('load-failed', message);
        this.#report(error, 'load');
        reject(error);
      });
      load.then(resolve, reject).finally(() => deadline.cancel());
    });
  }

  /** Unloads a little later, never inside the request that was the last to leave. */
  #sweep(): void {
    if (this.#sweeping || !this.#atRest()) return;
    this.#sweeping = true;
    const { clock } = this.#tools;
    // A closing program may have nothing else alive, and timers keep nothing alive.
    if (clock.setTimer === undefined || this.#closed) void Promise.resolve().then(() => this.#swept());
    else clock.setTimer(() => this.#swept(), 0);
  }

  #atRest(): boolean {
    return this.#dropped && this.#phase === 'loaded' && this.#inFlight === 0;
  }

  #swept(): void {
    this.#sweeping = false;
    if (!this.#atRest()) return;
    if (!this.#announced) {
      this.#announced = true;
      try {
        this.#tools.onDrained(this.name);
      } catch (error) {
        this.#report(error, 'drained');
      }
    }
    const { model } = this;
    if (hasPredict(model) && typeof model.unload === 'function') this.#unloading = this.#unload(model);
    else this.#settleClose();
  }

  async #unload(model: { unload?(): unknown }): Promise<void> {
    this.#phase = 'unloading';
    try {
      await model.unload?.();
    } catch (error) {
      this.#report(error, 'unload');
    }
    this.#unloading = undefined;
    // Taken up again meanwhile: the next load waits for this very moment.
    if (this.#phase === 'unloading') this.#phase = 'unloaded';
    this.#settleClose();
  }

  #settleClose(): void {
    if (this.#finished === undefined || this.#phase === 'loading' || this.#phase === 'unloading') return;
    const { model } = this;
    const unloads = hasPredict(model) && typeof model.unload === 'function';
    if (this.#phase === 'unloaded' || (!unloads && this.#inFlight === 0)) this.#finished.resolve();
  }

  #report(error: unknown, operation: 'load' | 'unload' | 'drained'): void {
    try {
      this.#tools.onError(error, operation, this.name);
    } catch {
      // Whoever is told of errors has failed: there is nobody left to tell.
    }
  }
}
