import { TurnoutError } from '../core/errors.js';
import { type Json, isObject, own as ownValue } from '../core/json.js';
import type { Command, NodeVerdicts, Notice, Scope, Signal, Status, Strategy, Transition, View } from './strategy.js';

/** The states of the strategies below, by arm. */
export type ChildStates = { readonly [arm: string]: Json };

/** What the strategies below are during one reduction. */
export interface BelowOptions<M extends string> {
  readonly strategies: Readonly<Record<string, Strategy<M>>>;
  readonly states: ChildStates;
  readonly view: View;
  scopeOf(arm: string): Scope;
}

/**
 * The strategies below during one reduction: what became of their states so far, and all that they had to say. It lives
 * no longer than that, so `reduce` stays pure.
 */
export class Below<M extends string> {
  readonly notices: Notice[] = [];
  readonly urgent: Command[] = [];
  readonly verdicts: NodeVerdicts[] = [];
  readonly #options: BelowOptions<M>;
  readonly #moved = new Map<string, Json>();

  constructor(options: BelowOptions<M>) {
    this.#options = options;
  }

  /** The states of all, by the same reference when none has moved. */
  get states(): ChildStates {
    const { states } = this.#options;
    if (this.#moved.size === 0) return states;
    const newest = (arm: string, state: Json) => (this.#moved.has(arm) ? (this.#moved.get(arm) as Json) : state);
    return Object.fromEntries(Object.entries(states).map(([arm, state]) => [arm, newest(arm, state)]));
  }

  scope(arm: string): Scope {
    return this.#options.scopeOf(arm);
  }

  /** Hands a signal on. What comes of it is kept here; whether a refusal matters is for the caller to say. */
  send(arm: string, signal: Signal): Transition<Json> {
    const { view } = this.#options;
    const scope = this.scope(arm);
    const before = this.#state(arm);
    const transition = this.#strategy(arm).reduce(before, signal, view.of(scope.id), scope);
    if (transition.state !== before) this.#moved.set(arm, transition.state);
    this.notices.push(...transition.notices);
    this.urgent.push(...(transition.urgent ?? []));
    this.verdicts.push(...(transition.verdicts ?? []));
    return transition;
  }

  /** Hands an order on to one strategy. Returns why it was refused, or undefined. */
  order(arm: string, command: Command): string | undefined {
    return this.send(arm, { ...command, node: this.scope(arm).id }).refused;
  }

  /** Throws the state of a strategy away and begins a new one, whose first attempt is number `attempt`. */
  start(arm: string, attempt: number): void {
    this.#moved.set(arm, this.#strategy(arm).init(this.#options.view.now, this.scope(arm), attempt));
  }

  status(arm: string): Status<M> {
    return this.#strategy(arm).status(this.#state(arm), this.scope(arm));
  }

  /** The highest number of an attempt in a strategy and all below it; 0 where none is kept in our layout. */
  attempt(arm: string): number {
    return highestAttempt(this.#state(arm));
  }

  /** Why a pair in a strategy or below it must not be tried again; undefined where none is quarantined. */
  quarantine(arm: string): string | undefined {
    return quarantineIn(this.#state(arm));
  }

  #strategy(arm: string): Strategy<M> {
    const strategy = ownValue(this.#options.strategies, arm);
    if (strategy === undefined) throw new TurnoutError('domain', `There is no strategy '${arm}' below.`);
    return strategy;
  }

  #state(arm: string): Json {
    return this.#moved.has(arm) ? (this.#moved.get(arm) as Json) : childState(this.#options.states, arm);
  }
}

/** The state of an arm's strategy; throws where there is none. */
export function childState(children: ChildStates, arm: string): Json {
  const state = ownValue(children, arm);
  if (state === undefined) throw new TurnoutError('state-unreadable', `The state of the arm '${arm}' is missing.`);
  return state;
}

function quarantineIn(state: Json): string | undefined {
  if (!isObject(state)) return undefined;
  const { own, children } = state;
  const guard = isObject(own) ? own['guard'] : undefined;
  const why = isObject(guard) ? guard['quarantined'] : undefined;
  if (typeof why === 'string') return why;
  const below = isObject(children) ? Object.values(children as ChildStates) : [];
  return below.map(quarantineIn).find((found) => found !== undefined);
}

function highestAttempt(state: Json): number {
  if (!isObject(state)) return 0;
  const { own, children } = state;
  const attempt = isObject(own) ? own['attempt'] : undefined;
  const below = isObject(children) ? Object.values(children as ChildStates).map(highestAttempt) : [];
  return Math.max(0, typeof attempt === 'number' ? attempt : 0, ...below);
}
