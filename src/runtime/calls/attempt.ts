import type { Clock } from '../../core/clock.js';
import type { Context } from '../../core/context.js';
import type { Deadline, Deadlines } from '../waiting/deadlines.js';
import { LiveCall } from './live-call.js';
import type { Call } from './model.js';
import type { InFlight } from '../instances/in-flight.js';
import type { ModelPool } from './model-pool.js';
import { isThenable } from '../waiting/promises.js';
import { type StreamEnd, StreamMeter } from '../streams/stream-meter.js';
import { discard, isStream, watch } from '../streams/streams.js';

/** What came of a call, once it is known: an answer, an error, a time-out, or the end of a stream. */
export interface Settlement {
  readonly ok: boolean;
  /** The model's own error as it was thrown, or a `timeout`; undefined when `ok`. */
  readonly error: unknown;
  /** Milliseconds from the request until the answer was complete. */
  readonly latencyMs: number;
  /** What the model answered; undefined for a stream and for a failure. */
  readonly output?: unknown;
  /** The output was a stream. */
  readonly streamed?: boolean;
  readonly firstItemMs?: number;
  /** The consumer did not read the stream to its end, which is no error. */
  readonly cancelled?: boolean;
  /** It failed, and another model answered. */
  readonly fellBack?: boolean;
}

/** What attempts share. */
export interface AttemptTools<M extends string> {
  readonly pool: ModelPool<M>;
  /** Counts the calls that go to an instance. */
  readonly inFlight?: InFlight | undefined;
  /** The instance of calls whose route names none: the one that this process is. */
  readonly instance?: string | undefined;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** How long a model that was given up counts as in flight at most. */
  readonly lateLimitMs: number;
  readonly streamTimeoutMs: number;
  /** A model was still not done at that limit. */
  onAbandoned(model: M): void;
}

/** Who made an attempt. `ended` comes once, `answered` at most once and only if it did not fail. */
export interface AttemptListener<M extends string> {
  answered(output: unknown, attempt: Attempt<M>): void;
  ended(settlement: Settlement, attempt: Attempt<M>): void;
  /** The model has really ended: nothing of the attempt is in flight any more. */
  released?(): void;
}

/**
 * One call of one model: counted in flight from before its load until it has really ended, even if nobody waits for it any
 * more. It sets no time limit of its own: its owner calls `fail`.
 */
export class Attempt<M extends string> {
  readonly model: M;
  readonly #tools: AttemptTools<M>;
  readonly #listener: AttemptListener<M>;
  readonly #call: LiveCall;
  #startedAt: number;
  #phase: 'loading' | 'running' | 'streaming' | 'over' = 'loading';
  #released = false;
  #held = false;
  #lateLimit: Deadline | undefined;
  #meter: StreamMeter | undefined;

  constructor(
    tools: AttemptTools<M>,
    listener: AttemptListener<M>,
    model: M,
    context: Context,
    mode: Call['mode'],
    instance?: string,
  ) {
    this.model = model;
    this.#tools = tools;
    this.#listener = listener;
    this.#call = new LiveCall(context, mode, instance ?? tools.instance);
    this.#startedAt = tools.clock.elapsed();
  }

  /** True while there is neither an answer nor an error. */
  get waiting(): boolean {
    return this.#phase === 'loading' || this.#phase === 'running';
  }

