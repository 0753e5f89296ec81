import type { Verdict } from '../../analysis/verdict.js';
import type { Json } from '../../core/json.js';
import { newAttempt, newEpoch } from '../attempt.js';
import { move, refuse, stay } from '../children.js';
import { alertOf } from '../alerts.js';
import { carried, withGuard, withoutGuard } from '../guard.js';
import { type GuardRules, type Guarded, answered, barred, guard, rollbackOf, rolledBack } from '../guarding.js';
import { judgedIn, machineRollback, verdictFacts } from '../judging.js';
import type { Command, Notice, Rollback, Scope, Signal, Transition, View } from '../strategy.js';
import { advance, lateOnes } from './advance.js';
import { type Fleet, withEdits, withoutGone } from './fleet.js';
import { aged, failed, joined, succeeded, turned, workAgain } from './member-moves.js';
import { type RollingState, memberOf, newMember, servesAlike, stableOf, targetOf, withMember } from './state.js';
import { failureWords, instanceOfTask } from './tasks.js';
import { progressOf, said, waitingOf } from './words.js';

/** What the steps are made by. */
export interface StepRules {
  readonly fleet: Fleet;
  readonly guards: GuardRules;
  /** A failed check and a passed deadline reverse the roll-out, instead of pausing it. */
  readonly reverses: boolean;
}

type Moved = Transition<RollingState>;
type Again = Command & { readonly type: 'resume' | 'reset' };

/** What signals do to a rolling update. */
export class RollingSteps {
  readonly #rules: StepRules;

  constructor(rules: StepRules) {
    this.#rules = rules;
  }

  step(own: RollingState, signal: Signal, view: View, scope: Scope): Moved {
    switch (signal.type) {
      case 'tick':
        return this.#tick(own, view, scope);
      case 'settled':
        return this.#settled(own, signal, view, scope);
      case 'joined':
        return this.#joined(own, signal.instance, view, scope);
      case 'left':
        return this.#left(own, signal.instance, view, scope);
      case 'promote':
        return this.#promote(own, signal, view, scope);
      case 'rollback':
        return this.#rollBack(own, signal, view, scope);
      case 'pause': {
        const rolls = own.phase === 'waiting' || own.phase === 'rolling' || own.phase === 'reversing';
        if (!rolls || own.halted !== 'no') return refuse(own, `nothing moves: the roll-out is ${said(own)}`);
        return move({ ...own, halted: 'paused' }, scope, own.phase, 'paused', `paused by ${signal.by}`);
      }
      case 'resume':
        return this.#resume(own, signal, view, scope);
      case 'reset':
        if (own.phase === 'promoted') return refuse(own, 'every instance is updated: rollback() first');
        return this.#restart(own, signal, view, scope);
      default:
        return answered(own, signal, this.#question(own, view, scope), view, scope);
    }
  }

  #tick(own: RollingState, view: View, scope: Scope): Moved {
    const { fleet } = this.#rules;
    const guarded = this.#guarded(own, view, scope);
    const { verdicts } = guarded;
    const look = { node: scope.id, verdicts, ...guarded.ledger };
    const [stop] = guarded.stops;
    if (stop !== undefined) {
      const { own: state, notices } = guarded;
      return { state, notices, verdicts: [look], urgent: [rollbackOf(stop, own, scope)] };
    }
    const edited = withEdits(fleet, guarded.own, view.now);
    const present = withoutGone(fleet, edited, view.now);
    const members = aged(fleet, present.members, targetOf(own), view.now, own.hurried);
    const older = members === present.members ? present : { ...present, members };
    const overdue = lateOnes(older).filter((name) => memberOf(own.members, name)?.late !== true);
    const onwards = this.#onwards(own, older, view, scope, verdicts);
    const moved = { ...onwards, notices: [...guarded.notices, ...onwards.notices] };
    const waits = moved.state === own ? { ...look, waitingFor: waitingOf(fleet, own) } : look;
    if (overdue.length === 0) return { ...moved, verdicts: [waits] };
    const why = overdue.map((name) => `${name}: ${memberOf(members, name)?.why}`).join('; ');
    const failure = this.#told(moved, 'deadline', `passed the deadline of ${fleet.deadlineMs} ms: ${why}`, scope);
    return { ...failure, verdicts: [waits] };
  }

