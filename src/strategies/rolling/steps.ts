import type { Guardrail, Verdict } from '../../analysis/verdict.js';
import type { Json } from '../../core/json.js';
import { newAttempt, newEpoch } from '../attempt.js';
import { move, refuse, stay } from '../children.js';
import { judgedIn, machineRollback, rollbackFor, verdictFacts, verdictsOf } from '../judging.js';
import type { Command, Notice, Scope, Signal, Transition, View } from '../strategy.js';
import { advance, lateOnes } from './advance.js';
import { type Fleet, withEdits } from './fleet.js';
import { aged, failed, joined, succeeded, turned, workAgain } from './member-moves.js';
import { type RollingState, memberOf, newMember, servesAlike, stableOf, targetOf, withMember } from './state.js';
import { failureWords, instanceOfTask } from './tasks.js';
import { progressOf, waitingOf } from './words.js';

/** What the steps are made by. */
export interface StepRules {
  readonly fleet: Fleet;
  readonly guardrails: readonly Guardrail[];
  /** A failed check and a passed deadline reverse the roll-out, instead of pausing it. */
  readonly reverses: boolean;
}

type Moved = Transition<RollingState>;

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
        return this.#resume(own, signal.by, view, scope);
      case 'reset':
        if (own.phase === 'promoted') return refuse(own, 'every instance is updated: rollback() first');
        return this.#restart(own, signal.by, view, scope);
      default:
        return refuse(own, 'no approval is waited for');
    }
  }

  #tick(own: RollingState, view: View, scope: Scope): Moved {
    const { guardrails, fleet } = this.#rules;
    const isJudged = own.phase === 'rolling' && !own.hurried;
    const verdicts = isJudged ? verdictsOf(guardrails, judgedIn(view, own, 'to', 'from')) : [];
    const look = { node: scope.id, verdicts };
    const rollback = rollbackFor(verdicts, own, scope);
    if (rollback !== undefined) return { ...stay(own, look), urgent: [rollback] };
    const edited = withEdits(fleet, own, view.now);
    const present = withoutGone(fleet, edited, view.now);
    const members = aged(fleet, present.members, targetOf(own), view.now, own.hurried);
    const older = members === present.members ? present : { ...present, members };
    const overdue = lateOnes(older).filter((name) => memberOf(own.members, name)?.late !== true);
    const moved = this.#onwards(own, older, view, scope, verdicts);
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
    const goesBack = this.#rules.reverses && own.phase === 'rolling';
    const halted = { ...changed, why, ...(!goesBack && own.halted === 'no' && { halted: 'failed' as const }) };
    return this.#told(this.#onwards(own, halted, view, scope), 'task-failed', why, scope);
  }

  /** A failure, told; and the way back where the options say so. */
  #told(moved: Moved, alert: 'task-failed' | 'deadline', why: string, scope: Scope): Moved {
    const { state } = moved;
    const data = { alert, severity: 'warning', why, attempt: state.attempt };
    const notices: readonly Notice[] = [...moved.notices, { type: 'alert', node: scope.id, data }];
    if (!this.#rules.reverses || state.phase !== 'rolling') return { ...moved, notices };
    return { ...moved, notices, urgent: [machineRollback('onFailure', why, state, scope)] };
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
    const finishing = { ...this.#unhalted(own, view.now), phase, hurried: true, why };
    return this.#withMove(own, finishing, 'finishing', why, view, scope);
  }

  #rollBack(own: RollingState, command: Command & { readonly type: 'rollback' }, view: View, scope: Scope): Moved {
    if (own.phase === 'rolled-back') return refuse(own, 'every instance is back already');
    if (own.phase === 'reversing' && own.halted === 'no') return refuse(own, 'the roll-out is reversing already');
    const why = `${command.reason} (${command.by})`;
    const members = turned(this.#rules.fleet, own.members, 'from', view.now);
    const back: RollingState = { ...own, phase: 'reversing', halted: 'no', hurried: false, members, why };
    return this.#withMove(own, back, 'reversing', why, view, scope);
  }

  #resume(own: RollingState, by: string, view: View, scope: Scope): Moved {
    if (own.phase === 'rolled-back') return this.#restart(own, by, view, scope);
    const isLate = lateOnes(own).some((name) => memberOf(own.members, name)?.present === false);
    if (own.halted === 'no' && !isLate) return refuse(own, `nothing is paused: the roll-out is ${said(own)}`);
    return this.#withMove(own, this.#unhalted(own, view.now), own.phase, `resumed by ${by}`, view, scope);
  }

  #restart(own: RollingState, by: string, view: View, scope: Scope): Moved {
    const why = `a new attempt by ${by}`;
    const members = turned(this.#rules.fleet, own.members, 'to', view.now);
    const fresh = newAttempt(view.now, scope, own.attempt + 1);
    const next: RollingState = { ...own, ...fresh, phase: 'rolling', halted: 'no', hurried: false, members, why };
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

/** Replicas that have been away for longer than the deadline, and were not being worked on, were taken out by somebody. */
function withoutGone({ instances, deadlineMs }: Fleet, own: RollingState, now: number): RollingState {
  if (instances !== undefined) return own;
  const isGone = ({ present, phase, since }: RollingState['members'][string]) =>
    !present && (phase === 'serving' || phase === 'settling') && now - since >= deadlineMs;
  const entries = Object.entries(own.members);
  const left = entries.filter(([, member]) => !isGone(member));
  return left.length === entries.length ? own : { ...own, members: Object.fromEntries(left) };
}

function said({ phase, halted }: RollingState): string {
  return halted === 'no' ? phase : `${phase}, and ${halted === 'paused' ? 'paused' : 'halted by a failure'}`;
}
