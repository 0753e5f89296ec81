import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import type { Json } from '../../src/core/json.js';
import type { Issue } from '../../src/core/errors.js';
import { type Check, flag } from '../../src/core/options.js';
import type { Plan } from '../../src/plan/plan.js';
import { type Attempt, newAttempt, stateCheck } from '../../src/strategies/attempt.js';
import {
  Composite,
  type Tree,
  armNameCheck,
  branchCheck,
  isStrategy,
  move,
  refuse,
  stay,
} from '../../src/strategies/children.js';
import { rootScope } from '../../src/strategies/scope.js';
import type { Branch, Scope, Signal, Status, Strategy, Task, Transition, View } from '../../src/strategies/strategy.js';
import { Drive } from './drive.js';
import { fakeView } from './view.js';

type ProbeState = Attempt & { readonly moved: boolean };

const log: string[] = [];

/** A composite that writes down what it is told, and moves when it is told to promote or a task has ended. */
class Probe extends Composite<string, string, ProbeState> {
  readonly kind = 'probe';
  readonly arms: readonly string[];
  protected readonly ownCheck: Check = stateCheck({ moved: flag });

  constructor(branches: Readonly<Record<string, Branch>>, metrics: readonly string[] = [], shape?: Json) {
    super(branches, metrics, shape);
    this.arms = Object.keys(branches);
  }

  protected start(now: number, scope: Scope): ProbeState {
    return { ...newAttempt(now, scope), moved: false };
  }

  protected step(own: ProbeState, signal: Signal, view: View, scope: Scope): Transition<ProbeState> {
    log.push(`${scope.id} ${signal.type} ${view.evidence().length}`);
    if (signal.type === 'pause') return refuse(own, `${scope.id} does not pause`);
    if (signal.type !== 'promote' && signal.type !== 'settled') {
      const urgent = { type: 'rollback', by: scope.id, reason: 'x', node: scope.id, attempt: 1 } as const;
      return { ...stay(own, { node: scope.id, verdicts: [] }), ...(signal.type === 'tick' && { urgent: [urgent] }) };
    }
    return own.moved ? stay(own) : move({ ...own, moved: true }, scope, 'a', 'b', `${scope.id} moved`, { n: 1 });
  }

  protected override ownTasks(_own: ProbeState, scope: Scope): readonly Task[] {
    return [{ id: scope.id, node: scope.id, name: 'work', where: 'fleet', timeoutMs: 1, run: () => Promise.resolve() }];
  }

  plan(state: Tree<ProbeState>, scope: Scope): Plan<string> {
    const arms = this.arms.map((arm) => ({ arm, share: 1, plan: this.branchPlan(arm, state, scope) }));
    return { op: 'split', node: scope.id, epoch: 1, salt: scope.salt, arms, cuts: [], missing: 'draw', counts: true };
  }

  status(state: Tree<ProbeState>, scope: Scope): Status<string> {
    const stable = this.stableOf(this.arms[0] ?? 'none', state, scope);
    const children = this.childStatuses(state, scope);
    return { node: scope.id, kind: 'probe', phase: 'running', stable, shares: {}, waitingFor: [], children };
  }
}

const leaf = (model: string) => new Probe({ only: model });
const tree = () => new Probe({ a: new Probe({ deep: leaf('v1'), flat: 'v2' }), ab: leaf('v3'), plain: 'v4' });

function told(signal: Signal): readonly string[] {
  const drive = new Drive(tree());
  log.length = 0;
  drive.send(signal);
  return [...log];
}

const everybody = ['root/a/deep', 'root/a', 'root/ab', 'root'];

