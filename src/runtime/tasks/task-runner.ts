import type { Clock } from '../../core/clock.js';
import type { Json } from '../../core/json.js';
import type { Task, TaskTools } from '../../strategies/strategy.js';
import { Deadlines } from '../waiting/deadlines.js';
import { type TaskEnd, TaskRun } from './task-run.js';

export interface TaskRunnerOptions {
  readonly clock: Clock;
  /** Shared with others, so that all time limits run on one timer. */
  readonly deadlines?: Deadlines;
  /** Which instance this is: tasks for another are left to it. */
  readonly instance?: string;
  /** What tasks may ask of their router. Default: one that serves nothing, so that there is nothing to wait for. */
  readonly tools?: TaskTools;
  /** Tasks at work at once, default 4. The others wait in the order they were wanted. */
  readonly concurrency?: number;
  /** The pause after a claim that failed, default 5000. */
  readonly claimRetryMs?: number;
  /** Asks for a `fleet` task, which one replica of all may run. */
  claim(task: Task): Promise<boolean>;
  /** Gives up the claim of a task that is not wanted any more. */
  release?(task: Task): unknown;
  /** The end of a task that is still wanted. A failure's detail is `{ error: message }`. */
  settled(task: Task, ok: boolean, detail: Json): void;
  onError(error: unknown, operation: 'claim' | 'release' | 'settled', task: Task): void;
}

const noTools: TaskTools = { serving: () => Promise.resolve(), drained: () => Promise.resolve() };

interface Entry {
  readonly id: string;
  task: Task;
  phase: 'waiting' | 'running' | 'done';
  /** Monotonic time before which it is not tried. */
  notBefore: number;
  run?: TaskRun;
}

/**
 * Carries out the tasks that a state wants: each id once while it is wanted. A task that is wanted no more is aborted and its
 * end ignored; if it is wanted again later, it runs again.
 */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #deadlines: Deadlines;
  readonly #entries = new Map<string, Entry>();
  #running = 0;
  #closed = false;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? new Deadlines(options.clock);
  }

  /** Says which tasks are wanted now, all of them. What runs already goes on. */
  want(tasks: readonly Task[]): void {
    if (this.#closed) return;
    const wanted = new Map<string, Task>();
    for (const task of tasks) if (this.#isMine(task) && !wanted.has(task.id)) wanted.set(task.id, task);
    for (const entry of this.#entries.values()) if (!wanted.has(entry.id)) this.#drop(entry);
    for (const [id, task] of wanted) {
      const entry = this.#entries.get(id);
      if (entry === undefined) this.#entries.set(id, { id, task, phase: 'waiting', notBefore: -Infinity });
      else entry.task = task;
    }
    this.#startWaiting();
  }

  /** Lets a task run again, after the pause of a claim, if it is still wanted then: its end could not be stored. */
  again(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.phase === 'done') this.#pause(entry);
  }

  /** The ids at work, those that ask for their claim included. */
  running(): readonly string[] {
    return Array.from(this.#entries.values())
      .filter(({ phase }) => phase === 'running')
      .map(({ id }) => id);
  }

  /** Aborts everything; nothing settles any more. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) this.#drop(entry);
  }

  #isMine({ where }: Task): boolean {
    return typeof where === 'string' || where.instance === this.#options.instance;
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.id);
    if (entry.phase !== 'running') return;
    entry.phase = 'done';
    this.#running -= 1;
    entry.run?.abort();
  }

  #startWaiting(): void {
    if (this.#closed) return;
    const { concurrency = 4, clock } = this.#options;
    const now = clock.elapsed();
    for (const entry of this.#entries.values()) {
      if (!(this.#running < concurrency)) return;
      if (entry.phase === 'waiting' && now >= entry.notBefore) this.#start(entry);
    }
  }

  #start(entry: Entry): void {
    const { task } = entry;
    const { claim, release, onError } = this.#options;
    entry.phase = 'running';
    this.#running += 1;
    entry.run = new TaskRun(task, {
      deadlines: this.#deadlines,
      tools: this.#options.tools ?? noTools,
      claim: (claimed) => claim(claimed),
      release: (claimed) => release?.(claimed),
      onError: (error, operation) => this.#report(() => onError(error, operation, task)),
      onEnd: (end) => this.#ended(entry, task, end),
    });
    void entry.run.start();
  }

  #ended(entry: Entry, task: Task, end: TaskEnd): void {
    this.#running -= 1;
    const { settled, onError } = this.#options;
    if (end.how === 'unclaimed') {
      this.#pause(entry);
    } else {
      entry.phase = 'done';
      try {
        settled(task, end.ok, end.detail);
      } catch (error) {
        this.#report(() => onError(error, 'settled', task));
      }
    }
    this.#startWaiting();
  }

  #pause(entry: Entry): void {
    const { clock, claimRetryMs = 5000 } = this.#options;
    entry.phase = 'waiting';
    entry.notBefore = clock.elapsed() + claimRetryMs;
    // Without timers, the next `want` tries again.
    this.#deadlines.start(claimRetryMs, () => this.#startWaiting());
  }

  #report(tell: () => void): void {
    try {
      tell();
    } catch {
      // Whoever is told of errors has failed: there is nobody left to tell.
    }
  }
}
