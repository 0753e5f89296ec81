import type { Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import { type Check, verify } from '../core/options.js';
import type { Json } from '../core/json.js';
import { cutsOf } from '../plan/cuts.js';
import type { Plan, PlanArm } from '../plan/plan.js';
import { saltOf } from './attempt.js';
import { answer, promote, restart, resume, rollBack } from './bandit/commands.js';
import { choicePolicy } from './bandit/contextual.js';
import { changeTo, sharesIn, startOf } from './bandit/moves.js';
import { type BanditOptions, type BanditSetup, optionsCheck, setupOf } from './bandit/options.js';
import { type BanditReport, banditReport } from './bandit/report.js';
import { type BanditState, ownCheckOf } from './bandit/state.js';
import { tick } from './bandit/tick.js';
import { Composite, refuse, stay, type Tree } from './children.js';
import { guardDetail, heldWords } from './guarding.js';
import { soleArm } from './sole-arm.js';
import type { Branch, MetricsOf, ModelsOf, Scope, Signal, Status, Transition, View } from './strategy.js';

export type { BanditOptions, ContextualOptions } from './bandit/options.js';
export type { BanditArmReport, BanditReport } from './bandit/report.js';
export type { BanditPhase, BanditState } from './bandit/state.js';

/**
 * Gives more units to the arms that earn more, batch by batch, and never stops looking at the others. States: running, paused, promoted (an
 * arm was frozen), rolled back.
 */
export class Bandit<
  const A extends Readonly<Record<string, Branch>>,
  const R extends string,
  const G extends Guardrail<string> = never,
> extends Composite<ModelsOf<A[keyof A]>, MetricsOf<A[keyof A]> | R | MetricsOfRule<G>, BanditState> {
  readonly kind = 'bandit';
  /** Without the arms: those that stay keep their evidence when others come and go. */
  override readonly shape: Json;
  protected readonly ownCheck: Check;
  readonly #setup: BanditSetup;

  constructor(options: BanditOptions<A, R, G>) {
    verify('new Bandit', 'strategy', options, optionsCheck);
    const setup = setupOf(options);
    const moments = Object.keys(setup.contextual?.moments.metrics ?? {});
    const branches = setup.arms.map(({ name }) => [name, options.arms[name]] as const);
    super(
      Object.fromEntries(branches) as never,
      [setup.reward, ...moments, ...setup.guards.guardrails.flatMap((rule) => rule.metrics)] as never,
    );
    this.#setup = setup;
    this.shape = ['bandit', setup.baseline, setup.contextual?.moments.dimension ?? 0];
    this.ownCheck = ownCheckOf(setup);
  }

  /** Shares, rewards, chances and the evidence for a winner at a look, as JSON. Pure. */
  report(state: Tree<BanditState>, view: View, scope: Scope): BanditReport {
    return banditReport(this.#setup, state.own, view, scope.id);
  }

  protected start(now: number, scope: Scope, attempt = 1): BanditState {
    return startOf(this.#setup, now, scope, attempt);
  }

  protected step(own: BanditState, signal: Signal, view: View, scope: Scope): Transition<BanditState> {
    switch (signal.type) {
      case 'tick':
        return tick(this.#setup, own, view, scope);
      case 'promote':
        return promote(this.#setup, own, signal, view, scope);
      case 'rollback':
        return rollBack(this.#setup, own, signal, view, scope);
      case 'pause':
        if (own.phase !== 'running') return refuse(own, `nothing is learnt: the bandit is ${own.phase}`);
        return changeTo(this.#setup, own, { phase: 'paused', why: `paused by ${signal.by}` }, scope);
      case 'resume':
        return resume(this.#setup, own, signal, view, scope);
      case 'reset':
        return restart(this.#setup, own, signal, view, scope);
      case 'approve':
      case 'reject':
        return answer(this.#setup, own, signal, view, scope);
      default:
        return stay(own);
    }
  }

  plan(state: Tree<BanditState>, scope: Scope): Plan<ModelsOf<A[keyof A]>> {
    const { own } = state;
    const { baseline, unit, salt, contextual } = this.#setup;
    const shares = sharesIn(this.#setup, own);
    if (shares.length === 1) return soleArm(scope, own, baseline, this.branchPlan(baseline, state, scope));
    const shared = {
      node: scope.id,
      epoch: own.epoch,
      salt: saltOf(scope, own, salt),
      ...(unit !== undefined && { unit }),
      arms: shares.map(
        ([arm, share]): PlanArm<ModelsOf<A[keyof A]>> => ({
          arm,
          share,
          // An arm that the program has no more keeps its units, at the baseline, until the next tick shares them out.
          plan: this.branchPlan(this.#has(arm) ? arm : baseline, state, scope),
        }),
      ),
      fallback: this.stableOf(baseline, state, scope),
    };
    if (own.phase === 'promoted') {
      const cuts = cutsOf(shares.map(([, share]) => share));
      return { op: 'split', ...shared, cuts, missing: 'draw', counts: true };
    }
    if (contextual !== undefined)
      return { op: 'choose', ...shared, policy: choicePolicy(this.#setup, contextual, own) };
    return { op: 'split', ...shared, cuts: own.cuts, missing: 'draw', counts: true };
  }

  status(state: Tree<BanditState>, scope: Scope): Status<ModelsOf<A[keyof A]>> {
    const { own } = state;
    const { baseline, freezes } = this.#setup;
    const { phase, leader, attempt, since, why, epochs, removed } = own;
    const phases = { running: 'running', paused: 'paused', promoted: 'settled', 'rolled-back': 'settled' } as const;
    const waits = phase === 'paused' ? ['resume()'] : phase === 'running' ? [freezes ? 'a winner' : 'promote()'] : [];
    return {
      node: scope.id,
      kind: this.kind,
      phase: phases[phase],
      ...((phase === 'promoted' || phase === 'rolled-back') && { settled: phase }),
      stable: this.stableOf(phase === 'promoted' && this.#has(leader) ? leader : baseline, state, scope),
      shares: Object.fromEntries(sharesIn(this.#setup, own)),
      waitingFor: phase === 'promoted' || phase === 'rolled-back' ? [] : [...waits, ...heldWords(own)],
      children: this.childStatuses(state, scope),
      detail: {
        attempt,
        since,
        why,
        epochs,
        leader,
        ...(removed !== undefined && { removed: removed.map(({ name }) => name) }),
        ...guardDetail(own),
      },
    };
  }

  #has(arm: string): boolean {
    return this.#setup.arms.some(({ name }) => name === arm);
  }
}
