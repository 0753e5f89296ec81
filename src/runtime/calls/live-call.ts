import type { Context } from '../../core/context.js';
import type { Call } from './model.js';

/** The second argument of a model. Its signal costs nothing until it is read. */
export class LiveCall implements Call {
  readonly context: Context;
  readonly mode: Call['mode'];
  // Declared only: a call without an instance has no such key.
  declare readonly instance?: string;
  #controller: AbortController | undefined;
  #reason: unknown;
  #aborted = false;

  constructor(context: Context, mode: Call['mode'], instance: string | undefined) {
    this.context = context;
    this.mode = mode;
    if (instance !== undefined) this.instance = instance;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Not a method, since the model holds the object and a signal must abort for one reason only: nobody waits. */
  static abort(call: LiveCall, reason: unknown): void {
    call.#aborted = true;
    call.#reason = reason;
    call.#controller?.abort(reason);
  }
}
