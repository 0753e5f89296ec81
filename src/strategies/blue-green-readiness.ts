import { TurnoutError } from '../core/errors.js';
import { own as ownValue } from '../core/json.js';
import type { BlueGreenOptions, BlueGreenState } from './blue-green-options.js';
import { reasonOf } from './gate-checks.js';
import type { Scope, Signal, Task } from './strategy.js';

type Readiness = Pick<BlueGreenOptions<unknown, unknown, unknown>, 'warm' | 'checks'>;

const minute = 60_000;
const warmTask = 'warm';
const checkTask = (name: string) => `check ${name}`;

/** The attempt is in it, so that the end of an old attempt's task is not taken for this one's. */
function taskId(scope: Scope, { attempt }: BlueGreenState, name: string): string {
  return `${scope.id}#${attempt}:${name}`;
}

function taskNames({ warm, checks = [] }: Readiness): readonly string[] {
  return [...(warm === undefined ? [] : [warmTask]), ...checks.map(({ name }) => checkTask(name))];
}

/** What keeps green from being switched to: the tasks that have not passed in this attempt. */
export function missingOf(options: Readiness, own: BlueGreenState): readonly string[] {
  return taskNames(options).flatMap((name) => {
    const result = ownValue(own.results, name);
    if (result === undefined) return [name];
    return result.ok ? [] : [`${name}, which failed: ${result.detail}`];
  });
}

/** True when a task has failed, so that nothing moves before a person decides. */
export function hasFailed(options: Readiness, own: BlueGreenState): boolean {
  return taskNames(options).some((name) => ownValue(own.results, name)?.ok === false);
}

/** The effects that get green ready: `warm` in every replica, then all checks side by side. */
export function readinessTasks(options: Readiness, own: BlueGreenState, scope: Scope): readonly Task[] {
  if (own.phase !== 'preparing' && own.phase !== 'ready') return [];
  const { warm, checks = [] } = options;
  const task = (
    name: string,
    where: Task['where'],
    timeoutMs: number,
    run: (signal: AbortSignal) => unknown,
  ): Task => ({
    id: taskId(scope, own, name),
    node: scope.id,
    name,
    where,
    timeoutMs,
    run: async (signal) => {
      if ((await run(signal)) === false) throw new TurnoutError('domain', `${name} gave false`);
    },
  });
  const warmed = warm === undefined ? true : ownValue(own.results, warmTask)?.ok;
  return [
    // Wanted until the switch although one replica has done it: each has caches of its own to fill.
    ...(warm !== undefined && warmed !== false ? [task(warmTask, 'every', 10 * minute, warm)] : []),
    ...checks
      .filter(({ name }) => warmed === true && ownValue(own.results, checkTask(name)) === undefined)
      .map(({ name, run, timeoutMs = minute }) => task(checkTask(name), 'fleet', timeoutMs, run)),
  ];
}

/**
 * The state with the end of a task in it; undefined if there is nothing to learn from it. A failure stays, whatever other replicas
 * report, and after the switch it is the guardrails that judge.
 */
export function withResult(
  options: Readiness,
  own: BlueGreenState,
  { task, ok, detail }: Signal & { readonly type: 'settled' },
  scope: Scope,
): { readonly own: BlueGreenState; readonly name: string; readonly detail: string } | undefined {
  const name = taskNames(options).find((candidate) => taskId(scope, own, candidate) === task);
  if (name === undefined || (own.phase !== 'preparing' && own.phase !== 'ready')) return undefined;
  const before = ownValue(own.results, name);
  if (before?.ok === false || before?.ok === ok) return undefined;
  const text = ok ? '' : reasonOf(detail);
  return { own: { ...own, results: { ...own.results, [name]: { ok, detail: text } } }, name, detail: text };
}
