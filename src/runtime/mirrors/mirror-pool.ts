import type { Clock } from '../../core/clock.js';
import type { Context } from '../../core/context.js';
import { TurnoutError } from '../../core/errors.js';
import type { Rng } from '../../core/rng.js';
import type { Route, RouteMirror } from '../../plan/plan.js';
import type { Invoker } from '../calls/invoker.js';
import { MirrorDraw, type SilentMirror } from './mirror-draw.js';
import { type Difference, type MirrorStep, type MirroredPair, MirrorJudge, type Primary } from './mirror-judge.js';
import type { Probe, ProbeResult } from '../calls/probe.js';
import { type Deferred, deferred } from '../waiting/promises.js';

export type { Difference, MirroredPair, MirrorStep, Primary } from './mirror-judge.js';

export interface MirrorPoolOptions<M extends string> {
  /** Shadows at work at once, default 8. One that was given up counts until its model has really ended. */
  readonly concurrency?: number;
  /** Shadows that wait, default 100; more are dropped and counted. */
  readonly queue?: number;
  /** Default 10 000: load, call and stream of a shadow. */
  readonly timeoutMs?: number;
  /** Differences that are kept, the newest, default 20. */
  readonly sample?: number;
  /** Makes the shadow's input, before the user has the answer. Default: the same value. */
  readonly copyInput?: (input: unknown) => unknown;
  onResult(mirror: RouteMirror<M>, pair: MirroredPair): void;
  onMismatch?(difference: Difference): void;
  onError(error: unknown, operation: MirrorStep): void;
}

interface Job<M extends string> {
  readonly mirror: RouteMirror<M>;
  readonly input: unknown;
  readonly context: Context;
  readonly primary: Primary;
}

/**
 * Shadows: copies of requests that run after the answer, in a later turn of the event loop, and whose output is dropped. Nothing
 * here reaches a request: not a slow shadow, not a queue that is full, not a callback that throws.
 */
export class MirrorPool<M extends string> {
  readonly #invoker: Invoker<M>;
  readonly #clock: Clock;
  readonly #draw: MirrorDraw;
  readonly #judge: MirrorJudge;
  readonly #options: MirrorPoolOptions<M>;
  readonly #queue: Job<M>[] = [];
  readonly #running = new Set<Probe<M>>();
  #working = 0;
  #scheduled = false;
  #closed = false;
  #idle: Deferred<void> | undefined;
  readonly #counters = { mirrored: 0, mirrorsDropped: 0, mirrorsAborted: 0, mirrorCopyErrors: 0 };

  constructor(invoker: Invoker<M>, clock: Clock, rng: Rng, options: MirrorPoolOptions<M>) {
    this.#invoker = invoker;
    this.#clock = clock;
    this.#draw = new MirrorDraw(rng);
    this.#options = options;
    const { sample = 20, onMismatch } = options;
    this.#judge = new MirrorJudge({
      sample,
      onMismatch: (difference) => onMismatch?.(difference),
      onError: (error, operation) => this.#report(error, operation),
    });
  }

  /** Mirrors a request that has been answered, as its route asks. Never throws. */
  offer(route: Route<M>, input: unknown, context: Context, primary: Primary): void {
    if (this.#closed || primary.cancelled === true) return;
    for (const mirror of route.mirrors) {
      if (this.#wants(mirror, context)) this.#enqueue(mirror, input, context, primary);
    }
  }

  /** The last differences, oldest first. */
  differences(): readonly Difference[] {
    return this.#judge.differences();
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters, ...this.#judge.counters() };
  }

  /** Mirrors that were asked for at least 100 times and never once ran: something is wrong with them. */
  silent(): readonly SilentMirror[] {
    return this.#draw.silent();
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    this.#idle ??= deferred();
    const { promise } = this.#idle;
    this.#settleIdle();
    return promise;
  }

  /** Drops what waits and aborts what runs. */
  close(): void {
    this.#closed = true;
    this.#counters.mirrorsAborted += this.#queue.length + this.#running.size;
    this.#queue.length = 0;
    const error = new TurnoutError('closed', 'the router was closed while a shadow ran');
    for (const probe of this.#running) probe.abort(error);
    this.#settleIdle();
  }

  #wants(mirror: RouteMirror<M>, context: Context): boolean {
    try {
      return this.#draw.wants(mirror, context);
    } catch (error) {
      this.#report(error, 'draw');
      return false;
    }
  }

  #enqueue(mirror: RouteMirror<M>, input: unknown, context: Context, primary: Primary): void {
    const { queue = 100, copyInput } = this.#options;
    if (!(this.#queue.length < queue)) {
      this.#counters.mirrorsDropped += 1;
      return;
    }
    let copy = input;
    try {
      // Now, since the user may change the input as soon as the answer is there.
      if (copyInput !== undefined) copy = copyInput(input);
    } catch (error) {
      this.#counters.mirrorCopyErrors += 1;
      this.#report(error, 'copy-input');
      return;
    }
    this.#queue.push({ mirror, input: copy, context, primary });
    this.#schedule();
  }

  #schedule(): void {
    const { concurrency = 8 } = this.#options;
    if (this.#scheduled || this.#queue.length === 0 || !(this.#working < concurrency)) return;
    this.#scheduled = true;
    const next = (): void => {
      this.#scheduled = false;
      this.#startWaiting();
      this.#settleIdle();
    };
    if (this.#clock.setTimer === undefined) void Promise.resolve().then(next);
    else this.#clock.setTimer(next, 0);
  }

  /** No more in one turn than may work at once, even if they end at once: there are requests waiting behind them. */
  #startWaiting(): void {
    const { concurrency = 8 } = this.#options;
    while (this.#working < concurrency) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#start(job);
    }
  }

  #start(job: Job<M>): void {
    const { mirror, context, input } = job;
    const probe = this.#invoker.prepare(mirror.model, context, 'shadow');
    this.#working += 1;
    this.#running.add(probe);
    this.#draw.ran(mirror);
    this.#counters.mirrored += 1;
    void probe.result.then((result) => {
      this.#running.delete(probe);
      if (!this.#closed) this.#settle(job, result);
    });
    void probe.whenReleased.then(() => {
      this.#working -= 1;
      this.#schedule();
      this.#settleIdle();
    });
    probe.start(input, this.#options.timeoutMs ?? 10_000);
  }

  #settle({ mirror, input, primary }: Job<M>, result: ProbeResult): void {
    const pair = this.#judge.judge(mirror, input, primary, result);
    try {
      this.#options.onResult(mirror, pair);
    } catch (error) {
      this.#report(error, 'mirrored');
    }
  }

  #settleIdle(): void {
    if (this.#queue.length > 0 || this.#working > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #report(error: unknown, operation: MirrorStep): void {
    try {
      this.#options.onError(error, operation);
    } catch {
      // Whoever is told of errors has failed: there is nobody left to tell.
    }
  }
}
