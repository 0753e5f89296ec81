import { TurnoutError, messageOf } from '../core/errors.js';
import { type Json, isObject, own as ownValue } from '../core/json.js';
import { type Check, either, must, verify } from '../core/options.js';
import type { Plan } from '../plan/plan.js';
import { type Attempt, staleCommand } from './attempt.js';
import { Below, type ChildStates, childState } from './below.js';
import type {
  Branch,
  Command,
  NodeVerdicts,
  Scope,
  Signal,
  Status,
  Strategy,
  Task,
  Transition,
  View,
} from './strategy.js';

export type { Below, ChildStates } from './below.js';

/** The state of every strategy that can nest: its own part, and one JSON tree below it. */
export type Tree<O extends Json> = { readonly own: O; readonly children: ChildStates };

/** A strategy's own part: an attempt, and whatever else it keeps. */
export type Own = Attempt & { readonly [key: string]: Json };

/** A strategy is told from a model's name by what it does, so that users may write their own without our base class. */
export function isStrategy(value: unknown): value is Strategy {
  return isObject(value) && typeof value['reduce'] === 'function' && typeof value['plan'] === 'function';
}

/** The check of an option that takes a model's name or a strategy. */
export const branchCheck: Check = either(
  "a model's name or a strategy",
  must('', (value) => typeof value === 'string' && value !== ''),
  must('', isStrategy),
);

/** Names that become a part of a path: `/` would make two nodes one. */
export const armNameCheck: Check = must(
  "a name of 1 to 64 characters without '/'",
  (value) => typeof value === 'string' && /^[^/]{1,64}$/u.test(value),
);

/** To whom a signal goes: everybody (undefined), or one node; a command without a node is for the root. */
function addressOf(signal: Signal): { readonly node: string | undefined } | undefined {
  if (signal.type === 'tick' || signal.type === 'joined' || signal.type === 'left') return undefined;
  return { node: signal.node };
}

const isCommand = (signal: Signal): signal is Command => addressOf(signal) !== undefined && signal.type !== 'settled';

/**
 * The only way to nest: runs init, reduce, plan, tasks and status over named branches, children first, then the strategy itself.
 * A subclass says what it does with its own part of the state and never sees another's.
 */
export abstract class Composite<M extends string, Q extends string, O extends Own> implements Strategy<M, Q, Tree<O>> {
  abstract readonly kind: string;
  readonly models: readonly M[];
  readonly metrics: readonly Q[];
  readonly children: Readonly<Record<string, Strategy<M, Q>>>;
  readonly shape: Json;
  readonly #branches: Readonly<Record<string, Branch<M, Q>>>;

  /** `branches` in the order of the arms; `metrics` are those that the strategy's own rules name. */
  constructor(branches: Readonly<Record<string, Branch<M, Q>>>, metrics: readonly Q[], shape: Json = null) {
    const entries = Object.entries(branches);
    const strategies = entries.flatMap(([arm, branch]) => (typeof branch === 'string' ? [] : [[arm, branch] as const]));
    this.#branches = Object.fromEntries(entries);
    this.children = Object.fromEntries(strategies);
    this.models = [...new Set(entries.flatMap(([, branch]) => (typeof branch === 'string' ? branch : branch.models)))];
    this.metrics = [...new Set([...metrics, ...strategies.flatMap(([, strategy]) => strategy.metrics)])];
    const leads = entries.map(([arm, branch]) => [arm, typeof branch === 'string' ? branch : { kind: branch.kind }]);
    this.shape = shape === null ? leads : [leads, shape];
  }

  /** The own part of a first state. */
  protected abstract start(now: number, scope: Scope, attempt?: number): O;
  /**
   * What a signal for this node does to its own part. The children have moved already; `below` shows them, and can move
   * them more.
   */
  protected abstract step(own: O, signal: Signal, view: View, scope: Scope, below: Below<M>): Transition<O>;
  /** What a stored own part must look like. */
  protected abstract readonly ownCheck: Check;
  abstract plan(state: Tree<O>, scope: Scope): Plan<M>;
  abstract status(state: Tree<O>, scope: Scope): Status<M>;

  /**
   * The arms whose strategies take part now; the others rest: no signals, no tasks. All, unless a strategy says
   * otherwise.
   */
  protected liveArms(_own: O): readonly string[] {
    return Object.keys(this.children);
  }

  /** Where an arm's strategy stands. A salt of its own makes it independent of this one. */
  protected childScope(arm: string, scope: Scope): Scope {
    return scope.child(arm);
  }

  init(now: number, scope: Scope, attempt?: number): Tree<O> {
    return {
      own: this.start(now, scope, attempt),
      children: this.#map((strategy, arm) => strategy.init(now, this.childScope(arm, scope), attempt)),
    };
  }

