import type { Gate, Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import { verify } from '../core/options.js';
import { rampCuts } from '../plan/cuts.js';
import type { Plan } from '../plan/plan.js';
import { saltOf } from './attempt.js';
import {
  type BlueGreenSetup,
  answer,
  gatesOf,
  promote,
  restart,
  rollBack,
  said,
  settle,
  shareOf,
  startOf,
  tick,
} from './blue-green-moves.js';
import {
  type BlueGreenOptions,
  type BlueGreenState,
  blueGreenCheck,
  blueGreenStateCheck,
} from './blue-green-options.js';
import { hasFailed, readinessTasks } from './blue-green-readiness.js';
import { movesByItself, waitingOf } from './blue-green-waiting.js';
import { Composite, type Tree, move, refuse, stay } from './children.js';
import { gateTasks } from './gate-checks.js';
import { namedApproval } from './guard.js';
import { guardDetail, guardRules } from './guarding.js';
import { soleArm } from './sole-arm.js';
import type { Branch, MetricsOf, ModelsOf, Scope, Signal, Status, Task, Transition, View } from './strategy.js';

/**
 * Switches all requests from one side to the other in one step, once the idle side is loaded, warmed and checked, and back as
 * fast. States: preparing, ready, baking, live (blue kept warm), retired (blue released), rolled back.
 */
export class BlueGreen<
  const B extends Branch,
  const C extends Branch,
  const G extends Guardrail<string> = never,
  const H extends Gate = never,
> extends Composite<ModelsOf<B | C>, MetricsOf<B | C> | MetricsOfRule<G | H>, BlueGreenState> {
  readonly kind = 'blue-green';
  readonly #options: BlueGreenOptions<B, C, G, H>;
  readonly #setup: BlueGreenSetup;
  protected readonly ownCheck = blueGreenStateCheck;

  constructor(options: BlueGreenOptions<B, C, G, H>) {
    verify('new BlueGreen', 'strategy', options, blueGreenCheck);
    const rules: readonly Guardrail[] = [...(options.guardrails ?? []), ...(options.gates ?? [])];
    super(
      { green: options.green, blue: options.blue } as Record<string, Branch> as never,
      rules.flatMap(({ metrics }) => metrics) as never,
    );
    this.#options = options;
    this.#setup = { options, guards: guardRules(options) };
  }

  protected start(now: number, scope: Scope, attempt = 1): BlueGreenState {
    return startOf(now, scope, attempt);
  }

  protected step(own: BlueGreenState, signal: Signal, view: View, scope: Scope): Transition<BlueGreenState> {
    const setup = this.#setup;
    switch (signal.type) {
      case 'tick':
        return tick(setup, own, view, scope);
      case 'settled':
        return settle(setup, own, signal, view, scope);
      case 'promote':
        return promote(setup, own, signal, view, scope);
      case 'rollback':
        return rollBack(own, signal, view, scope);
      case 'pause':
        if (own.paused || !movesByItself(setup.options, own)) return refuse(own, `nothing moves: ${said(own)}`);
        return move({ ...own, paused: true }, scope, own.phase, 'paused', `paused by ${signal.by}`);
      case 'resume':
        if (own.paused) return move({ ...own, paused: false }, scope, 'paused', own.phase, `resumed by ${signal.by}`);
        if (own.phase !== 'rolled-back') return refuse(own, `nothing is paused: ${said(own)}`);
        return restart(own, signal, view, scope);
      case 'reset':
        return restart(own, signal, view, scope);
      case 'approve':
      case 'reject':
        return answer(setup, own, signal, view, scope);
      default:
        return stay(own);
    }
  }

  protected override ownTasks(own: BlueGreenState, scope: Scope): readonly Task[] {
    return [...readinessTasks(this.#options, own, scope), ...gateTasks(gatesOf(this.#options, own), own, scope)];
  }

  protected override upgraded(own: BlueGreenState): BlueGreenState {
    return namedApproval(own);
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
      detail: { ...detailOf(own), ...guardDetail(own) },
    };
  }
}

function detailOf({ phase, attempt, since, results, why }: BlueGreenState) {
  return { phase, attempt, since, results, why };
}
