import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/core/json.js';
import { type Check, flag } from '../../src/core/options.js';
import type { Plan } from '../../src/plan/plan.js';
import { type Attempt, newAttempt, stateCheck } from '../../src/strategies/attempt.js';
import { Below } from '../../src/strategies/below.js';
import { Canary } from '../../src/strategies/canary.js';
import { Composite, type Tree, stay } from '../../src/strategies/children.js';
import { rootScope } from '../../src/strategies/scope.js';
import type { Branch, Scope, Signal, Status, Strategy, Task, Transition, View } from '../../src/strategies/strategy.js';
import { Drive, dial } from './drive.js';
import { fakeView } from './view.js';

const canary = (options: object = {}) => new Canary({ baseline: 'v1', candidate: 'v2', ...options });

function belowOf(strategies: Readonly<Record<string, Strategy>>, revision = 1) {
  const scope = rootScope('root', revision);
  const scopeOf = (arm: string) => scope.child(arm);
  const states = Object.fromEntries(
    Object.entries(strategies).map(([arm, strategy]) => [arm, strategy.init(0, scopeOf(arm))]),
  );
  const strata = [{ node: 'root/a', cells: { candidate: { outcomes: 1 } } }];
  const view = fakeView({ now: 70_000, node: 'root', strata });
  return { states, below: new Below({ strategies, states, view, scopeOf }) };
}

describe('the strategies below, during one reduction', () => {
  test('are the same states while nothing moves, and others stay when one does', () => {
    const { states, below } = belowOf({ a: canary(), b: canary() });
    below.send('a', { type: 'joined', instance: 'x' });
    expect(below.states).toBe(states);
    expect(below.order('a', { type: 'promote', by: 'ann' })).toBeUndefined();
    expect(below.states).not.toBe(states);
    expect(below.states['b']).toBe(states['b']);
    expect(Object.keys(below.states)).toEqual(['a', 'b']);
    expect(below.status('a')).toMatchObject({ node: 'root/a', settled: 'promoted' });
    expect(below.status('b')).toMatchObject({ node: 'root/b', phase: 'running' });
  });

  test('get orders with their own address, and say why they refuse', () => {
    const { below } = belowOf({ a: canary() });
    expect(below.order('a', { type: 'approve', by: 'ann', node: 'somewhere else' })).toBe('no approval is waited for');
    expect(below.notices).toEqual([]);
    below.order('a', { type: 'pause', by: 'ann' });
    expect(below.notices.map(({ node }) => node)).toEqual(['root/a']);
  });

  test('build on what has moved already', () => {
    const { below } = belowOf({ a: canary() });
    below.order('a', { type: 'pause', by: 'ann' });
    expect(below.order('a', { type: 'pause', by: 'ann' })).toBe('nothing ramps: the canary is paused');
  });

  test('are shown their own evidence, and what they say is kept', () => {
    const rule = dial('errors', 'fail');
    const { below } = belowOf({ a: canary({ guardrails: [rule] }) });
    below.send('a', { type: 'tick' });
    expect(rule.asked[0]?.strata.map(({ node }) => node)).toEqual(['root/a']);
    expect(below.urgent).toMatchObject([{ type: 'rollback', node: 'root/a', attempt: 1 }]);
    expect(below.verdicts).toMatchObject([{ node: 'root/a', verdicts: [{ rule: 'errors' }] }]);
  });

  test('can be started anew, with the time of the view and the number of an attempt for all below', () => {
    const { below } = belowOf({ a: new Canary({ baseline: 'v1', candidate: canary() }), b: canary() }, 7);
    below.order('a', { type: 'promote', by: 'ann' });
    below.start('a', 3);
    const fresh = { attempt: 3, epoch: 7, firstEpoch: 7, since: 70_000, phase: 'ramping' };
    expect(below.states['a']).toMatchObject({ own: fresh, children: { candidate: { own: fresh } } });
    expect(below.states['b']).toMatchObject({ own: { attempt: 1 } });
    expect([below.attempt('a'), below.attempt('b')]).toEqual([3, 1]);
  });

  test('know the highest attempt of a whole branch', () => {
    const { below } = belowOf({ a: new Canary({ baseline: 'v1', candidate: canary() }) });
    below.send('a', { type: 'reset', by: 'ann', node: 'root/a/candidate' });
    expect(below.attempt('a')).toBe(2);
    below.send('a', { type: 'reset', by: 'ann', node: 'root/a' });
    below.send('a', { type: 'reset', by: 'ann', node: 'root/a' });
    expect(below.attempt('a')).toBe(3);
  });

  test.each([
    [5, 0],
    [null, 0],
    [[3], 0],
    [{ own: 5 }, 0],
    [{ own: { attempt: '7' }, children: 5 }, 0],
    [{ attempt: 7 }, 0],
    [{ own: { attempt: 2 }, children: { x: { own: { attempt: 4 } }, y: 9 } }, 4],
  ] as [Json, number][])('read %j as attempt %i, whatever layout a strategy keeps', (state, attempt) => {
    const view = fakeView();
    const below = new Below({ strategies: {}, states: { a: state }, view, scopeOf: rootScope('root', 1).child });
    expect(below.attempt('a')).toBe(attempt);
  });

  test('must be there', () => {
    const { below } = belowOf({ a: canary() });
    expect(() => below.send('b', { type: 'tick' })).toThrow("The state of the arm 'b' is missing.");
    expect(() => below.start('toString', 1)).toThrow("There is no strategy 'toString' below.");
  });
});

