import type { Context } from '../../core/context.js';
import { TurnoutError } from '../../core/errors.js';
import type { Route } from '../../plan/plan.js';
import { Attempt, type AttemptListener, type AttemptTools, type Settlement } from './attempt.js';
import type { Deadline } from '../waiting/deadlines.js';

/** What a request came to, and which model it came from: the assigned one or a fallback. */
export interface Answer<M extends string> {
  readonly output: unknown;
  readonly served: M;
}

/** What requests share. */
export interface RequestTools<M extends string> extends AttemptTools<M> {
  readonly timeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly onModelError: 'baseline' | 'throw';
  onError(error: unknown, operation: 'settled' | 'fallback', model: M): void;
}

/** One request: the assigned model, then its fallbacks in order, once each, inside one time limit. */
export class Request<M extends string> implements AttemptListener<M> {
  readonly #tools: RequestTools<M>;
  readonly #route: Route<M>;
  readonly #input: unknown;
  readonly #context: Context;
  readonly #onSettled: (settlement: Settlement) => void;
  readonly #resolve: (answer: Answer<M>) => void;
  readonly #reject: (error: unknown) => void;
  #startedAt = 0;
  #tried = 0;
  #deadline: Deadline | undefined;
  /** The assigned model's failure, kept until it is known whether another model answers. */
  #failure: Settlement | undefined;

  constructor(
    tools: RequestTools<M>,
    route: Route<M>,
    input: unknown,
    context: Context,
    onSettled: (settlement: Settlement) => void,
    resolve: (answer: Answer<M>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#tools = tools;
    this.#route = route;
    this.#input = input;
    this.#context = context;
    this.#onSettled = onSettled;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { timeoutMs, attemptTimeoutMs, clock } = this.#tools;
    if (timeoutMs < Infinity) this.#startedAt = clock.elapsed();
    this.#try(this.#route.model, Math.min(timeoutMs, attemptTimeoutMs));
  }

  answered(output: unknown, attempt: Attempt<M>): void {
    this.#deadline?.cancel();
    if (this.#failure !== undefined) this.#settle({ ...this.#failure, fellBack: true });
    this.#resolve({ output, served: attempt.model });
  }

  ended(settlement: Settlement, attempt: Attempt<M>): void {
    const failed = !settlement.ok && settlement.streamed !== true;
    if (this.#failure === undefined && !failed) this.#settle(settlement);
    if (!failed) return;
    this.#deadline?.cancel();
    if (this.#failure === undefined) this.#failure = settlement;
    // The user sees the assigned model's error, so this one would be lost.
    else this.#report(settlement.error, 'fallback', attempt.model);
    this.#fallBack(this.#failure);
  }

  #fallBack(failure: Settlement): void {
    const { timeoutMs, attemptTimeoutMs, clock, onModelError } = this.#tools;
    const next = onModelError === 'baseline' ? this.#route.fallbacks[this.#tried] : undefined;
    const restMs = timeoutMs < Infinity ? timeoutMs - (clock.elapsed() - this.#startedAt) : Infinity;
    if (next !== undefined && restMs > 0) {
      this.#tried += 1;
      this.#try(next, Math.min(restMs, attemptTimeoutMs));
      return;
    }
    this.#settle(failure);
    this.#reject(failure.error);
  }

  #try(model: M, limitMs: number): void {
    const attempt = new Attempt(this.#tools, this, model, this.#context, 'live', this.#route.instance);
    attempt.start(this.#input);
    // A model that answered at once needs no limit.
    if (!(limitMs < Infinity) || !attempt.waiting) return;
    this.#deadline = this.#tools.deadlines.start(limitMs - attempt.sinceStart(), () => {
      attempt.fail(new TurnoutError('timeout', `model '${model}' gave no answer within ${Math.round(limitMs)} ms`));
    });
  }

  #settle(settlement: Settlement): void {
    try {
      this.#onSettled(settlement);
    } catch (error) {
      this.#report(error, 'settled', this.#route.model);
    }
  }

  #report(error: unknown, operation: 'settled' | 'fallback', model: M): void {
    try {
      this.#tools.onError(error, operation, model);
    } catch {
      // Whoever is told of errors has failed: there is nobody left to tell.
    }
  }
}
