import type { Gate, GateCheck } from '../analysis/verdict.js';
import { type Json, isObject, own as ownValue } from '../core/json.js';
import { show } from '../core/options.js';
import { type Telling, alertOf } from './alerts.js';
import type { Attempt } from './attempt.js';
import { withGuard } from './guard.js';
import type { Scope, Signal, Task } from './strategy.js';

const detailMax = 32_000;

/** The checks that these gates wait for: those that have not ended in this attempt, each once. */
function wanted(gates: readonly Gate[], { guard }: Attempt): readonly GateCheck[] {
  const checks = new Map(gates.flatMap(({ check }) => (check === undefined ? [] : [[check.name, check] as const])));
  return [...checks.values()].filter(({ name }) => ownValue(guard?.checks ?? {}, name) === undefined);
}

/** The attempt is in it, so that the end of an old attempt's check is not taken for this one's. */
const idOf = (scope: Scope, { attempt }: Attempt, name: string) => `${scope.id}#${attempt}:gate ${name}`;

/** The effects that `gates` need before they can judge: each once in the fleet and once per attempt. */
export function gateTasks(gates: readonly Gate[], own: Attempt, scope: Scope): readonly Task[] {
  return wanted(gates, own).map(({ name, timeoutMs, run }) => ({
    id: idOf(scope, own, name),
    node: scope.id,
    name: `gate ${name}`,
    where: 'fleet',
    timeoutMs,
    run,
  }));
}

/** The state with the end of a check in it; undefined where none was waited for. A failure is told. */
export function withCheck<O extends Attempt>(
  gates: readonly Gate[],
  own: O,
  { task, ok, detail }: Signal & { readonly type: 'settled' },
  now: number,
  scope: Scope,
): Telling<O> | undefined {
  const check = wanted(gates, own).find(({ name }) => idOf(scope, own, name) === task);
  if (check === undefined) return undefined;
  const { name } = check;
  const result = { ok, at: Math.floor(now), detail: bounded(detail) };
  const next = withGuard(own, { checks: { ...own.guard?.checks, [name]: result } });
  if (ok) return { own: next, notices: [] };
  return {
    own: next,
    notices: [alertOf('task-failed', `${name} failed: ${reasonOf(detail)}`, own, scope, { task: name })],
  };
}

/** The record holds every detail, so that none may be long. */
function bounded(detail: Json): Json {
  const { length } = JSON.stringify(detail);
  return length <= detailMax ? detail : { omitted: `${length} characters, of at most ${detailMax}` };
}

const reasonMax = 500;

/** The words of a task's failure, which the runtime reports as `{ error: message }`. At most 500 characters. */
export function reasonOf(detail: Json): string {
  const reason = isObject(detail) ? (detail['error'] ?? detail) : detail;
  return (typeof reason === 'string' ? reason : show(reason)).slice(0, reasonMax);
}
