import type { Approval, Gate, Guardrail } from '../analysis/verdict.js';
import { move, refuse, stay } from './children.js';
import { gateTasks, withCheck } from './gate-checks.js';
import { withGuard } from './guard.js';
import { answered, barred, guardDetail, guardRules, heldWords } from './guarding.js';
import { asksForApproval } from './judging.js';
import { type RampRules, gateJudgedOf, progressOf, restart, rollBack, stageOf, startOf, to } from './ramp-moves.js';
import { type RampOptions, type RampState, statusPhases } from './ramp-state.js';
import { tick } from './ramp-tick.js';
import { stageWaits } from './stages.js';
import type { Command, Rollback, Scope, Signal, Status, Task, Transition, View } from './strategy.js';

/**
 * A share that grows stage by stage, is judged at every tick, and goes back to nothing: what a canary and a reveal have
 * in common.
 */
export class Ramp {
  readonly #rules: RampRules;

  constructor(
    options: RampOptions<Guardrail>,
    rules: Omit<RampRules, 'guards' | 'then' | 'calendar' | 'retry' | 'watch' | 'coolDownMs'>,
  ) {
    const { then = 'promote', calendar = {}, retry, watch, coolDownMs = 0 } = options;
    this.#rules = { ...rules, guards: guardRules(options), then, calendar, retry, watch, coolDownMs };
  }

  start(now: number, scope: Scope, attempt = 1): RampState {
    return startOf(this.#rules, now, scope, attempt);
  }

  step(own: RampState, signal: Signal, view: View, scope: Scope): Transition<RampState> {
    const rules = this.#rules;
    const { name } = rules;
    switch (signal.type) {
      case 'tick':
        return tick(rules, own, view, scope);
      case 'settled': {
        const learnt = withCheck(this.#gates(own), own, signal, view.now, scope);
        return learnt === undefined ? stay(own) : { state: learnt.own, notices: learnt.notices };
      }
      case 'promote':
        return this.#promote(own, signal, view, scope);
      case 'rollback':
        return rollBack(rules, own, signal, view, scope);
      case 'pause':
        if (own.phase !== 'ramping') return refuse(own, `nothing ramps: ${name} is ${own.phase}`);
        return move({ ...own, phase: 'paused' }, scope, 'ramping', 'paused', `paused by ${signal.by}`);
      case 'resume':
        if (own.phase === 'paused')
          return move({ ...own, phase: 'ramping' }, scope, 'paused', 'ramping', `resumed by ${signal.by}`);
        if (own.phase === 'rolled-back') return restart(rules, own, signal, view, scope);
        return refuse(own, `nothing is paused: ${name} is ${own.phase}`);
      case 'reset':
        return restart(rules, own, signal, view, scope);
      case 'approve':
      case 'reject':
        return this.#answer(own, signal, view, scope);
      default:
        return stay(own);
    }
  }

  /** The checks that the gates of the stage wait for. */
  tasks(own: RampState, scope: Scope): readonly Task[] {
    return gateTasks(this.#gates(own), own, scope);
  }

  /** The parts of a status that are the ramp's. */
  status(own: RampState): Pick<Status<string>, 'phase' | 'settled' | 'shares' | 'waitingFor' | 'detail'> {
    const { arm, control } = this.#rules;
    const { stage, attempt, since, why } = own;
    const settled = own.phase === 'promoted' || own.phase === 'rolled-back' ? own.phase : undefined;
    return {
      phase: statusPhases[own.phase],
      ...(settled !== undefined && { settled }),
      shares: { [arm]: own.share, [control]: 1 - own.share },
      waitingFor: settled === undefined ? [...this.#waitingFor(own), ...heldWords(own)] : [],
      detail: { stage, attempt, since, why, ...guardDetail(own) },
    };
  }

  #waitingFor(own: RampState): readonly string[] {
    if (own.phase === 'paused') return ['resume()'];
    if (own.phase === 'kept') return ['promote()'];
    if (own.phase === 'watching') return [`watch of ${this.#rules.watch?.forMs ?? 0} ms`];
    return stageWaits(stageOf(this.#rules, own));
  }

  #gates(own: RampState): readonly Gate[] {
    return own.phase === 'ramping' ? stageOf(this.#rules, own).gates : [];
  }

  #promote(own: RampState, { arm, by }: Command & { readonly type: 'promote' }, view: View, scope: Scope) {
    const { arm: growing, control } = this.#rules;
    if (own.phase === 'promoted') return refuse(own, `the ${growing} is promoted already`);
    if (arm !== undefined && arm !== growing)
      return refuse(own, `only the ${growing} can be promoted, not '${arm}'; rollback() leads to the ${control}`);
    const why = barred(own);
    if (why !== undefined) return refuse(own, why);
    const next = withGuard(own, { promotedBy: by, held: undefined });
    return to(next, 'promoted', 1, `promoted by ${by}`, view, scope);
  }

  #answer(own: RampState, command: Command, view: View, scope: Scope): Transition<RampState> {
    const at = own.phase === 'ramping' ? own.stage : own.phase;
    const asks = (approval: Approval) => this.#asks(own, approval, view);
    const back = (rollback: Rollback) => rollBack(this.#rules, own, rollback, view, scope);
    return answered(own, command, { at, asks, back }, view, scope);
  }

  #asks(own: RampState, approval: Approval, view: View): boolean {
    if (own.phase !== 'ramping') return false;
    if (progressOf(this.#rules, own, view).waitingFor.includes('approval')) return true;
    return asksForApproval(this.#gates(own), gateJudgedOf(this.#rules, own, view), approval);
  }
}
