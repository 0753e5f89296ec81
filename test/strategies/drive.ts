import type { Gate, Guardrail, Judged, Outcome } from '../../src/analysis/verdict.js';
import type { Json } from '../../src/core/json.js';
import type { Plan } from '../../src/plan/plan.js';
import { rootScope } from '../../src/strategies/scope.js';
import type { Command, Signal, Status, Strategy, Task, Transition } from '../../src/strategies/strategy.js';
import type { StratumFacts } from '../../src/testing/fake-view.js';
import { deepFreeze } from '../../src/testing/strategy-walk.js';
import { fakeView } from './view.js';

/** A Monday, 09:00 UTC. */
export const monday = Date.UTC(2026, 0, 5, 9);

type Order = Command['type'];

/** Holds a strategy's state and feeds it signals by hand, as the control loop would; states are frozen, so that a change in place throws. */
export class Drive<S extends Json, M extends string> {
  readonly strategy: Strategy<M, string, S>;
  state: S;
  now = monday;
  /** The revision that is stored. */
  revision = 1;
  strata: StratumFacts[] = [];
  last: Transition<S> = { state: undefined as never, notices: [] };

  constructor(strategy: Strategy<M, string, S>) {
    this.strategy = strategy;
    this.state = deepFreeze(strategy.init(this.now, rootScope('root', 1)));
  }

  get scope() {
    return rootScope('root', this.revision + 1);
  }

  send(signal: Signal): Transition<S> {
    const { now, strata, scope } = this;
    const view = fakeView({ now, strata, revision: scope.revision });
    this.last = this.strategy.reduce(this.state, deepFreeze(signal), view, scope);
    if (this.last.state !== this.state) this.revision += 1;
    this.state = deepFreeze(this.last.state);
    return this.last;
  }

  /** Lets time pass, looks, and carries out the rollbacks that the look asks for. */
  tick(ms = 0): Transition<S> {
    this.now += ms;
    const look = this.send({ type: 'tick' });
    for (const command of look.urgent ?? []) this.send(command);
    return look;
  }

  /** True when a look after so long changes nothing. */
  rests(ms = 0): boolean {
    const before = this.state;
    this.tick(ms);
    return this.state === before;
  }

  /** A person's command; gives why it was refused, if it was. */
  order(
    type: Order,
    more: { readonly node?: string; readonly arm?: string; readonly attempt?: number } = {},
  ): string | undefined {
    const command =
      type === 'rollback' ? { type, by: 'ann', reason: 'it is bad', ...more } : { type, by: 'ann', ...more };
    return this.send(command as Command).refused;
  }

  settle(name: string, ok = true, detail: Json = null): Transition<S> {
    const task = this.tasks().find((candidate) => candidate.name === name);
    if (task === undefined) throw new Error(`no task '${name}' is wanted`);
    return this.send({ type: 'settled', task: task.id, node: task.node, ok, detail });
  }

  /** Evidence of the epoch in force, or of another. */
  see(cells: StratumFacts['cells'], epoch?: number): void {
    const node = this.plan();
    this.strata.push({ cells, epoch: epoch ?? epochOf(node) });
  }

  plan(): Plan<M> {
    return this.strategy.plan(this.state, this.scope);
  }

  status(): Status<M> {
    return this.strategy.status(this.state, this.scope);
  }

  tasks(): readonly Task[] {
    return this.strategy.tasks?.(this.state, this.scope) ?? [];
  }

  taskNames(): readonly string[] {
    return this.tasks().map(({ name }) => name);
  }

  /** What the last signal waited for, with its figures. */
  waits(): readonly string[] | undefined {
    return this.last.verdicts?.at(-1)?.waitingFor;
  }
}

/** The epoch of a plan's own node. */
export function epochOf(plan: Plan<string>): number {
  if (plan.op === 'match') return epochOf(plan.otherwise);
  if (plan.op === 'serve') throw new Error('a served model has no epoch');
  return plan.epoch;
}

/** Every model that the plan serves to somebody or keeps loaded. */
export function modelsOf(plan: Plan<string>): readonly string[] {
  if (plan.op === 'serve') return [plan.model];
  if (plan.op === 'match') return [...plan.rules.flatMap((rule) => modelsOf(rule.plan)), ...modelsOf(plan.otherwise)];
  if (plan.op === 'mirror') return modelsOf(plan.primary);
  return plan.arms.flatMap((arm) => modelsOf(arm.plan));
}

/** A guardrail whose outcome the test sets; it keeps what it was last asked to judge. */
export function dial(name = 'dial', outcome: Outcome = 'pass') {
  const rule = {
    name,
    metrics: [] as readonly never[],
    outcome,
    asked: [] as Judged[],
    judge(judged: Judged) {
      rule.asked.push(judged);
      return { rule: name, outcome: rule.outcome, reason: `it is ${rule.outcome}`, n: 1 };
    },
  };
  return rule satisfies Guardrail<never>;
}

/** The same as a gate. */
export function gateDial(name = 'gate', outcome: Outcome = 'pass') {
  return Object.assign(dial(name, outcome), { gate: true as const }) satisfies Gate<never>;
}