type PickState = Attempt & { readonly first: boolean };

/** A composite of which one child rests, and whose children inherit its salt. */
class Pick extends Composite<string, string, PickState> {
  readonly kind = 'pick';
  protected readonly ownCheck: Check = stateCheck({ first: flag });
  /** What a step does with the children, set by the test. */
  act: (below: Below<string>) => void = () => undefined;

  constructor(branches: Readonly<Record<string, Branch>>) {
    super(branches, []);
  }

  protected start(now: number, scope: Scope, attempt = 1): PickState {
    return { ...newAttempt(now, scope, attempt), first: true };
  }

  protected override liveArms({ first }: PickState): readonly string[] {
    return first ? ['a'] : ['b'];
  }

  protected override childScope(arm: string, scope: Scope): Scope {
    return scope.child(arm, { salt: 'inherit' });
  }

  protected step(own: PickState, _signal: Signal, _view: View, _scope: Scope, below: Below<string>) {
    this.act(below);
    return stay(own);
  }

  protected override ownTasks(_own: PickState, { id }: Scope): readonly Task[] {
    return [taskOf(id)];
  }

  plan(state: Tree<PickState>, scope: Scope): Plan<string> {
    return this.branchPlan('a', state, scope);
  }

  status(state: Tree<PickState>, scope: Scope): Status<string> {
    const stable = this.stableOf('a', state, scope);
    const children = this.childStatuses(state, scope);
    return { node: scope.id, kind: this.kind, phase: 'running', stable, shares: {}, waitingFor: [], children };
  }
}

function taskOf(node: string): Task {
  return { id: node, node, name: 'task', where: 'fleet', timeoutMs: 1, run: () => Promise.resolve() };
}

class Tasked extends Canary<'v1', 'v2'> {
  readonly seen: Signal[] = [];

  protected override ownTasks(_own: never, { id }: Scope): readonly Task[] {
    return [taskOf(id)];
  }

  protected override step(own: never, signal: Signal, view: View, scope: Scope): Transition<never> {
    this.seen.push(signal);
    return super.step(own, signal, view, scope) as Transition<never>;
  }
}

describe('a strategy that lets some of its children rest', () => {
  const picked = () => {
    const a = new Tasked({ baseline: 'v1', candidate: 'v2' });
    const b = new Tasked({ baseline: 'v1', candidate: 'v2' });
    const pick = new Pick({ a, b });
    return { a, b, pick, drive: new Drive(pick) };
  };

  test('gives them no signals and has no tasks of theirs', () => {
    const { a, b, drive } = picked();
    for (const signal of [
      { type: 'tick' },
      { type: 'joined', instance: 'i' },
      { type: 'left', instance: 'i' },
    ] as const)
      drive.send(signal);
    expect([a.seen.length, b.seen.length]).toEqual([3, 0]);
    expect(drive.tasks().map(({ id }) => id)).toEqual(['root/a', 'root']);
  });

  test('refuses what is addressed to them', () => {
    const { b, drive } = picked();
    const before = drive.state;
    for (const node of ['root/b', 'root/b/deep'])
      expect(drive.order('promote', { node })).toBe("'b' is not active in 'root'");
    expect(drive.order('promote', { node: 'root/bb' })).toBe("there is no node 'root/bb' under 'root'");
    drive.send({ type: 'settled', task: 't', node: 'root/b', ok: true, detail: null });
    expect(drive.state).toBe(before);
    expect(b.seen).toEqual([]);
    expect(drive.order('promote', { node: 'root/a' })).toBeUndefined();
  });

  test('gives all of them the scope that it wants, everywhere', () => {
    const { drive } = picked();
    expect(drive.plan()).toMatchObject({ node: 'root/a', salt: 'root' });
    expect(drive.status().children.map(({ node }) => node)).toEqual(['root/a', 'root/b']);
  });

  test('moves them in a step of its own, whose words come after theirs', () => {
    const { pick, drive } = picked();
    pick.act = (below) => {
      below.order('b', { type: 'rollback', by: 'the parent', reason: 'a test' });
    };
    const before = drive.state;
    const { notices } = drive.send({ type: 'promote', by: 'ann', node: 'root' });
    expect(notices.map(({ node, data }) => [node, data.to])).toEqual([['root/b', 'rolled-back']]);
    expect(drive.state.own).toBe(before.own);
    expect(drive.state.children['a']).toBe(before.children['a']);
    expect(drive.state.children['b']).toMatchObject({ own: { phase: 'rolled-back' } });
  });

  test('begins with any attempt, and so do all below', () => {
    const { pick } = picked();
    const scope = rootScope('root', 1);
    expect(pick.init(0, scope, 4)).toMatchObject({
      own: { attempt: 4 },
      children: { a: { own: { attempt: 4 } }, b: { own: { attempt: 4 } } },
    });
    expect(pick.init(0, scope)).toMatchObject({ own: { attempt: 1 }, children: { a: { own: { attempt: 1 } } } });
  });
});
