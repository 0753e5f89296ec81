import type { Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import type { Json } from '../core/json.js';
import { verify } from '../core/options.js';
import { rampCuts } from '../plan/cuts.js';
import type { Plan } from '../plan/plan.js';
import { newAttempt, newEpoch, saltOf } from './attempt.js';
import {
  type BlueGreenOptions,
  type BlueGreenPhase,
  type BlueGreenState,
  blueGreenCheck,
  blueGreenStateCheck,
} from './blue-green-options.js';
import { hasFailed, missingOf, readinessTasks, withResult } from './blue-green-readiness.js';
import { movesByItself, waitingOf } from './blue-green-waiting.js';
import { soleArm } from './sole-arm.js';
import { Composite, type Tree, move, refuse, stay } from './children.js';
import { judgedIn, rollbackFor, verdictFacts, verdictsOf } from './judging.js';
import type {
  Branch,
  Command,
  MetricsOf,
  ModelsOf,
  Scope,
  Signal,
  Status,
  Task,
  Transition,
  View,
} from './strategy.js';

/**
 * Switches all requests from one side to the other in one step, once the idle side is loaded, warmed and checked, and back as
 * fast. States: preparing, ready, baking, live (blue kept warm), retired (blue released), rolled back.
 */
export class BlueGreen<
  const B extends Branch,
  const C extends Branch,
  const G extends Guardrail<string> = never,
> extends Composite<ModelsOf<B | C>, MetricsOf<B | C> | MetricsOfRule<G>, BlueGreenState> {
  readonly kind = 'blue-green';
  readonly #options: BlueGreenOptions<B, C, G>;
  readonly #guardrails: readonly Guardrail[];
  protected readonly ownCheck = blueGreenStateCheck;

  constructor(options: BlueGreenOptions<B, C, G>) {
    verify('new BlueGreen', 'strategy', options, blueGreenCheck);
    const guardrails: readonly Guardrail[] = options.guardrails ?? [];
    super(
      { green: options.green, blue: options.blue } as Record<string, Branch> as never,
      guardrails.flatMap(({ metrics }) => metrics) as never,
    );
    this.#options = options;
    this.#guardrails = guardrails;
  }

  protected start(now: number, scope: Scope, attempt = 1): BlueGreenState {
    return {
      ...newAttempt(now, scope, attempt),
      phase: 'preparing',
      paused: false,
      approved: false,
      results: {},
      why: 'the roll-out started',
    };
  }

  protected step(own: BlueGreenState, signal: Signal, view: View, scope: Scope): Transition<BlueGreenState> {
    switch (signal.type) {
      case 'tick':
        return this.#tick(own, view, scope);
      case 'settled':
        return this.#settle(own, signal, view, scope);
      case 'promote':
        return this.#promote(own, signal, view, scope);
      case 'rollback':
        if (own.phase === 'rolled-back') return refuse(own, 'blue serves: green is rolled back already');
        return this.#to(own, 'rolled-back', `${signal.reason} (${signal.by})`, view, scope);
      case 'pause':
        if (own.paused || !movesByItself(this.#options, own)) return refuse(own, `nothing moves: ${said(own)}`);
        return move({ ...own, paused: true }, scope, own.phase, 'paused', `paused by ${signal.by}`);
      case 'resume':
        if (own.paused) return move({ ...own, paused: false }, scope, 'paused', own.phase, `resumed by ${signal.by}`);
        if (own.phase !== 'rolled-back') return refuse(own, `nothing is paused: ${said(own)}`);
        return this.#restart(own, signal.by, view, scope);
      case 'reset':
        return this.#restart(own, signal.by, view, scope);
      case 'approve':
      case 'reject':
        return this.#answer(own, signal, view, scope);
      default:
        return stay(own);
    }
  }

  protected override ownTasks(own: BlueGreenState, scope: Scope): readonly Task[] {
    return readinessTasks(this.#options, own, scope);
  }

  plan(state: Tree<BlueGreenState>, scope: Scope): Plan<ModelsOf<B | C>> {
    const { own } = state;
    const { unit, salt, testers } = this.#options;
    const green = () => this.branchPlan('green', state, scope);
    const blue = () => this.branchPlan('blue', state, scope);
    if (own.phase === 'rolled-back') return soleArm(scope, own, 'blue', blue());
    if (own.phase === 'retired') return soleArm(scope, own, 'green', green());
    const share = shareOf(own);
    const split: Plan<ModelsOf<B | C>> = {
      op: 'split',
      node: scope.id,
      epoch: own.epoch,
      salt: saltOf(scope, own, salt),
      ...(unit !== undefined && { unit }),
      arms: [
        { arm: 'green', share, plan: green() },
        { arm: 'blue', share: 1 - share, plan: blue() },
      ],
      cuts: rampCuts(share),
      missing: 'draw',
      counts: true,
      fallback: this.stableOf('blue', state, scope),
    };
    if (testers === undefined) return split;
    const [arm, plan] = share === 0 ? (['green', green()] as const) : (['blue', blue()] as const);
    return { op: 'match', node: scope.id, rules: [{ name: 'testers', when: testers, arm, plan }], otherwise: split };
  }

  status(state: Tree<BlueGreenState>, scope: Scope): Status<ModelsOf<B | C>> {
    const { own } = state;
    const share = shareOf(own);
    const isLive = own.phase === 'live' || own.phase === 'retired';
    const settled = isLive ? 'promoted' : own.phase === 'rolled-back' ? 'rolled-back' : undefined;
    const waits = own.phase === 'ready' || (own.phase === 'preparing' && hasFailed(this.#options, own));
    return {
      node: scope.id,
      kind: this.kind,
      phase: settled !== undefined ? 'settled' : own.paused ? 'paused' : waits ? 'waiting' : 'running',
      ...(settled !== undefined && { settled }),
      stable: this.stableOf(isLive ? 'green' : 'blue', state, scope),
      shares: { green: share, blue: 1 - share },
      waitingFor: waitingOf(this.#options, own),
      children: this.childStatuses(state, scope),
      detail: { phase: own.phase, attempt: own.attempt, since: own.since, results: own.results, why: own.why },
    };
  }

  #tick(own: BlueGreenState, view: View, scope: Scope): Transition<BlueGreenState> {
    const judged = judgedIn(view, own, 'green');
    const verdicts = own.phase === 'baking' ? verdictsOf(this.#guardrails, judged) : [];
    const rollback = rollbackFor(verdicts, own, scope);
    if (rollback !== undefined) return { ...stay(own, { node: scope.id, verdicts }), urgent: [rollback] };
    // The checks may have been edited in the program since they passed.
    if (own.phase === 'ready' && missingOf(this.#options, own).length > 0) {
      return this.#enter(own, 'preparing', 'the checks were edited', scope);
    }
    const waitingFor = waitingOf(this.#options, own, view);
    const look = { node: scope.id, verdicts };
    // What it waits for is told only where it goes on waiting: a look outlives the move that it led to.
    if (waitingFor.length > 0 || !movesByItself(this.#options, own)) return stay(own, { ...look, waitingFor });
    return { ...this.#advance(own, view, scope, verdictFacts(verdicts)), verdicts: [look] };
  }

  #advance(own: BlueGreenState, view: View, scope: Scope, facts: Record<string, Json>): Transition<BlueGreenState> {
    switch (own.phase) {
      case 'preparing':
        return this.#enter(own, 'ready', 'green is ready', scope);
      case 'ready':
        return this.#to(own, 'baking', own.approved ? 'approved' : 'green was ready', view, scope);
      case 'baking':
        return this.#to(own, 'live', 'the bake passed', view, scope, facts);
      default:
        return this.#to(own, 'retired', 'blue was kept warm for long enough', view, scope);
    }
  }

  #settle(
    own: BlueGreenState,
    signal: Signal & { readonly type: 'settled' },
    view: View,
    scope: Scope,
  ): Transition<BlueGreenState> {
    const learnt = withResult(this.#options, own, signal, scope);
    if (learnt === undefined) return stay(own);
    const { own: next, name, detail } = learnt;
    if (signal.ok) {
      const isReady = own.phase === 'preparing' && missingOf(this.#options, next).length === 0;
      return isReady ? this.#enter(next, 'ready', 'green is warmed and checked', scope) : stay(next);
    }
    const why = `${name} failed: ${detail}`;
    if (this.#options.onCheckFailure === 'rollback') return this.#to(next, 'rolled-back', why, view, scope);
    const held: BlueGreenState = { ...next, phase: 'preparing', approved: false, why };
    return { state: held, notices: [{ type: 'alert', node: scope.id, data: { why, task: name } }] };
  }

  #promote(own: BlueGreenState, command: Command & { type: 'promote' }, view: View, scope: Scope) {
    const why = `promoted by ${command.by}`;
    if (command.arm !== undefined && command.arm !== 'green')
      return refuse(own, `only green can be promoted, not '${command.arm}'`);
    if (own.phase === 'preparing' || own.phase === 'ready') {
      // Asked in both: a check may have been added in the program since green was ready.
      const missing = missingOf(this.#options, own);
      if (missing.length > 0) return refuse(own, `green cannot be switched to before ${missing.join(', ')}`);
      return this.#to(own, 'baking', why, view, scope);
    }
    if (own.phase === 'baking') return this.#to(own, 'live', why, view, scope);
    return refuse(own, own.phase === 'rolled-back' ? 'green is rolled back: reset() first' : 'green is live already');
  }

  #answer(own: BlueGreenState, command: Command, view: View, scope: Scope): Transition<BlueGreenState> {
    const waits = own.phase === 'ready' && this.#options.switch === 'approved' && !own.approved;
    if (!waits) return refuse(own, 'no approval is waited for');
    if (command.type === 'reject') return this.#to(own, 'rolled-back', `rejected by ${command.by}`, view, scope);
    return move({ ...own, approved: true }, scope, 'ready', 'ready', `approved by ${command.by}`);
  }

  /** A new phase with other shares, or another count to start: an epoch of its own. */
  #to(
    own: BlueGreenState,
    phase: BlueGreenPhase,
    why: string,
    view: View,
    scope: Scope,
    facts: Record<string, Json> = {},
  ): Transition<BlueGreenState> {
    const next = { ...own, ...newEpoch(view.now, scope), phase, paused: false, why };
    return move(next, scope, own.phase, phase, why, { ...facts, share: shareOf(next) });
  }

  /** A new phase in which the shares stay what they were. */
  #enter(own: BlueGreenState, phase: BlueGreenPhase, why: string, scope: Scope): Transition<BlueGreenState> {
    return move({ ...own, phase, why }, scope, own.phase, phase, why);
  }

  #restart(own: BlueGreenState, by: string, view: View, scope: Scope): Transition<BlueGreenState> {
    const next = { ...this.start(view.now, scope, own.attempt + 1), why: `a new attempt by ${by}` };
    return move(next, scope, own.phase, next.phase, next.why, { attempt: next.attempt, share: 0 });
  }
}

/** Green's share: all or nothing. */
function shareOf({ phase }: BlueGreenState): 0 | 1 {
  return phase === 'baking' || phase === 'live' || phase === 'retired' ? 1 : 0;
}

function said({ phase, paused }: BlueGreenState): string {
  return paused ? 'it is paused' : `green is ${phase}`;
}