  #settled(own: RollingState, signal: Signal & { readonly type: 'settled' }, view: View, scope: Scope): Moved {
    const { fleet } = this.#rules;
    const name = instanceOfTask(own, signal.task, scope);
    const member = name === undefined ? undefined : memberOf(own.members, name);
    if (name === undefined || member === undefined) return stay(own);
    const next = signal.ok
      ? succeeded(fleet, member, targetOf(own), view.now, own.hurried)
      : failed(member, failureWords(signal), view.now);
    const changed = { ...own, members: withMember(own.members, name, next) };
    if (next.phase !== 'failed') return this.#onwards(own, changed, view, scope);
    const why = `the check of ${name} failed: ${next.why}`;
    const goesBack = this.#mayReverse(own);
    const halted = { ...changed, why, ...(!goesBack && own.halted === 'no' && { halted: 'failed' as const }) };
    return this.#told(this.#onwards(own, halted, view, scope), 'task-failed', why, scope);
  }

  /** A failure, told; and the way back where the options say so. */
  #told(moved: Moved, alert: 'task-failed' | 'deadline', why: string, scope: Scope): Moved {
    const { state } = moved;
    const notices = [...moved.notices, alertOf(alert, why, state, scope)];
    if (!this.#mayReverse(state)) return { ...moved, notices };
    return { ...moved, notices, urgent: [machineRollback('onFailure', why, state, scope)] };
  }

  /** Not what a person has promoted: that only pauses, and a person says what becomes of it. */
  #mayReverse({ phase, guard: latches }: RollingState): boolean {
    return this.#rules.reverses && phase === 'rolling' && latches?.promotedBy === undefined;
  }

  #guarded(own: RollingState, view: View, scope: Scope): Guarded<RollingState> {
    if (own.phase !== 'rolling') return { own, notices: [], verdicts: [], ledger: {}, stops: [] };
    return guard(this.#rules.guards, own, [judgedIn(view, own, 'to', 'from')], view, scope);
  }

  /** Only a guardrail that holds waits for an approval. */
  #question(own: RollingState, view: View, scope: Scope) {
    return {
      at: own.phase,
      asks: () => false,
      back: (command: Rollback) => this.#rollBack(own, command, view, scope),
    };
  }

  #joined(own: RollingState, name: string, view: View, scope: Scope): Moved {
    const { fleet } = this.#rules;
    if (fleet.instances !== undefined) return stay(own);
    const known = memberOf(own.members, name);
    const member =
      known === undefined
        ? newMember(stableOf(own), 'serving', view.now)
        : joined(fleet, known, targetOf(own), view.now);
    if (member === known) return stay(own);
    const members = withMember(own.members, name, member);
    return this.#onwards(own, { ...own, members, joinedAt: Math.floor(view.now) }, view, scope);
  }

  #left(own: RollingState, name: string, view: View, scope: Scope): Moved {
    const member = memberOf(own.members, name);
    if (this.#rules.fleet.instances !== undefined || member === undefined || !member.present) return stay(own);
    const away = { ...member, present: false, since: Math.floor(view.now) };
    const members = withMember(own.members, name, away);
    return this.#onwards(own, { ...own, members, joinedAt: Math.floor(view.now) }, view, scope);
  }

  #promote(own: RollingState, command: Command & { readonly type: 'promote' }, view: View, scope: Scope): Moved {
    if (command.arm !== undefined && command.arm !== 'to')
      return refuse(own, `only 'to' can be promoted, not '${command.arm}'; rollback() leads to 'from'`);
    if (own.phase === 'promoted') return refuse(own, 'every instance is updated already');
    if (targetOf(own) === 'from') return refuse(own, `the roll-out is ${said(own)}: reset() first`);
    if (own.hurried && own.halted === 'no') return refuse(own, 'it finishes already');
    const why = `promoted by ${command.by}`;
    const phase = own.phase === 'waiting' ? ('rolling' as const) : own.phase;
    const promoted = withGuard(this.#unhalted(own, view.now), { promotedBy: command.by, held: undefined });
    const finishing = { ...promoted, phase, hurried: true, why };
    return this.#withMove(own, finishing, 'finishing', why, view, scope);
  }

  #rollBack(own: RollingState, command: Rollback, view: View, scope: Scope): Moved {
    if (own.phase === 'rolled-back') return refuse(own, 'every instance is back already');
    if (own.phase === 'reversing' && own.halted === 'no') return refuse(own, 'the roll-out is reversing already');
    const members = turned(this.#rules.fleet, own.members, 'from', view.now);
    return rolledBack(own, command, view, scope, (fallen, why) => {
      const back: RollingState = { ...fallen, phase: 'reversing', halted: 'no', hurried: false, members, why };
      return this.#withMove(own, back, 'reversing', why, view, scope);
    });
  }

  #resume(own: RollingState, command: Again, view: View, scope: Scope): Moved {
    if (own.phase === 'rolled-back') return this.#restart(own, command, view, scope);
    const isLate = lateOnes(own).some((name) => memberOf(own.members, name)?.present === false);
    if (own.halted === 'no' && !isLate) return refuse(own, `nothing is paused: the roll-out is ${said(own)}`);
    return this.#withMove(own, this.#unhalted(own, view.now), own.phase, `resumed by ${command.by}`, view, scope);
  }

  #restart(own: RollingState, { by, override }: Again, view: View, scope: Scope): Moved {
    const bar = barred(own, override);
    if (bar !== undefined) return refuse(own, bar);
    const why = `a new attempt by ${by}`;
    const members = turned(this.#rules.fleet, own.members, 'to', view.now);
    const fresh = newAttempt(view.now, scope, own.attempt + 1);
    const said = {
      ...withoutGuard(own),
      ...fresh,
      phase: 'rolling',
      halted: 'no',
      hurried: false,
      members,
      why,
    } as const;
    const next: RollingState = carried<RollingState>(said, own);
    return this.#withMove(own, next, 'rolling', why, view, scope, { attempt: next.attempt });
  }

  /** Failed instances are tried again, and replicas that are gone are waited for no longer: a person has decided. */
  #unhalted(own: RollingState, now: number): RollingState {
    const { fleet } = this.#rules;
    const version = targetOf(own);
    const kept = Object.entries(own.members).filter(([, { late, present }]) => present || !late);
    const members = kept.map(([name, member]) => {
      return [name, member.phase === 'failed' ? workAgain(fleet, member, version, now) : member] as const;
    });
    return { ...own, members: Object.fromEntries(members), halted: 'no' };
  }

  #withMove(
    own: RollingState,
    next: RollingState,
    to: string,
    why: string,
    view: View,
    scope: Scope,
    facts: Record<string, Json> = {},
  ): Moved {
    const ordered = move(next, scope, own.halted === 'no' ? own.phase : own.halted, to, why, facts);
    const moved = this.#onwards(own, next, view, scope);
    return { ...moved, notices: [...ordered.notices, ...moved.notices.filter(({ data }) => data.to !== to)] };
  }

  /** What may begin after a change, the epoch that it opens, and what is told of it. */
  #onwards(
    own: RollingState,
    changed: RollingState,
    view: View,
    scope: Scope,
    verdicts: readonly Verdict[] = [],
  ): Moved {
    const { fleet } = this.#rules;
    const { own: next, begun } = advance(fleet, changed, view.now);
    if (next === own) return stay(own);
    const isSame = servesAlike(own.members, next.members) && own.attempt === next.attempt && own.phase === next.phase;
    const state = isSame ? next : { ...next, ...newEpoch(view.now, scope) };
    const notices: Notice[] = [];
    const add = (from: string, to: string, why: string, facts: Record<string, Json> = {}) =>
      void notices.push(...move(state, scope, from, to, why, facts).notices);
    const { done, of } = progressOf(fleet, state);
    const progress = `${done} of ${of} instances are done`;
    if (begun.length > 0) add(own.phase, state.phase, `${begun.join(', ')} begin; ${progress}`, { instances: begun });
    else if (state.phase !== own.phase) add(own.phase, state.phase, state.why, verdictFacts(verdicts));
    return { state, notices };
  }
}