describe('a signal', () => {
  test('that is a tick goes to everybody, children first', () => {
    expect(told({ type: 'tick' })).toEqual(everybody.map((node) => `${node} tick 0`));
  });

  test.each(['joined', 'left'] as const)('of an instance that has %s goes to everybody', (type) => {
    expect(told({ type, instance: 'pod' })).toEqual(everybody.map((node) => `${node} ${type} 0`));
  });

  test('that is a command goes to the root, unless it names a node', () => {
    expect(told({ type: 'promote', by: 'x' })).toEqual(['root promote 0']);
    for (const node of everybody) expect(told({ type: 'promote', by: 'x', node })).toEqual([`${node} promote 0`]);
  });

  test('that is the end of a task goes to its node', () => {
    const settled = { type: 'settled', task: 't', ok: true, detail: null } as const;
    expect(told({ ...settled, node: 'root/a/deep' })).toEqual(['root/a/deep settled 0']);
    expect(told({ ...settled, node: 'root' })).toEqual(['root settled 0']);
  });

  test.each([
    ['root/c', "there is no node 'root/c' under 'root'"],
    ['other', "there is no node 'other' under 'root'"],
    ['root/a/c', "there is no node 'root/a/c' under 'root/a'"],
    ['root/ab/only', "there is no node 'root/ab/only' under 'root/ab'"],
    ['', "there is no node '' under 'root'"],
  ])('for the unknown node %j is refused', (node, refused) => {
    const drive = new Drive(tree());
    const before = drive.state;
    expect(drive.send({ type: 'promote', by: 'x', node }).refused).toBe(refused);
    expect(drive.state).toBe(before);
  });
});