  reduce(state: Tree<O>, signal: Signal, view: View, scope: Scope): Transition<Tree<O>> {
    const address = addressOf(signal);
    const live = this.liveArms(state.own);
    const scopeOf = (arm: string) => this.childScope(arm, scope);
    const below = new Below<M>({ strategies: this.children, states: state.children, view, scopeOf });
    let { own } = state;
    let refused: string | undefined;
    let reached = false;
    for (const arm of Object.keys(this.children)) {
      const { id } = scopeOf(arm);
      if (address !== undefined && address.node !== id && !address.node?.startsWith(`${id}/`)) continue;
      const isResting = !live.includes(arm);
      if (isResting && address === undefined) continue;
      // Its task or command may be a late one, of when it was active.
      const why = isResting ? `'${arm}' is not active in '${scope.id}'` : below.send(arm, signal).refused;
      refused ??= why;
      reached = true;
    }
    let mine: Transition<O> | undefined;
    if (address === undefined || address.node === undefined || address.node === scope.id) {
      const stale = isCommand(signal) ? staleCommand(signal, own) : undefined;
      mine = stale === undefined ? this.step(own, signal, view, scope, below) : refuse(own, stale);
      refused ??= mine.refused;
      own = mine.state;
    } else if (!reached) {
      refused = `there is no node '${address.node}' under '${scope.id}'`;
    }
    const children = below.states;
    const isSame = own === state.own && children === state.children;
    const urgent = [...below.urgent, ...(mine?.urgent ?? [])];
    const verdicts = [...below.verdicts, ...(mine?.verdicts ?? [])];
    return {
      state: isSame ? state : { own, children },
      notices: [...below.notices, ...(mine?.notices ?? [])],
      ...(urgent.length > 0 && { urgent }),
      ...(verdicts.length > 0 && { verdicts }),
      ...(refused !== undefined && { refused }),
    };
  }

  tasks(state: Tree<O>, scope: Scope): readonly Task[] {
    const below = this.liveArms(state.own).flatMap(
      (arm) =>
        ownValue(this.children, arm)?.tasks?.(childState(state.children, arm), this.childScope(arm, scope)) ?? [],
    );
    return [...below, ...this.ownTasks(state.own, scope)];
  }

  /** The effects that this node itself wants now; none unless a strategy says otherwise. */
  protected ownTasks(_own: O, _scope: Scope): readonly Task[] {
    return [];
  }

  restore(json: Json): Tree<O> {
    try {
      if (!isObject(json)) throw new Error('it is not an object');
      const { own, children } = json as Readonly<Record<string, Json>>;
      verify(`The stored state of a ${this.kind}`, 'own', own, this.ownCheck);
      if (!isObject(children)) throw new Error('it has no children');
      const states = children as ChildStates;
      return {
        own: this.upgraded(own as O),
        children: this.#map((strategy, arm) => strategy.restore(childState(states, arm))),
      };
    } catch (error) {
      throw new TurnoutError(
        'state-unreadable',
        `The stored state of a ${this.kind} was refused: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  /** A stored own part, which has passed `ownCheck`, as this version writes it. As it is, unless a strategy says otherwise. */
  protected upgraded(own: O): O {
    return own;
  }

  /** What an arm leads to, as a plan. */
  protected branchPlan(arm: string, state: Tree<O>, scope: Scope): Plan<M> {
    const branch = this.#branch(arm);
    return typeof branch === 'string'
      ? { op: 'serve', model: branch }
      : branch.plan(childState(state.children, arm), this.childScope(arm, scope));
  }

  /** The model that an arm falls back to now. */
  protected stableOf(arm: string, state: Tree<O>, scope: Scope): M {
    const branch = this.#branch(arm);
    return typeof branch === 'string'
      ? branch
      : branch.status(childState(state.children, arm), this.childScope(arm, scope)).stable;
  }

  protected childStatuses(state: Tree<O>, scope: Scope): readonly Status<M>[] {
    return Object.entries(this.children).map(([arm, strategy]) =>
      strategy.status(childState(state.children, arm), this.childScope(arm, scope)),
    );
  }

  #branch(arm: string): Branch<M, Q> {
    const branch = ownValue(this.#branches, arm);
    if (branch === undefined) throw new TurnoutError('domain', `A ${this.kind} has no arm '${arm}'.`);
    return branch;
  }

  #map(of: (strategy: Strategy<M, Q>, arm: string) => Json): ChildStates {
    return Object.fromEntries(Object.entries(this.children).map(([arm, strategy]) => [arm, of(strategy, arm)]));
  }
}

/** A transition that changes nothing. */
export function stay<S>(state: S, look?: NodeVerdicts): Transition<S> {
  return look === undefined ? { state, notices: [] } : { state, notices: [], verdicts: [look] };
}

/** A transition that changes nothing, and says why. */
export function refuse<S>(state: S, refused: string): Transition<S> {
  return { state, notices: [], refused };
}

/** A transition that goes into the history: from where, to where, and why. */
export function move<S>(
  state: S,
  scope: Scope,
  from: string,
  to: string,
  why: string,
  facts: Record<string, Json> = {},
): Transition<S> {
  return { state, notices: [{ type: 'transition', node: scope.id, data: { ...facts, from, to, why } }] };
}
