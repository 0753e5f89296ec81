import { TurnoutError } from '../../core/errors.js';
import { type Json, isObject } from '../../core/json.js';
import { show } from '../../core/options.js';
import type { Scope, Signal, Task, TaskTools } from '../strategy.js';
import type { Fleet } from './fleet.js';
import type { InstanceCall, RollingOptions } from './options.js';
import { type Member, type RollingState, type Version, targetOf } from './state.js';

/** What tasks are made from. */
export interface Workshop<M extends string> {
  readonly fleet: Fleet;
  readonly calls: {
    readonly update: ((call: InstanceCall<M>) => unknown) | undefined;
    readonly check: ((call: InstanceCall<M>) => unknown) | undefined;
    readonly stop: RollingOptions<M, M, never>['stop'];
  };
  modelOf(version: Version): M;
}

/** What is done in each phase. */
const steps = { draining: 'drain', updating: 'update', checking: 'check', retiring: 'stop' } as const;

type Step = (typeof steps)[keyof typeof steps];

/** None for what has failed and is to run again with the next tick. */
function stepOf({ phase, retry }: Member): Step | undefined {
  if (retry) return undefined;
  return phase === 'draining' || phase === 'updating' || phase === 'checking' || phase === 'retiring'
    ? steps[phase]
    : undefined;
}

function taskId(scope: Scope, { attempt }: RollingState, step: Step, instance: string, { run }: Member): string {
  return `${scope.id}#${attempt}:${step} ${instance} ${run}`;
}

/** The effects that the instances want now: one for each that is being worked on. A replica does its own. */
export function rollingTasks<M extends string>(shop: Workshop<M>, own: RollingState, scope: Scope): readonly Task[] {
  const { fleet } = shop;
  return Object.entries(own.members).flatMap(([instance, member]) => {
    const step = stepOf(member);
    if (step === undefined) return [];
    return {
      id: taskId(scope, own, step, instance, member),
      node: scope.id,
      name: `${step} ${instance}`,
      where: fleet.instances === undefined ? { instance } : ('fleet' as const),
      timeoutMs: fleet.deadlineMs,
      run: (signal, tools) => perform(shop, step, instance, targetOf(own), signal, tools),
    } satisfies Task;
  });
}

/** The instance whose task this is; undefined for the end of an old one, and for others' tasks. */
export function instanceOfTask(own: RollingState, task: string, scope: Scope): string | undefined {
  return Object.entries(own.members).find(([instance, member]) => {
    const step = stepOf(member);
    return step !== undefined && taskId(scope, own, step, instance, member) === task;
  })?.[0];
}

async function perform<M extends string>(
  { fleet, calls, modelOf }: Workshop<M>,
  step: Step,
  instance: string,
  version: Version,
  signal: AbortSignal,
  tools: TaskTools,
): Promise<void> {
  const call: InstanceCall<M> = { instance, version, model: modelOf(version), signal };
  switch (step) {
    case 'drain':
      return tools.drained(instance, fleet.quietMs);
    case 'update':
      if ((await calls.update?.(call)) === false) throw new TurnoutError('domain', 'update gave false');
      return;
    case 'check':
      // A replica serves the version by now: its model is loaded, so that it is the real one that is tried.
      if (fleet.instances === undefined) await tools.serving();
      if ((await calls.check?.(call)) === false) throw new TurnoutError('domain', 'check gave false');
      return;
    case 'stop':
      await tools.drained(instance, fleet.quietMs);
      await calls.stop?.({ instance, signal });
  }
}

/** The words of a task's failure, which the runtime reports as `{ error: message }`. */
export function failureWords({ detail }: Signal & { readonly type: 'settled' }): string {
  const reason: Json = isObject(detail) ? ((detail as { readonly [key: string]: Json })['error'] ?? detail) : detail;
  return typeof reason === 'string' ? reason : show(reason);
}