describe('a composite', () => {
  test('returns the same reference when nobody moved', () => {
    const drive = new Drive(tree());
    const before = drive.state;
    expect(drive.send({ type: 'tick' }).state).toBe(before);
    expect(drive.send({ type: 'pause', by: 'x' }).state).toBe(before);
  });

  test('replaces only what moved, and those above it', () => {
    const drive = new Drive(tree());
    const before = drive.state;
    drive.send({ type: 'promote', by: 'x', node: 'root/a/deep' });
    expect(drive.state).not.toBe(before);
    expect(drive.state.own).toBe(before.own);
    expect(drive.state.children['ab']).toBe(before.children['ab']);
    expect(drive.state.children).toMatchObject({
      a: { own: { moved: false }, children: { deep: { own: { moved: true } } } },
      ab: { own: { moved: false } },
    });
    expect(Object.keys(drive.state.children)).toEqual(['a', 'ab']);
    const moved = drive.state;
    drive.send({ type: 'promote', by: 'x' });
    expect(drive.state.own.moved).toBe(true);
    expect(drive.state.children).toBe(moved.children);
  });

  test('collects what everybody says, children first, and leaves out what nobody said', () => {
    const { urgent, verdicts, notices, refused } = new Drive(tree()).send({ type: 'tick' });
    expect(urgent?.map(({ node }) => node)).toEqual(everybody);
    expect(verdicts?.map(({ node }) => node)).toEqual(everybody);
    expect(notices).toEqual([]);
    expect(refused).toBeUndefined();
    const drive = new Drive(tree());
    expect(drive.send({ type: 'promote', by: 'x', node: 'root/ab' })).toStrictEqual({
      state: drive.state,
      notices: [{ type: 'transition', node: 'root/ab', data: { n: 1, from: 'a', to: 'b', why: 'root/ab moved' } }],
    });
    expect(drive.send({ type: 'pause', by: 'x', node: 'root/a' })).toEqual({
      state: drive.state,
      notices: [],
      refused: 'root/a does not pause',
    });
  });

  test('shows each node its own evidence', () => {
    const strategy = tree();
    const scope = rootScope('root', 2);
    const cells = { only: {} };
    const strata = [
      { cells, node: 'root/a' },
      { cells, node: 'root/a' },
      { cells, node: 'root/a/deep' },
    ];
    log.length = 0;
    strategy.reduce(strategy.init(0, scope), { type: 'tick' }, fakeView({ strata }), scope);
    expect(log).toEqual(['root/a/deep tick 1', 'root/a tick 2', 'root/ab tick 0', 'root tick 0']);
  });

  test('ignores a command that judged another attempt, but not the end of a task', () => {
    const drive = new Drive(tree());
    expect(drive.order('promote', { attempt: 2 })).toBe('attempt 2 was judged, and this is attempt 1');
    expect(drive.order('promote', { attempt: 2, node: 'root/ab' })).toBe('attempt 2 was judged, and this is attempt 1');
    drive.send({ type: 'settled', task: 't', node: 'root', ok: true, detail: null, attempt: 2 } as Signal);
    expect(drive.state.own.moved).toBe(true);
  });

  test('wants the tasks of everybody, and can do without those of a strategy that has none', () => {
    expect(new Drive(tree()).tasks().map(({ id }) => id)).toEqual(everybody);
    const { tasks: _, ...rest } = { ...leaf('v1'), tasks: 1 };
    const base = leaf('v1');
    const plain: Strategy = {
      ...rest,
      init: (now, scope) => base.init(now, scope),
      reduce: (state) => ({ state, notices: [] }),
      plan: () => ({ op: 'serve', model: 'v1' }),
      status: (state, scope) => base.status(base.restore(state), scope),
      restore: (json) => base.restore(json),
    };
    expect(new Drive(new Probe({ a: plain })).tasks().map(({ id }) => id)).toEqual(['root']);
  });

  test('nests plans, stable models and statuses', () => {
    const drive = new Drive(tree());
    expect(drive.plan()).toMatchObject({
      node: 'root',
      salt: 'root',
      arms: [
        {
          plan: {
            node: 'root/a',
            salt: 'root/a',
            arms: [{ plan: { node: 'root/a/deep' } }, { plan: { model: 'v2' } }],
          },
        },
        { plan: { node: 'root/ab' } },
        { plan: { op: 'serve', model: 'v4' } },
      ],
    });
    expect(drive.status()).toMatchObject({
      stable: 'v1',
      children: [
        { node: 'root/a', children: [{ node: 'root/a/deep', stable: 'v1' }] },
        { node: 'root/ab', stable: 'v3' },
      ],
    });
  });

  test('names each model and metric once', () => {
    const strategy = new Probe({ a: new Probe({ x: 'v1', y: 'v2' }, ['m', 'n']), b: 'v1', c: 'v3' }, ['n', 'o', 'o']);
    expect(strategy.models).toEqual(['v1', 'v2', 'v3']);
    expect(strategy.metrics).toEqual(['n', 'o', 'm']);
    expect(Object.keys(strategy.children)).toEqual(['a']);
  });

  test('has a shape of arms and where they lead, and what its strategy adds', () => {
    expect(tree().shape).toEqual([
      ['a', { kind: 'probe' }],
      ['ab', { kind: 'probe' }],
      ['plain', 'v4'],
    ]);
    expect(new Probe({ a: 'v1' }, [], ['more']).shape).toEqual([[['a', 'v1']], ['more']]);
  });

  test('takes arms of any name, whatever objects inherit', () => {
    const hostile = Object.fromEntries([
      ['__proto__', leaf('v1')],
      ['constructor', leaf('v2')],
      ['toString', 'v3'],
    ]);
    const drive = new Drive(new Probe(hostile));
    drive.order('promote', { node: 'root/__proto__' });
    drive.order('promote', { node: 'root/constructor' });
    const stored = JSON.parse(JSON.stringify(drive.state)) as Json;
    const back = drive.strategy.restore(stored);
    expect(JSON.stringify(back)).toBe(JSON.stringify(drive.state));
    expect(Object.values(back.children)).toMatchObject([{ own: { moved: true } }, { own: { moved: true } }]);
    expect(drive.status().stable).toBe('v1');
    expect(Object.getPrototypeOf(back.children)).toBe(Object.prototype);
  });

  test('says so when it is asked for an arm that it does not have', () => {
    const none = new Drive(new Probe({}));
    expect(() => none.status()).toThrow("A probe has no arm 'none'.");
    const inherited = new Probe({ constructor: 'v1' });
    expect(() => inherited.status({ own: none.state.own, children: {} }, none.scope)).not.toThrow();
  });
});

