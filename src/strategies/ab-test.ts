import type { Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import { type Check, verify } from '../core/options.js';
import { cutsOf } from '../plan/cuts.js';
import type { Plan } from '../plan/plan.js';
import { answer, promote, restart, rollBack } from './ab-test/commands.js';
import { coverageGate, holdoutGate, layerGate } from './ab-test/gates.js';
import { changeTo, sharesIn, startOf } from './ab-test/moves.js';
import {
  type ABTestOptions,
  type ABTestSetup,
  type ArmOf,
  branchOf,
  optionsCheck,
  setupOf,
  type UseOf,
} from './ab-test/options.js';
import { type ABReport, abReport } from './ab-test/report.js';
import { type ABTestState, ownCheckOf } from './ab-test/state.js';
import { tick } from './ab-test/tick.js';
import { saltOf } from './attempt.js';
import { Composite, refuse, stay, type Tree } from './children.js';
import { guardDetail, heldWords } from './guarding.js';
import { soleArm } from './sole-arm.js';
import type { Branch, MetricsOf, ModelsOf, Scope, Signal, Status, Transition, View } from './strategy.js';

export type { ABTestOptions, ArmOf, Layer, UseOf } from './ab-test/options.js';
export { type ABArmReport, type ABComparison, type ABReport, abReport } from './ab-test/report.js';
export type { ABTestPhase, ABTestResult, ABTestState } from './ab-test/state.js';

/**
 * Shares units among arms and finds out which one is best: judged against the control by a test that may be looked at at any time, with
 * the shares themselves under test. States: running, paused, stopped, promoted, rolled back.
 */
export class ABTest<
  const A extends Readonly<Record<string, ArmOf<Branch>>>,
  // Only ever from the options: where any strategy is asked for, `string` would be inferred for a test without a metric.
  const P extends string = never,
  const G extends Guardrail<string> = never,
> extends Composite<
  ModelsOf<UseOf<A[keyof A]>>,
  MetricsOf<UseOf<A[keyof A]>> | NoInfer<P> | MetricsOfRule<G>,
  ABTestState
> {
  readonly kind = 'ab-test';
  protected readonly ownCheck: Check;
  readonly #setup: ABTestSetup;

  constructor(options: ABTestOptions<A, P, G>) {
    verify('new ABTest', 'strategy', options, optionsCheck);
    const setup = setupOf(options);
    const branches = setup.arms.map((arm) => [arm, branchOf(options.arms[arm] as ArmOf<Branch>)] as const);
    const metrics = [...(setup.primary === undefined ? [] : [setup.primary]), ...setup.secondary];
    super(
      Object.fromEntries(branches) as Record<string, Branch> as never,
      [...metrics, ...setup.guards.guardrails.flatMap((rule) => rule.metrics)] as never,
      { control: setup.control },
    );
    this.#setup = setup;
    this.ownCheck = ownCheckOf(setup);
  }

  /** Arms, estimates, intervals and decisions on the evidence of a look, as JSON. Pure. */
  report(state: Tree<ABTestState>, view: View, scope: Scope): ABReport {
    return abReport(this.#setup, state.own, view, scope.id);
  }

  protected start(now: number, scope: Scope, attempt = 1): ABTestState {
    return startOf(this.#setup, now, scope, attempt);
  }

  protected step(own: ABTestState, signal: Signal, view: View, scope: Scope): Transition<ABTestState> {
    switch (signal.type) {
      case 'tick':
        return tick(this.#setup, own, view, scope);
      case 'promote':
        return promote(this.#setup, own, signal, view, scope);
      case 'rollback':
        return rollBack(this.#setup, own, signal, view, scope);
      case 'pause':
        if (own.phase !== 'running') return refuse(own, `nothing runs: the test is ${own.phase}`);
        return changeTo(this.#setup, own, { phase: 'paused', why: `paused by ${signal.by}` }, scope);
      case 'resume':
        if (own.phase === 'paused')
          return changeTo(this.#setup, own, { phase: 'running', why: `resumed by ${signal.by}` }, scope);
        if (own.phase === 'rolled-back') return restart(this.#setup, own, signal, view, scope);
        return refuse(own, `nothing is paused: the test is ${own.phase}`);
      case 'reset':
        return restart(this.#setup, own, signal, view, scope);
      case 'approve':
      case 'reject':
        return answer(this.#setup, own, signal, view, scope);
      default:
        return stay(own);
    }
  }

  plan(state: Tree<ABTestState>, scope: Scope): Plan<ModelsOf<UseOf<A[keyof A]>>> {
    const { own } = state;
    const { control, layer, holdout, unit, salt = scope.salt } = this.#setup;
    const outside = this.branchPlan(control, state, scope);
    if (own.phase === 'rolled-back' || (own.phase === 'promoted' && own.leader === control)) {
      return soleArm(scope, own, control, outside);
    }
    const terms = { node: scope.id, epoch: own.epoch, unit, missing: missingIn(own), outside };
    const inside = this.#split(state, scope);
    if (own.phase === 'promoted') return holdoutGate(terms, salt, holdout, inside);
    const covered = coverageGate(terms, salt, own.coverage, inside);
    return holdoutGate(terms, salt, holdout, layerGate(terms, layer, covered));
  }

  status(state: Tree<ABTestState>, scope: Scope): Status<ModelsOf<UseOf<A[keyof A]>>> {
    const { own } = state;
    const { control, layer, holdout } = this.#setup;
    const settled = own.phase === 'promoted' || own.phase === 'rolled-back' ? own.phase : undefined;
    const phases = {
      running: 'running',
      paused: 'paused',
      stopped: 'waiting',
      promoted: 'settled',
      'rolled-back': 'settled',
    } as const;
    const { attempt, since, why, result, leader, coverage, removed, beaten, mismatch } = own;
    const detail = {
      attempt,
      since,
      why,
      result,
      leader,
      coverage,
      holdout,
      removed,
      beaten,
      mismatch,
      ...guardDetail(own),
    };
    return {
      node: scope.id,
      kind: this.kind,
      phase: phases[own.phase],
      ...(settled !== undefined && { settled }),
      stable: this.stableOf(own.phase === 'promoted' ? leader : control, state, scope),
      shares: Object.fromEntries(sharesIn(this.#setup, own)),
      waitingFor: this.#waitingFor(own),
      children: this.childStatuses(state, scope),
      detail: layer === undefined ? detail : { ...detail, layer: { ...layer } },
    };
  }

  #split(state: Tree<ABTestState>, scope: Scope): Plan<ModelsOf<UseOf<A[keyof A]>>> {
    const { own } = state;
    const { arms, control, unit, salt } = this.#setup;
    const shares = sharesIn(this.#setup, own);
    const place = new Map(shares.map(([arm], index) => [arm, index]));
    const promoted = own.phase === 'promoted';
    return {
      op: 'split',
      node: scope.id,
      epoch: own.epoch,
      salt: saltOf(scope, own, salt),
      ...(unit !== undefined && { unit }),
      arms: shares.map(([arm, share]) => ({ arm, share, plan: this.branchPlan(arm, state, scope) })),
      cuts: promoted
        ? cutsOf(shares.map(([, share]) => share))
        : own.cuts.map(({ below, arm }) => ({ below, arm: place.get(arms[arm] as string) as number })),
      missing: missingIn(own),
      counts: true,
      fallback: this.stableOf(control, state, scope),
    };
  }

  #waitingFor(own: ABTestState): readonly string[] {
    const { phase, result } = own;
    const { primary, plannedUnits } = this.#setup;
    if (phase === 'paused') return ['resume()'];
    if (phase === 'stopped') return result === 'winner' ? ['promote()'] : ['promote() of an arm', 'rollback()'];
    if (phase !== 'running') return [];
    const waits = [
      ...(primary === undefined ? [] : [`a decision on ${primary}`]),
      ...(plannedUnits === Infinity ? [] : [`${plannedUnits} units`]),
      ...heldWords(own),
    ];
    return waits.length > 0 ? waits : ['promote() of an arm'];
  }
}

/** A request without a unit is no subject of a test: it gets the control. After the test it gets what everybody gets. */
function missingIn({ phase }: ABTestState): 'draw' | 'last' {
  return phase === 'promoted' ? 'draw' : 'last';
}
