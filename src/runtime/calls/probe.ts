import type { Context } from '../../core/context.js';
import { TurnoutError } from '../../core/errors.js';
import { Attempt, type AttemptListener, type AttemptTools, type Settlement } from './attempt.js';
import type { Deadline } from '../waiting/deadlines.js';
import { type Deferred, deferred } from '../waiting/promises.js';
import { type Drain, drain } from '../streams/streams.js';

/** What a call that no user waits for came to. A stream was read to its end and dropped, so it leaves no output. */
export interface ProbeResult {
  readonly output: unknown;
  readonly settlement: Settlement;
}

/** A shadow or a check: one time limit covers the load, the call and the stream. */
export class Probe<M extends string> implements AttemptListener<M> {
  readonly #tools: AttemptTools<M>;
  readonly #attempt: Attempt<M>;
  readonly #result: Deferred<ProbeResult> = deferred();
  readonly #released: Deferred<void> = deferred();
  #over = false;
  #drain: Drain | undefined;
  #deadline: Deadline | undefined;

  constructor(tools: AttemptTools<M>, model: M, context: Context, mode: 'shadow' | 'check') {
    this.#tools = tools;
    this.#attempt = new Attempt(tools, this, model, context, mode);
  }

  /** Never rejects. */
  get result(): Promise<ProbeResult> {
    return this.#result.promise;
  }

  /** Resolves when nothing of it is in flight any more: after a time-out, later than its result. */
  get whenReleased(): Promise<void> {
    return this.#released.promise;
  }

  start(input: unknown, timeoutMs: number): void {
    this.#attempt.start(input);
    if (this.#over) return;
    this.#deadline = this.#tools.deadlines.start(timeoutMs, () => {
      const message = `model '${this.#attempt.model}' was not done within ${timeoutMs} ms`;
      this.abort(new TurnoutError('timeout', message));
    });
  }

  /** Ends it with `error`, unless it has ended. */
  abort(error: unknown): void {
    this.#attempt.fail(error, async () => this.#drain?.stop());
  }

  answered(output: unknown): void {
    // Its end tells the time that a user would have waited.
    if (!this.#over) this.#drain = drain(output as object, this.#tools.clock);
  }

  ended(settlement: Settlement): void {
    this.#over = true;
    this.#deadline?.cancel();
    this.#result.resolve({ output: settlement.output, settlement });
  }

  released(): void {
    this.#released.resolve();
  }
}