describe('a stored tree', () => {
  const strategy = tree();
  const { state } = new Drive(strategy);

  test('is restored with all below it', () => {
    const back = strategy.restore(JSON.parse(JSON.stringify(state)));
    expect(back).toEqual(state);
  });

  test('loses what no strategy is there for', () => {
    const more = { own: state.own, children: { ...state.children, gone: 1 } };
    expect(strategy.restore(more)).toEqual(state);
  });

  test.each([
    [null, 'it is not an object'],
    [[], 'it is not an object'],
    ['x', 'it is not an object'],
    [{ own: state.own }, 'it has no children'],
    [{ own: state.own, children: [] }, 'it has no children'],
    [{ own: state.own, children: {} }, "The state of the arm 'a' is missing."],
    [{ own: state.own, children: { ...state.children, ab: 5 } }, 'it is not an object'],
    [{ own: { ...state.own, moved: 1 }, children: state.children }, 'own.moved: must be true or false (was 1).'],
    [{ children: state.children }, 'own: must be an object (was undefined).'],
  ] as [Json, string][])('%# is refused', (json, why) => {
    try {
      strategy.restore(json);
      expect.unreachable();
    } catch (error) {
      expect(isTurnoutError(error, 'state-unreadable')).toBe(true);
      expect(String(error)).toContain('The stored state of a probe was refused: ');
      expect(String(error)).toContain(why);
      expect((error as Error).cause).toBeInstanceOf(Error);
    }
  });
});

describe('a branch', () => {
  const issuesOf = (check: Check, value: unknown) => {
    const issues: Issue[] = [];
    check(value, 'arm', issues);
    return issues.map(({ message }) => message);
  };

  test("is a model's name, or anything that reduces and plans", () => {
    const own = { reduce: () => undefined, plan: () => undefined };
    for (const branch of ['v1', leaf('v1'), own]) expect(issuesOf(branchCheck, branch)).toEqual([]);
    for (const other of ['', 5, null, undefined, {}, [], { reduce: own.reduce }, { plan: own.plan }, () => 1])
      expect(issuesOf(branchCheck, other)[0]).toMatch(/^must be a model's name or a strategy/);
  });

  test('is told from a name by what it does', () => {
    expect(isStrategy(leaf('v1'))).toBe(true);
    expect(isStrategy('v1')).toBe(false);
    expect(isStrategy({ reduce: 1, plan: () => undefined })).toBe(false);
    expect(isStrategy({ reduce: () => undefined, plan: 1 })).toBe(false);
  });

  test('has a name that can be a part of a path', () => {
    for (const name of ['a', 'A b.c', 'é', 'x'.repeat(64), '🚂'.repeat(64)])
      expect(issuesOf(armNameCheck, name)).toEqual([]);
    for (const name of ['', 'a/b', '/', 'x'.repeat(65), 5, undefined])
      expect(issuesOf(armNameCheck, name)).toHaveLength(1);
  });
});

test('a transition is told with its facts, which cannot hide where it went', () => {
  const scope = rootScope('root', 1);
  expect(move(1, scope, 'a', 'b', 'so', { from: 'x', share: 0.5 })).toEqual({
    state: 1,
    notices: [{ type: 'transition', node: 'root', data: { from: 'a', to: 'b', why: 'so', share: 0.5 } }],
  });
  expect(stay(1)).toEqual({ state: 1, notices: [] });
  expect(stay(1, { node: 'n', verdicts: [] })).toEqual({
    state: 1,
    notices: [],
    verdicts: [{ node: 'n', verdicts: [] }],
  });
  expect(refuse(1, 'no')).toEqual({ state: 1, notices: [], refused: 'no' });
});
