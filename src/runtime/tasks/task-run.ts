import { TurnoutError, messageOf } from '../../core/errors.js';
import type { Json } from '../../core/json.js';
import type { Task, TaskTools } from '../../strategies/strategy.js';
import type { Deadline, Deadlines } from '../waiting/deadlines.js';
import { jsonResult } from './json-result.js';

/** How a run came out. `unclaimed`: another replica has the task, or nobody could say. */
export type TaskEnd =
  | { readonly how: 'settled'; readonly ok: boolean; readonly detail: Json }
  | { readonly how: 'unclaimed' };

export interface TaskRunOptions {
  readonly deadlines: Deadlines;
  readonly tools: TaskTools;
  claim(task: Task): Promise<boolean>;
  release(task: Task): unknown;
  /** Must not throw. */
  onError(error: unknown, operation: 'claim' | 'release', task: Task): void;
  /** Called once, unless the run was aborted before. */
  onEnd(end: TaskEnd): void;
}

/** One run of one task: claimed first if it is for the fleet; the claim has the task's time limit, and then the work has it. */
export class TaskRun {
  readonly #task: Task;
  readonly #options: TaskRunOptions;
  readonly #controller = new AbortController();
  #deadline: Deadline | undefined;
  #holdsClaim = false;
  #over = false;

  constructor(task: Task, options: TaskRunOptions) {
    this.#task = task;
    this.#options = options;
  }

  /** Never rejects. */
  async start(): Promise<void> {
    // Not inside the caller, who is in the middle of a change of state.
    await Promise.resolve();
    const task = this.#task;
    if (this.#over || (task.where === 'fleet' && !(await this.#claimed()))) return;
    this.#limit(() => {
      const message = `task '${task.name}' of '${task.node}' was not done within ${task.timeoutMs} ms`;
      this.#end({ how: 'settled', ok: false, detail: { error: message } });
      this.#controller.abort(new TurnoutError('timeout', message));
    });
    try {
      const detail = jsonResult(await task.run(this.#controller.signal, this.#options.tools));
      this.#end({ how: 'settled', ok: true, detail });
    } catch (error) {
      this.#end({ how: 'settled', ok: false, detail: { error: messageOf(error) } });
    }
  }

  /** Nobody wants it any more: its signal aborts, its claim is given up, and however it ends is of no account. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline?.cancel();
    if (this.#holdsClaim) void this.#release();
    const { name, node } = this.#task;
    this.#controller.abort(new TurnoutError('aborted', `task '${name}' of '${node}' is not wanted any more`));
  }

  async #claimed(): Promise<boolean> {
    const { claim, onError } = this.#options;
    this.#limit(() => this.#end({ how: 'unclaimed' }));
    try {
      this.#holdsClaim = (await claim(this.#task)) === true;
    } catch (error) {
      onError(error, 'claim', this.#task);
    }
    if (this.#over) {
      if (this.#holdsClaim) await this.#release();
      return false;
    }
    this.#deadline?.cancel();
    if (!this.#holdsClaim) this.#end({ how: 'unclaimed' });
    return this.#holdsClaim;
  }

  /**
   * A settled task keeps its claim until it expires: between its end and the moment when that is stored, nobody else may take
   * it for undone.
   */
  async #release(): Promise<void> {
    try {
      await this.#options.release(this.#task);
    } catch (error) {
      this.#options.onError(error, 'release', this.#task);
    }
  }

  #limit(onDue: () => void): void {
    this.#deadline = this.#options.deadlines.start(this.#task.timeoutMs, onDue);
  }

  #end(end: TaskEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline?.cancel();
    this.#options.onEnd(end);
  }
}