  start(input: unknown): void {
    const { pool, inFlight } = this.#tools;
    const { instance } = this.#call;
    try {
      pool.enter(this.model);
      if (instance !== undefined) inFlight?.enter(instance);
    } catch (error) {
      // Not counted in, so not to be counted out.
      this.#released = true;
      this.#broke(error);
      return;
    }
    const loading = pool.ensure(this.model);
    if (loading === undefined) this.#run(input);
    else
      loading.then(
        () => {
          // A user waits for the load, so it is in the latency; a shadow is compared with a model that was loaded.
          if (this.#call.mode !== 'live') this.#startedAt = this.#tools.clock.elapsed();
          this.#run(input);
        },
        (error: unknown) => this.#broke(error),
      );
  }

  /**
   * Stops waiting: the attempt ends with `error` and its signal aborts. What it still does is late: its answer is dropped, and
   * it counts as in flight until it is done or its limit is over. `stop` ends a stream that the owner reads.
   */
  fail(error: unknown, stop?: () => Promise<void>): void {
    const phase = this.#phase;
    if (phase === 'over') return;
    this.#held = true;
    if (phase !== 'streaming') this.#phase = 'over';
    if (phase === 'loading') this.#release();
    else {
      this.#lateLimit = this.#tools.deadlines.start(this.#tools.lateLimitMs, () => {
        this.#tools.onAbandoned(this.model);
        this.#release();
      });
    }
    if (phase === 'streaming') {
      this.#meter?.broke(error);
      if (stop === undefined) this.#release();
      else void stop().then(() => this.#release());
    } else this.#listener.ended({ ok: false, error, latencyMs: this.sinceStart() }, this);
    // Last, since listeners of the signal are the model's own code.
    LiveCall.abort(this.#call, error);
  }

  #run(input: unknown): void {
    if (this.#phase === 'over') return;
    this.#phase = 'running';
    let result: unknown;
    let promise: Promise<unknown> | undefined;
    try {
      result = this.#tools.pool.call(this.model, input, this.#call);
      if (isThenable(result)) promise = Promise.resolve(result);
    } catch (error) {
      this.#broke(error);
      return;
    }
    if (promise === undefined) this.#arrived(result);
    else
      promise.then(
        (output) => this.#arrived(output),
        (error: unknown) => this.#broke(error),
      );
  }

  #arrived(output: unknown): void {
    if (this.#phase === 'over') {
      if (isStream(output)) void discard(output).then(() => this.#release());
      else this.#release();
      return;
    }
    if (isStream(output)) {
      const watched = this.#watch(output);
      if (watched !== undefined) {
        this.#listener.answered(watched, this);
        return;
      }
    }
    this.#phase = 'over';
    this.#release();
    this.#listener.ended({ ok: true, error: undefined, latencyMs: this.sinceStart(), output }, this);
    this.#listener.answered(output, this);
  }

  /** Undefined for a stream that cannot be watched: it is an output like any other then. */
  #watch(output: object): object | undefined {
    const { clock, deadlines, streamTimeoutMs } = this.#tools;
    const meter = (): StreamMeter => {
      this.#phase = 'streaming';
      this.#meter = new StreamMeter({
        clock,
        deadlines,
        startedAt: this.#startedAt,
        idleLimitMs: streamTimeoutMs,
        onEnd: (end) => this.#streamEnded(end),
      });
      return this.#meter;
    };
    try {
      const watched = watch(output, meter);
      return this.#meter === undefined ? undefined : watched;
    } catch {
      return this.#meter === undefined ? undefined : output;
    }
  }

  #streamEnded({ ok, error, cancelled, idle, latencyMs, firstItemMs }: StreamEnd): void {
    this.#phase = 'over';
    if (!this.#held) this.#release();
    const settlement: Settlement = { ok, error, latencyMs, streamed: true, cancelled };
    this.#listener.ended(firstItemMs === undefined ? settlement : { ...settlement, firstItemMs }, this);
    // The stream itself is left as it is, for a reader who comes back after all; the model may stop.
    if (idle) LiveCall.abort(this.#call, error ?? new Error('nobody read the stream'));
  }

  #broke(error: unknown): void {
    this.#release();
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#listener.ended({ ok: false, error, latencyMs: this.sinceStart() }, this);
  }

  /** Milliseconds since it began; a shadow begins when its model is loaded. */
  sinceStart(): number {
    return this.#tools.clock.elapsed() - this.#startedAt;
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#lateLimit?.cancel();
    const { instance } = this.#call;
    this.#tools.pool.leave(this.model);
    if (instance !== undefined) this.#tools.inFlight?.leave(instance);
    this.#listener.released?.();
  }
}
