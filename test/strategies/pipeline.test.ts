/* oxlint-disable unicorn/no-thenable -- `then` is an option of a canary, and no canary is ever awaited. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import type { Json } from '../../src/core/json.js';
import { seededRng } from '../../src/core/rng.js';
import { compilePlan } from '../../src/plan/compile.js';
import { reachableModels } from '../../src/plan/reachable.js';
import { editedNodes, fingerprintsOf, graft } from '../../src/runtime/control/plan-edit.js';
import { ABTest } from '../../src/strategies/ab-test.js';
import { Bandit } from '../../src/strategies/bandit.js';
import { BlueGreen } from '../../src/strategies/blue-green.js';
import { Canary } from '../../src/strategies/canary.js';
import { DarkLaunch } from '../../src/strategies/dark-launch.js';
import { FeatureFlag } from '../../src/strategies/feature-flag.js';
import { Pipeline } from '../../src/strategies/pipeline.js';
import type { PipelineState } from '../../src/strategies/pipeline-options.js';
import { rootScope } from '../../src/strategies/scope.js';
import { Shadow } from '../../src/strategies/shadow.js';
import type { Signal, Strategy } from '../../src/strategies/strategy.js';
import type { Tree } from '../../src/strategies/children.js';
import { strategyLaws } from '../../src/testing/strategy-laws.js';
import { Drive, dial, gateDial, monday } from './drive.js';

const hour = 3_600_000;
const held = [{ share: 0.05, hold: true }] as const;

const shadow = () => new Shadow({ primary: 'v1', shadow: 'v2' });
const canary = (options: object = {}) => new Canary({ baseline: 'v1', candidate: 'v2', stages: held, ...options });
const test5050 = () => new ABTest({ arms: { old: 'v1', fresh: 'v2' } });

type Any = Strategy<string, string, Tree<PipelineState>>;
const pipeline = (stages: Readonly<Record<string, Strategy>>, options: object = {}) =>
  new Pipeline({ stages, ...options } as never) as unknown as Any;
const driven = (stages: Readonly<Record<string, Strategy>>, options: object = {}) =>
  new Drive(pipeline(stages, options));

/** Three stages, the second of which is active. */
const atCanary = (options: object = {}, guardrail = dial()) => {
  const drive = driven({ shadow: shadow(), canary: canary({ guardrails: [guardrail] }), ab: test5050() }, options);
  drive.now += hour;
  drive.order('promote');
  expect(drive.state.own.stage).toBe('canary');
  return drive;
};

describe('a pipeline', () => {
  test('begins with its first stage, and only that is there', () => {
    const drive = driven({ shadow: shadow(), canary: canary() });
    expect(drive.state.own).toEqual({
      attempt: 1,
      firstEpoch: 1,
      epoch: 1,
      since: monday,
      stage: 'shadow',
      passed: [],
      paused: false,
      order: 'none',
      instances: [],
      why: 'the pipeline started',
    });
    expect(drive.plan()).toMatchObject({ op: 'mirror', node: 'root/shadow', salt: 'root', epoch: 1 });
    expect(drive.status()).toEqual({
      node: 'root',
      kind: 'pipeline',
      phase: 'running',
      stable: 'v1',
      shares: { shadow: 1, canary: 0 },
      waitingFor: ['shadow: promote()'],
      children: [expect.objectContaining({ node: 'root/shadow' })],
      detail: { stage: 'shadow', attempt: 1, since: monday, passed: [], why: 'the pipeline started' },
    });
  });

  test('goes on in the same look in which a stage was promoted, and that stage begins then', () => {
    const drive = driven({ first: canary({ stages: [{ share: 0.05, minAgeMs: hour }] }), next: canary() });
    drive.tick(hour - 1);
    expect(drive.waits()).toEqual([`first: age of ${hour} ms (now ${hour - 1})`]);
    drive.tick(1);
    expect(drive.state.own).toMatchObject({
      stage: 'next',
      passed: ['first'],
      epoch: 2,
      since: monday + hour,
      attempt: 1,
    });
    expect(drive.state.children['next']).toMatchObject({
      own: { epoch: 2, firstEpoch: 2, since: monday + hour, attempt: 1 },
    });
    expect(drive.last.notices.map(({ node, data }) => [node, data.from, data.to, data.why])).toEqual([
      ['root/first', '5%', 'promoted', 'the last stage passed'],
      ['root', 'first', 'next', 'stage first was promoted'],
    ]);
    // So the 100 % of a promoted canary were never in a plan.
    expect(drive.plan()).toMatchObject({ node: 'root/next', arms: [{ share: 0.05 }, { share: 0.95 }] });
    expect(drive.waits()).toBeUndefined();
  });

  test('shows the stages that have been active, with what they came to', () => {
    const drive = atCanary();
    const { children, shares, detail } = drive.status();
    expect(children.map(({ node, settled }) => [node, settled])).toEqual([
      ['root/shadow', 'promoted'],
      ['root/canary', undefined],
    ]);
    expect(shares).toEqual({ shadow: 0, canary: 1, ab: 0 });
    expect(detail).toMatchObject({ stage: 'canary', passed: ['shadow'], why: 'promoted by ann' });
  });

  test('has the tasks of its active stage alone', () => {
    const green = (name: string) =>
      new BlueGreen({ blue: 'v1', green: 'v2', checks: [{ name, run: () => true }], bakeMs: 0 });
    const drive = driven({ a: green('one'), b: green('two') });
    expect(drive.taskNames()).toContain('check one');
    expect(drive.taskNames()).not.toContain('check two');
    for (const name of drive.taskNames()) drive.settle(name);
    while (drive.state.own.stage === 'a') {
      drive.tick();
      for (const name of drive.state.own.stage === 'a' ? drive.taskNames() : []) drive.settle(name);
    }
    expect(drive.taskNames()).toContain('check two');
    expect(drive.taskNames()).not.toContain('check one');
  });

  test('lets stages rest: no time passes for them, and nothing reaches them', () => {
    const drive = driven({ shadow: shadow(), canary: canary({ stages: [{ share: 0.1, minAgeMs: hour }] }) });
    const before = drive.state.children['canary'];
    drive.tick(100 * hour);
    expect(drive.order('promote', { node: 'root/canary' })).toBe("'canary' is not active in 'root'");
    expect(drive.state.children['canary']).toBe(before);
    drive.order('promote');
    drive.tick(hour - 1);
    expect(drive.state.children['canary']).toMatchObject({ own: { phase: 'ramping' } });
    drive.tick(1);
    expect(drive.status()).toMatchObject({ phase: 'settled', settled: 'promoted', stable: 'v2', waitingFor: [] });
    expect(drive.order('pause', { node: 'root/shadow' })).toBe("'shadow' is not active in 'root'");
  });

  test('is promoted when its last stage is, and stays with it', () => {
    const drive = driven({ only: canary({ stages: [{ share: 0.5 }] }) });
    drive.tick();
    const { state } = drive;
    expect(drive.status()).toMatchObject({ settled: 'promoted', shares: { only: 1 } });
    expect(drive.tick(hour).verdicts?.some(({ node }) => node === 'root') ?? false).toBe(false);
    expect(drive.state).toBe(state);
  });

  test('says what its last stage waits for', () => {
    const drive = driven({ only: canary() });
    expect(drive.status().waitingFor).toEqual(['only: approval']);
    drive.tick();
    expect(drive.waits()).toEqual(['only: approval']);
  });

  test('says so when a stage does not tell what it waits for', () => {
    const flag = () => new FeatureFlag({ on: 'v2', off: 'v1', share: 0.5 });
    const drive = driven({ flag: flag(), last: flag() });
    expect(drive.status().waitingFor).toEqual(['flag: its promotion']);
    drive.tick();
    expect(drive.waits()).toEqual(['flag: its promotion']);
  });
});

describe('leaving a stage', () => {
  const rule = (leave: object, first: object = {}) =>
    driven({ first: canary({ stages: [{ share: 0.05 }], ...first }), next: test5050() }, { leave: { first: leave } });

  test('takes its age, from its start', () => {
    const drive = rule({ minAgeMs: hour });
    expect(drive.status().waitingFor).toEqual(['first: its promotion', `first: age of ${hour} ms`]);
    drive.tick(hour - 1);
    expect(drive.waits()).toEqual([`first: age of ${hour} ms (now ${hour - 1})`]);
    expect(drive.status()).toMatchObject({ phase: 'waiting', stable: 'v2', waitingFor: [`first: age of ${hour} ms`] });
    expect(drive.plan()).toMatchObject({ arms: [{ share: 1 }, { share: 0 }] });
    drive.tick(1);
    expect(drive.state.own.stage).toBe('next');
  });

  test('takes an approval, which is asked for once the rest is there', () => {
    const drive = rule({ approval: true, minAgeMs: hour });
    expect(drive.order('approve')).toBe('no approval is waited for');
    drive.tick(hour - 1);
    expect(drive.waits()).toEqual([`first: age of ${hour} ms (now ${hour - 1})`]);
    expect(drive.order('approve')).toBe('no approval is waited for');
    drive.tick(1);
    expect(drive.waits()).toEqual(['approval']);
    expect(drive.status().waitingFor).toEqual([`first: age of ${hour} ms`, 'approval']);
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ stage: 'first', guard: { approvals: [{ by: 'ann' }] } });
    expect(drive.last.notices[0]?.data).toMatchObject({ from: 'first', to: 'first', why: 'approved by ann' });
    expect(drive.status().waitingFor).toEqual([`first: age of ${hour} ms`]);
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: 'next', order: 'none' });
  });

  test('is rejected by a person: the stage is rolled back', () => {
    const drive = rule({ approval: true });
    drive.tick();
    expect(drive.order('reject')).toBeUndefined();
    expect(drive.status()).toMatchObject({ settled: 'rolled-back', stable: 'v1', detail: { why: 'rejected (ann)' } });
    expect(reachableModels(drive.plan())).toEqual(['v1']);
    expect(drive.order('approve')).toBe('no approval is waited for');
  });

  test('takes gates on the evidence of the stage since it began', () => {
    const gate = gateDial('lift', 'inconclusive');
    const stages = { zero: shadow(), first: canary(), next: test5050() };
    const leave = { first: { promoted: false, gates: [gate], arm: 'candidate', control: 'baseline' } };
    const drive = driven(stages, { leave });
    drive.strata.push({ node: 'root/first', epoch: 1, cells: { candidate: { outcomes: 1 } } });
    drive.order('promote');
    for (const epoch of [2, 3]) drive.strata.push({ node: 'root/first', epoch, cells: { candidate: { outcomes: 5 } } });
    drive.strata.push({ node: 'root/zero', epoch: 2, cells: { candidate: { outcomes: 5 } } });
    drive.tick();
    const { now, arm, control, strata, metrics } = gate.asked.at(-1) as (typeof gate.asked)[number];
    expect([now, arm, control, metrics]).toEqual([drive.now, 'candidate', 'baseline', {}]);
    expect(strata.map(({ node, epoch }) => [node, epoch])).toEqual([
      ['root/first', 2],
      ['root/first', 3],
    ]);
    expect(drive.waits()).toEqual(['lift: it is inconclusive']);
    expect(drive.last.verdicts?.at(-1)?.verdicts).toMatchObject([{ rule: 'lift', outcome: 'inconclusive' }]);
    expect(drive.status().waitingFor).toEqual(['lift']);
    gate.outcome = 'pass';
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: 'next', why: 'stage first is over' });
    expect(drive.last.notices[0]?.data['verdicts']).toMatchObject([{ rule: 'lift', outcome: 'pass' }]);
  });

  test('leaves the control of a gate out where none is named', () => {
    const gate = gateDial();
    const drive = rule({ gates: [gate], arm: 'candidate' });
    drive.tick();
    expect(gate.asked[0]).not.toHaveProperty('control');
    expect(drive.state.own.stage).toBe('next');
  });

  test('that is never promoted by itself is by time or approval alone', () => {
    const drive = rule({ promoted: false, minAgeMs: hour, approval: true }, { then: 'keep' });
    drive.tick(hour);
    expect(drive.state.children['first']).toMatchObject({ own: { phase: 'kept', share: 0.05 } });
    expect(drive.status()).toMatchObject({ phase: 'waiting', waitingFor: [`first: age of ${hour} ms`, 'approval'] });
    expect(drive.order('approve')).toBeUndefined();
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: 'next', passed: ['first'] });
    expect(drive.status().children[0]).toMatchObject({ node: 'root/first', phase: 'waiting' });
  });

  test('does not happen while it is rolled back, whatever else is there', () => {
    const drive = rule({ promoted: false, minAgeMs: hour });
    drive.order('rollback');
    drive.tick(2 * hour);
    expect(drive.state.own.stage).toBe('first');
    expect(drive.status().settled).toBe('rolled-back');
  });

  test('hands approvals on to the stage while the stage waits for one', () => {
    const drive = driven({ first: canary(), next: test5050() }, { leave: { first: { approval: true } } });
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.state.own.order).toBe('none');
    drive.tick();
    expect(drive.waits()).toEqual(['approval']);
    expect(drive.order('approve')).toBeUndefined();
    drive.tick();
    expect(drive.state.own.stage).toBe('next');
    const other = driven({ first: canary(), next: test5050() });
    expect(other.order('reject')).toBeUndefined();
    expect(other.status().settled).toBe('rolled-back');
  });
});

describe('a rollback', () => {
  test('by a guardrail of the active stage makes the pipeline rolled back, on the stable model of that stage', () => {
    const rule = dial();
    const drive = atCanary({}, rule);
    rule.outcome = 'fail';
    expect(drive.tick().urgent).toMatchObject([{ type: 'rollback', node: 'root/canary', attempt: 1 }]);
    expect(drive.status()).toMatchObject({ phase: 'settled', settled: 'rolled-back', stable: 'v1', waitingFor: [] });
    expect(reachableModels(drive.plan())).toEqual(['v1']);
    const { state } = drive;
    drive.tick(100 * hour);
    expect(drive.state).toBe(state);
    expect(drive.order('rollback')).toBe('the pipeline is rolled back already');
    expect(drive.order('pause')).toBe('nothing moves: the pipeline is rolled-back');
  });

  test('by a person leads to the stable model from any stage, also after the last one', () => {
    const stages = () => ({ shadow: shadow(), canary: canary(), ab: test5050(), last: canary() });
    for (const promotions of [0, 1, 2, 3, 4]) {
      const drive = driven(stages());
      for (let index = 0; index < promotions; index += 1)
        expect(drive.order('promote', drive.state.own.stage === 'ab' ? { arm: 'fresh' } : {})).toBeUndefined();
      const from = drive.state.own.stage;
      expect(drive.order('rollback')).toBeUndefined();
      expect(reachableModels(drive.plan())).toEqual(['v1']);
      expect(drive.status()).toMatchObject({ settled: 'rolled-back', stable: 'v1' });
      expect(drive.last.notices.at(-1)?.data).toEqual({ from, to: 'rolled-back', why: 'it is bad (ann)' });
      expect(drive.last.notices.map(({ node }) => node)).toEqual([`root/${from}`, 'root']);
    }
  });

  test('ends a pause and an order', () => {
    const drive = atCanary();
    drive.order('pause');
    drive.order('rollback');
    expect(drive.state.own).toMatchObject({ paused: false, order: 'none' });
    expect(drive.status().phase).toBe('settled');
  });

  test('is followed by the retry of a stage that was given one, and then the pipeline goes on', () => {
    const rule = dial();
    const stage = canary({ guardrails: [rule], retry: { times: 1, afterMs: hour } });
    const drive = driven({ first: stage, next: canary() });
    rule.outcome = 'fail';
    drive.tick();
    rule.outcome = 'pass';
    drive.tick(hour - 1);
    expect(drive.status().settled).toBe('rolled-back');
    drive.tick(1);
    expect(drive.status()).toMatchObject({ phase: 'running' });
    expect(drive.plan()).toMatchObject({ salt: 'root#2' });
    drive.order('approve');
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: 'next', attempt: 2, firstEpoch: 1 });
    expect(drive.plan()).toMatchObject({ node: 'root/next', salt: 'root#2' });
  });

  test('forgets an order to go on, so that the retry must pass', () => {
    const green = new BlueGreen({ blue: 'v1', green: 'v2', bakeMs: hour });
    const drive = driven({ green, next: canary() }, { leave: { green: { minAgeMs: 9 * hour } } });
    for (const name of drive.taskNames()) drive.settle(name);
    drive.order('promote');
    expect(drive.state.own.order).toBe('promoted');
    drive.order('rollback', { node: 'root/green' });
    drive.tick();
    expect(drive.state.own.order).toBe('none');
    const { state } = drive;
    drive.tick();
    expect(drive.state).toBe(state);
  });

  test('of one arm leaves the stage with the others, and the last arm ends it', () => {
    const drive = driven({ ab: new ABTest({ arms: { old: 'v1', fresh: 'v2', other: 'v2' } }), next: canary() });
    const arm = (name: string) => drive.send({ type: 'rollback', by: 'ann', reason: 'bad', arm: name }).refused;
    expect(arm('fresh')).toBeUndefined();
    expect(drive.status()).toMatchObject({ phase: 'running', children: [{ phase: 'running' }] });
    expect(Object.keys(drive.status().children[0]?.shares ?? {})).toEqual(['other', 'old']);
    expect(drive.last.notices.map(({ node }) => node)).toEqual(['root/ab']);
    expect(arm('nobody')).toMatch(/^ab: /);
    expect(arm('other')).toBeUndefined();
    expect(drive.status().settled).toBe('rolled-back');
    expect(drive.last.notices.map(({ node }) => node)).toEqual(['root/ab', 'root']);
  });

  test('that the stage refuses is refused', () => {
    const base = canary();
    const stubborn = { ...base, children: {}, kind: 'stubborn' } as unknown as Record<string, unknown> & Strategy;
    for (const key of ['init', 'plan', 'status', 'restore'] as const)
      Object.assign(stubborn, { [key]: base[key].bind(base) });
    stubborn.reduce = (state) => ({ state, notices: [], refused: 'not now' });
    const drive = driven({ stubborn, next: canary() });
    const { state } = drive;
    expect(drive.order('rollback')).toBe('stubborn: not now');
    expect(drive.state).toBe(state);
  });

  test('of a machine that judged another attempt of the pipeline is refused', () => {
    const drive = atCanary();
    expect(drive.order('rollback', { attempt: 7 })).toBe('attempt 7 was judged, and this is attempt 1');
  });
});

describe('a new attempt', () => {
  test.each(['reset', 'resume'] as const)('by %s begins at the first stage, with all anew', (order) => {
    const drive = atCanary();
    drive.order('rollback');
    drive.now += hour;
    expect(drive.order(order)).toBeUndefined();
    expect(drive.state.own).toMatchObject({
      attempt: 2,
      firstEpoch: 4,
      epoch: 4,
      since: monday + 2 * hour,
      stage: 'shadow',
      passed: [],
      why: 'a new attempt by ann',
    });
    expect(drive.state.children['shadow']).toMatchObject({ own: { attempt: 2, epoch: 4, phase: 'mirroring' } });
    expect(drive.status().children.map(({ node }) => node)).toEqual(['root/shadow']);
    expect(drive.last.notices.at(-1)?.data).toEqual({
      from: 'canary',
      to: 'shadow',
      why: 'a new attempt by ann',
      attempt: 2,
    });
    drive.order('promote');
    expect(drive.plan()).toMatchObject({ node: 'root/canary', salt: 'root#2', epoch: 5 });
  });

  test('is never one that was: a late rollback of an earlier one does nothing', () => {
    const drive = atCanary();
    const late: Signal = { type: 'rollback', by: 'guardrail', node: 'root/canary', attempt: 1, reason: 'late' };
    drive.order('reset', { node: 'root/canary' });
    drive.order('reset', { node: 'root/canary' });
    drive.order('reset');
    expect(drive.state.own.attempt).toBe(4);
    drive.order('promote');
    for (const attempt of [1, 2, 3]) {
      expect(drive.send({ ...late, attempt }).refused).toBe(`attempt ${attempt} was judged, and this is attempt 4`);
    }
    expect(drive.send({ ...late, attempt: 4 }).refused).toBeUndefined();
    expect(drive.status().settled).toBe('rolled-back');
  });

  test('counts the attempts of strategies deep inside too', () => {
    const nested = new Canary({ baseline: 'v1', candidate: canary() });
    const drive = driven({ first: nested, next: canary() });
    for (let n = 0; n < 4; n += 1) drive.order('reset', { node: 'root/first/candidate' });
    drive.order('reset');
    expect(drive.state.own.attempt).toBe(6);
    expect(drive.plan()).toMatchObject({ salt: 'root#6', arms: [{ plan: { salt: 'root/first/candidate#6' } }, {}] });
  });

  test('begins every kind of strategy with its number', () => {
    const stages = {
      shadow: shadow(),
      canary: canary(),
      ab: test5050(),
      green: new BlueGreen({ blue: 'v1', green: 'v2' }),
      flag: new FeatureFlag({ on: 'v2', off: 'v1' }),
      dark: new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: [] }),
      bandit: new Bandit({ arms: { a: 'v1', b: 'v2' }, reward: 'error', baseline: 'a' }),
      pipe: new Pipeline({ stages: { inner: canary() } }),
    };
    for (const [name, strategy] of Object.entries(stages)) {
      const state = (strategy as Strategy).init(0, rootScope('root', 1), 3) as Tree<PipelineState>;
      expect([name, state.own.attempt]).toEqual([name, 3]);
    }
    expect(stages.pipe.init(0, rootScope('root', 1), 3)).toMatchObject({
      own: { attempt: 3, why: 'attempt 3 started' },
      children: { inner: { own: { attempt: 3 } } },
    });
  });
});

describe('a promotion by a person', () => {
  test('promotes the active stage and goes on at once, whatever was to come before', () => {
    const drive = driven(
      { first: canary(), next: canary() },
      { leave: { first: { minAgeMs: hour, approval: true, gates: [gateDial('g', 'fail')], arm: 'candidate' } } },
    );
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ stage: 'next', passed: ['first'], why: 'promoted by ann' });
    expect(drive.status().children[0]).toMatchObject({ node: 'root/first', settled: 'promoted' });
  });

  test('goes on from a stage that is promoted already and waits', () => {
    const drive = driven(
      { first: canary({ stages: [{ share: 0.1 }] }), next: canary() },
      { leave: { first: { approval: true } } },
    );
    drive.tick();
    expect(drive.state.own.stage).toBe('first');
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.state.own.stage).toBe('next');
  });

  test('waits for a stage that takes its time, and then for nothing else', () => {
    const green = new BlueGreen({
      blue: 'v1',
      green: 'v2',
      bakeMs: hour,
      checks: [{ name: 'smoke', run: () => true }],
    });
    const drive = driven({ green, next: canary() }, { leave: { green: { minAgeMs: 99 * hour, approval: true } } });
    expect(drive.order('promote')).toMatch(/^green: green cannot be switched to before /);
    for (const name of drive.taskNames()) drive.settle(name);
    drive.order('pause');
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ stage: 'green', order: 'promoted', paused: false });
    expect(drive.last.notices.at(-1)?.data).toMatchObject({ from: 'green', to: 'green', why: 'promoted by ann' });
    expect(drive.status()).toMatchObject({ phase: 'running', waitingFor: [`green: bake for ${hour} ms`] });
    expect(drive.order('approve')).toBe('no approval is waited for');
    drive.tick(hour);
    expect(drive.state.own.stage).toBe('next');
  });

  test('hands an arm on, and tells what the stage refuses', () => {
    const drive = driven({ ab: test5050(), next: canary() });
    const why = drive.order('promote', { arm: 'nobody' });
    expect(why).toMatch(/^ab: /);
    expect(drive.state.own.stage).toBe('ab');
    expect(drive.order('promote', { arm: 'fresh' })).toBeUndefined();
    expect(drive.state.children['ab']).toMatchObject({ own: { phase: 'promoted', leader: 'fresh' } });
    expect(drive.state.own.stage).toBe('next');
  });

  test('of the last stage promotes the pipeline, once', () => {
    const drive = driven({ only: canary() });
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.last.notices.at(-1)?.data).toMatchObject({ from: 'only', to: 'promoted' });
    expect(drive.status()).toMatchObject({ settled: 'promoted', stable: 'v2' });
    expect(drive.order('promote')).toBe('the last stage is promoted already');
    expect(drive.order('pause')).toBe('nothing moves: the pipeline is promoted');
  });

  test('of a stage that is rolled back goes on if the stage lets it', () => {
    const drive = atCanary();
    drive.order('rollback');
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.state.own.stage).toBe('ab');
  });
});

describe('a pause', () => {
  test('freezes the active stage and the way to the next one, never guardrails', () => {
    const rule = dial();
    const drive = driven({ first: canary({ stages: [{ share: 0.1 }], guardrails: [rule] }), next: canary() });
    expect(drive.order('pause')).toBeUndefined();
    expect(drive.state.children['first']).toMatchObject({ own: { phase: 'paused' } });
    expect(drive.status()).toMatchObject({ phase: 'paused', waitingFor: ['resume()'] });
    drive.tick(hour);
    expect(drive.waits()).toEqual(['resume()']);
    expect(drive.order('pause')).toBe('nothing moves: the pipeline is paused');
    expect(drive.order('resume')).toBeUndefined();
    expect(drive.state.own.paused).toBe(false);
    expect(drive.last.notices.at(-1)?.data).toMatchObject({ from: 'paused', to: 'first', why: 'resumed by ann' });
    expect(drive.state.children['first']).toMatchObject({ own: { phase: 'ramping' } });
    drive.order('pause');
    rule.outcome = 'fail';
    drive.tick();
    expect(drive.status().settled).toBe('rolled-back');
    expect(drive.order('resume')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ attempt: 2, paused: false });
  });

  test('holds a pipeline whose stage is promoted, and one whose stage cannot be paused', () => {
    const waiting = driven(
      { first: canary({ stages: [{ share: 0.1 }] }), next: canary() },
      { leave: { first: { minAgeMs: hour } } },
    );
    waiting.tick();
    expect(waiting.order('pause')).toBeUndefined();
    waiting.tick(hour);
    expect(waiting.state.own).toMatchObject({ stage: 'first', paused: true });
    expect(waiting.order('approve')).toBe('no approval is waited for');
    expect(waiting.order('resume')).toBeUndefined();
    waiting.tick();
    expect(waiting.state.own.stage).toBe('next');
    const flag = driven({ flag: new FeatureFlag({ on: 'v2', off: 'v1', share: 0.5 }), next: canary() });
    expect(flag.order('pause')).toBeUndefined();
    flag.order('promote', { node: 'root/flag' });
    flag.tick();
    expect(flag.state.own).toMatchObject({ stage: 'flag', paused: true });
    expect(flag.order('promote')).toBeUndefined();
    expect(flag.state.own).toMatchObject({ stage: 'next', paused: false });
  });

  test('does not take approvals for the pipeline', () => {
    const drive = driven(
      { first: canary({ stages: [{ share: 0.1 }] }), next: canary() },
      { leave: { first: { approval: true } } },
    );
    drive.tick();
    drive.order('pause');
    expect(drive.order('approve')).toBe('no approval is waited for');
    drive.order('resume');
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.order('approve')).toBe('no approval is waited for');
  });

  test('of the stage alone is ended by resuming the pipeline', () => {
    const drive = driven({ first: canary(), next: canary() });
    expect(drive.order('resume')).toBe('nothing is paused');
    drive.order('pause', { node: 'root/first' });
    expect(drive.status()).toMatchObject({ phase: 'paused', waitingFor: ['first: resume()'] });
    const { own } = drive.state;
    expect(drive.order('resume')).toBeUndefined();
    expect(drive.state.own).toBe(own);
    expect(drive.status().phase).toBe('running');
  });
});

describe('units', () => {
  const names = Array.from({ length: 2000 }, (_, index) => `user-${index}`);
  const withCandidate = (drive: { plan(): unknown }) => {
    const { route } = compilePlan(drive.plan() as never, { rng: seededRng(1) });
    return new Set(names.filter((targetingKey) => route({ targetingKey }).model === 'v2'));
  };

  test('of a small stage stay with the candidate in every larger one, whatever strategy it is', () => {
    const dark = new DarkLaunch({
      visible: 'v1',
      hidden: 'v2',
      audience: [],
      until: {},
      reveal: [{ share: 0.7, hold: true }],
    });
    const flag = new FeatureFlag({ on: 'v2', off: 'v1', share: 0.9 });
    const drive = driven({ shadow: shadow(), canary: canary(), ab: test5050(), dark, flag });
    const groups: ReadonlySet<string>[] = [];
    for (const stage of ['shadow', 'canary', 'ab', 'dark', 'flag']) {
      expect(drive.state.own.stage).toBe(stage);
      if (stage === 'dark') drive.tick();
      groups.push(withCandidate(drive));
      drive.order('promote', stage === 'ab' ? { arm: 'fresh' } : {});
    }
    expect(groups.map(({ size }) => size)).toEqual([0, 107, 1001, 1414, 1793].map((size) => expect.closeTo(size, -2)));
    for (const [index, group] of groups.slice(1).entries())
      expect([...(groups[index] as ReadonlySet<string>)].filter((name) => !group.has(name))).toEqual([]);
  });

  test('of a stage that is to be reshuffled are drawn independently of it', () => {
    const drive = driven({ a: canary({ stages: [{ share: 0.5, hold: true }] }), b: test5050() }, { reshuffle: ['b'] });
    const before = withCandidate(drive);
    drive.order('promote');
    expect(drive.plan()).toMatchObject({ salt: 'root/b' });
    const after = withCandidate(drive);
    const both = [...before].filter((name) => after.has(name)).length;
    // Independent halves meet in a quarter: 500 of 2000, standard deviation 19.4.
    expect(Math.abs(both - 500)).toBeLessThan(4 * 19.4);
  });

  test('are spread anew in a new attempt, alike in all its stages', () => {
    const drive = driven({ a: canary({ stages: [{ share: 0.5, hold: true }] }), b: test5050() });
    const first = withCandidate(drive);
    drive.order('reset');
    const second = withCandidate(drive);
    const both = [...first].filter((name) => second.has(name)).length;
    expect(Math.abs(both - 500)).toBeLessThan(4 * 19.4);
    drive.order('promote');
    expect(withCandidate(drive)).toEqual(second);
  });
});

describe('a pipeline that was edited in the program', () => {
  const stored = (drive: Drive<Tree<PipelineState>, string>) => JSON.parse(JSON.stringify(drive.state)) as Json;
  /** What a router does with a stored state when the program has changed. */
  const redeployed = (drive: Drive<Tree<PipelineState>, string>, after: Any) => {
    const edited = editedNodes(fingerprintsOf(drive.strategy, 'root'), fingerprintsOf(after, 'root'));
    const { revision } = drive;
    const fresh = after.init(drive.now, rootScope('root', revision + 1));
    const next = edited.size === 0 ? stored(drive) : graft(stored(drive), fresh, after, 'root', edited);
    const again = new Drive(after);
    again.state = after.restore(next);
    again.now = drive.now;
    again.revision = revision + (edited.size === 0 ? 0 : 1);
    return { again, edited: [...edited] };
  };
  const three = () => ({ shadow: shadow(), canary: canary(), ab: test5050() });

  test('goes on at the stage of the same name, when others come or go', () => {
    const drive = atCanary();
    const { shadow: gone, ...rest } = three();
    const added = { before: canary(), ...rest, shadow: gone, last: canary() };
    const { again, edited } = redeployed(drive, pipeline(added));
    expect(edited).toEqual(['root/before', 'root/last']);
    expect(again.state.own).toEqual(drive.state.own);
    expect(again.state.children['canary']).toEqual(drive.state.children['canary']);
    expect(again.status().children.map(({ node }) => node)).toEqual(['root/canary', 'root/shadow']);
    again.order('promote');
    expect(again.state.own.stage).toBe('ab');
    again.order('promote', { arm: 'fresh' });
    // The shadow stands after the A/B test now, but this attempt has passed it.
    expect(again.state.own.stage).toBe('last');
  });

  test('keeps a stage of which only numbers changed', () => {
    const drive = atCanary();
    const { again, edited } = redeployed(
      drive,
      pipeline({ ...three(), canary: canary({ stages: [{ share: 0.07, name: '5%' }] }) }),
    );
    expect(edited).toEqual([]);
    expect(again.state).toEqual(drive.state);
  });

  test('goes on with the next stage that there is when the active one was removed, after a tick', () => {
    const drive = atCanary();
    const { canary: _, ...rest } = three();
    const { again, edited } = redeployed(drive, pipeline(rest));
    expect(edited).toEqual([]);
    expect(reachableModels(again.plan())).toEqual(['v1']);
    expect(again.status()).toMatchObject({
      phase: 'running',
      stable: 'v1',
      shares: { shadow: 0, ab: 1 },
      waitingFor: ['a tick'],
      detail: { stage: 'ab' },
    });
    expect(again.status().children.map(({ node }) => node)).toEqual(['root/shadow']);
    expect(again.tasks()).toEqual([]);
    for (const order of ['promote', 'pause', 'resume', 'approve', 'reject'] as const)
      expect(again.order(order)).toBe("the stage 'canary' was removed; a tick goes on with 'ab'");
    expect(again.order('promote', { node: 'root/ab' })).toBe("'ab' is not active in 'root'");
    again.tick(hour);
    expect(again.state.own).toMatchObject({ stage: 'ab', passed: ['shadow'], epoch: 3, since: again.now });
    expect(again.state.children['ab']).toMatchObject({ own: { epoch: 3, since: again.now } });
    expect(again.last.notices.at(-1)?.data).toEqual({
      from: 'canary',
      to: 'ab',
      why: "the stage 'canary' is not in the plan any more",
    });
    expect(again.plan()).toMatchObject({ op: 'split', node: 'root/ab' });
  });

  test('begins at its first stage when none of those that were passed is left', () => {
    const { again } = redeployed(atCanary(), pipeline({ other: test5050(), more: canary() }));
    expect(again.status().detail).toMatchObject({ stage: 'other' });
    again.tick();
    expect(again.state.own).toMatchObject({ stage: 'other' });
  });

  test('goes back to the last stage that was passed when nothing comes after it', () => {
    const drive = atCanary();
    drive.order('promote');
    const { again } = redeployed(drive, pipeline({ shadow: shadow(), canary: canary() }));
    const expected = { settled: 'promoted', stable: 'v2', shares: { shadow: 0, canary: 1 } };
    expect(again.status()).toMatchObject(expected);
    expect(again.plan()).toMatchObject({ node: 'root/canary' });
    again.tick();
    expect(again.state.own).toMatchObject({ stage: 'canary', passed: ['shadow'] });
    expect(again.status()).toMatchObject(expected);
    expect(again.status().children.map(({ node }) => node)).toEqual(['root/shadow', 'root/canary']);
    expect(again.order('rollback')).toBeUndefined();
    expect(reachableModels(again.plan())).toEqual(['v1']);
  });

  test('serves the stable model of a stage as it would begin, not as it ended in an earlier attempt', () => {
    const drive = atCanary();
    drive.order('promote');
    drive.order('promote', { arm: 'fresh' });
    expect(drive.status().stable).toBe('v2');
    drive.order('reset');
    drive.order('promote');
    const { canary: _, ...rest } = three();
    const { again } = redeployed(drive, pipeline(rest));
    expect(again.status().stable).toBe('v1');
    expect(reachableModels(again.plan())).toEqual(['v1']);
    expect(again.order('rollback')).toBeUndefined();
    expect(again.state.own).toMatchObject({ stage: 'ab' });
    expect(again.state.children['ab']).toMatchObject({ own: { attempt: 2, phase: 'rolled-back' } });
    expect(again.status()).toMatchObject({ settled: 'rolled-back', stable: 'v1' });
  });

  test('can be reset from a stage that was removed', () => {
    const { canary: _, ...rest } = three();
    const { again } = redeployed(atCanary(), pipeline(rest));
    expect(again.order('reset')).toBeUndefined();
    expect(again.state.own).toMatchObject({ stage: 'shadow', attempt: 2 });
  });

  test('goes on with a stage that was added after its last one was promoted', () => {
    const drive = driven({ shadow: shadow() });
    drive.order('promote');
    const { again } = redeployed(drive, pipeline({ shadow: shadow(), canary: canary() }));
    again.tick();
    expect(again.state.own.stage).toBe('canary');
  });
});

describe('instances', () => {
  /** A strategy that counts who joined. */
  type Seen = { readonly joined: readonly string[] };
  const roll: Strategy<'v1', never, Seen> = {
    kind: 'roll',
    models: ['v1'],
    metrics: [],
    init: () => ({ joined: [] }),
    reduce: (state, signal) =>
      signal.type === 'joined'
        ? { state: { joined: [...state.joined, signal.instance] }, notices: [] }
        : { state, notices: [] },
    plan: () => ({ op: 'serve', model: 'v1' }),
    status: (_state, { id }) => ({
      node: id,
      kind: 'roll',
      phase: 'running',
      stable: 'v1',
      shares: {},
      waitingFor: [],
      children: [],
    }),
    restore: (json) => json as unknown as Seen,
  };

  test('that joined before a stage began are told to it', () => {
    const drive = driven({ shadow: shadow(), roll });
    for (const instance of ['a', 'b', 'b', 'c']) drive.send({ type: 'joined', instance });
    drive.send({ type: 'left', instance: 'b' });
    const { state } = drive;
    drive.send({ type: 'left', instance: 'x' });
    drive.send({ type: 'joined', instance: 'a' });
    expect(drive.state).toBe(state);
    drive.order('promote');
    expect(drive.state.children['roll']).toEqual({ joined: ['a', 'c'] });
    drive.send({ type: 'joined', instance: 'd' });
    expect(drive.state.children['roll']).toEqual({ joined: ['a', 'c', 'd'] });
    drive.order('reset');
    drive.order('promote');
    expect(drive.state.children['roll']).toEqual({ joined: ['a', 'c', 'd'] });
  });

  test('are kept up to a thousand', () => {
    const drive = driven({ shadow: shadow() });
    const instances = Array.from({ length: 999 }, (_, index) => `i${index}`);
    drive.state = { ...drive.state, own: { ...drive.state.own, instances } };
    drive.send({ type: 'joined', instance: 'last' });
    drive.send({ type: 'joined', instance: 'one too many' });
    expect(drive.state.own.instances.length).toBe(1000);
    expect(drive.state.own.instances.at(-1)).toBe('last');
    expect(() => drive.strategy.restore(drive.state)).not.toThrow();
  });

  test('of a strategy that is no composite are no reason to count attempts', () => {
    const drive = driven({ roll, next: canary() }, { leave: { roll: { promoted: false, minAgeMs: 1 } } });
    drive.tick(1);
    expect(drive.state.own).toMatchObject({ stage: 'next', attempt: 1 });
  });
});

describe('options', () => {
  const issuesOf = (options: object): readonly string[] => {
    try {
      return [typeof new Pipeline(options as never).kind].slice(1);
    } catch (error) {
      if (!isTurnoutError(error, 'config')) throw error;
      return (error as unknown as { issues: readonly { path: string; message: string }[] }).issues.map(
        ({ path, message }) => `${path}: ${message}`,
      );
    }
  };
  const stages = { a: canary(), b: canary() };
  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, index) => [`s${index}`, canary()]));
  const gates = [gateDial()];

  test.each([
    [{ stages: {} }, 'strategy.stages: must be an object with 1 to 20 keys (was an object).'],
    [{ stages: many(21) }, 'strategy.stages: must be an object with 1 to 20 keys (was an object).'],
    [
      { stages: { a: 'v1' } },
      "strategy.stages.a: must be a strategy (was 'v1'). A model alone has nothing that could end the stage.",
    ],
    [{ stages: { a: 5 } }, 'strategy.stages.a: must be a strategy (was 5).'],
    [
      { stages: { 'a/b': canary() } },
      "strategy.stages.a/b: must be a name of 1 to 64 characters without '/' (was 'a/b').",
    ],
    [
      { stages: { a: canary(), 12: canary() } },
      'strategy.stages.12: must not be named by a whole number: such keys have no order.',
    ],
    [{ stages, leave: { c: {} } }, 'strategy.leave.c: must be one of the stages a, b.'],
    [{ stages, leave: { b: {} } }, 'strategy.leave.b: must be left out: nothing comes after the last stage.'],
    [{ stages, leave: { a: 5 } }, 'strategy.leave.a: must be an object (was 5).'],
    [{ stages, leave: { a: { gates } } }, 'strategy.leave.a.arm: must be given with gates: the arm that they judge.'],
    [
      { stages, leave: { a: { gates: [dial()], arm: 'x' } } },
      'strategy.leave.a.gates[0]: must be a gate, such as betterThan(metric) (was an object). This is a guardrail: it belongs into `guardrails`.',
    ],
    [
      { stages, leave: { a: { promoted: false } } },
      'strategy.leave.a: must ask for an age, an approval or gates where it does not wait for a promotion.',
    ],
    [
      { stages, leave: { a: { promoted: false, minAgeMs: 0, approval: false, gates: [] } } },
      'strategy.leave.a: must ask for an age, an approval or gates where it does not wait for a promotion.',
    ],
    [{ stages, reshuffle: ['b', 'c'] }, "strategy.reshuffle[1]: must be one of the stages a, b (was 'c')."],
    [{ stages, reshuffle: 'b' }, "strategy.reshuffle: must be a list of 0 to 1000 items (was 'b')."],
    [{ stages, salt: 'x' }, 'strategy.salt: is not an option. Known are stages, leave, reshuffle, mode.'],
    [{}, 'strategy.stages: must be an object with 1 to 20 keys (was undefined).'],
  ])('%# are refused: %s', (options, issue) => {
    expect(issuesOf(options)).toEqual([issue]);
  });

  test('are taken at their limits', () => {
    expect(issuesOf({ stages: many(20) })).toEqual([]);
    expect(issuesOf({ stages: many(1) })).toEqual([]);
    expect(issuesOf({ stages: { a1: canary(), '01': canary() } })).toEqual([]);
    expect(issuesOf({ stages, leave: { a: undefined } })).toEqual([]);
    for (const leave of [{ minAgeMs: 1 }, { approval: true }, { gates, arm: 'candidate' }])
      expect(issuesOf({ stages, leave: { a: { promoted: false, ...leave } } })).toEqual([]);
    expect(issuesOf({ stages, leave: { a: { promoted: true } }, reshuffle: ['a', 'b'] })).toEqual([]);
  });

  test('name the models and metrics of all stages and of the gates between them', () => {
    const strategy = new Pipeline({
      stages: {
        ab: new ABTest({ arms: { a: 'v1', b: 'v2' }, primary: 'clicked' }),
        canary: new Canary({ baseline: 'v1', candidate: 'v3' }),
      },
      leave: { ab: { gates: [{ ...gateDial(), metrics: ['revenue'] as const }], arm: 'b' } },
    });
    const models: readonly ('v1' | 'v2' | 'v3')[] = strategy.models;
    const metrics: readonly ('clicked' | 'revenue')[] = strategy.metrics;
    expect(models.toSorted()).toEqual(['v1', 'v2', 'v3']);
    expect(metrics.toSorted()).toEqual(['clicked', 'revenue']);
  });
});

describe('a stored pipeline', () => {
  test('is refused when its own part is not one', () => {
    const drive = atCanary();
    for (const change of [
      { stage: '' },
      { passed: [5] },
      { order: 'yes' },
      { paused: 1 },
      { why: '' },
      { instances: 5 },
    ]) {
      const state = { ...drive.state, own: { ...drive.state.own, ...change } };
      expect(() => drive.strategy.restore(state as unknown as Json)).toThrow(
        'The stored state of a pipeline was refused',
      );
    }
    expect(drive.strategy.restore(drive.state)).toEqual(drive.state);
  });
});

const failsOften = Object.assign(dial('errors'), {
  judge: ({
    strata,
    arm,
  }: {
    strata: readonly { cells: Record<string, { outcomes: number; errors: number }> }[];
    arm: string;
  }) => {
    const cells = strata.flatMap(({ cells: all }) => all[arm] ?? []);
    const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
    const n = cells.reduce((sum, { outcomes }) => sum + outcomes, 0);
    const outcome = n >= 50 && errors > 0.05 * n ? ('fail' as const) : ('pass' as const);
    return { rule: 'errors', outcome, reason: `${errors} of ${n}`, n };
  },
});

describe('a pipeline', () => {
  const laws = [
    ...strategyLaws({ name: 'of one stage', walks: 6, create: () => new Pipeline({ stages: { only: canary() } }) }),
    ...strategyLaws({
      name: 'of all kinds',
      walks: 12,
      create: () =>
        new Pipeline({
          stages: {
            shadow: new Shadow({ primary: 'v1', shadow: 'v2', until: { minOutcomes: 100 } }),
            dark: new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: ['u'], until: {}, reveal: [{ share: 0.5 }] }),
            canary: canary({
              stages: [{ share: 0.1 }],
              candidate: new FeatureFlag({ on: 'v2', off: 'v1', share: 0.5 }),
              guardrails: [failsOften],
              retry: { times: 2, afterMs: 1 },
            }),
            green: new BlueGreen({ blue: 'v1', green: 'v2', bakeMs: 1, keepWarm: { ms: 1 } }),
            inner: new Pipeline({ stages: { one: canary(), two: test5050() } }),
            ab: test5050(),
          },
          leave: { shadow: { approval: true }, dark: { minAgeMs: hour }, inner: { promoted: false, minAgeMs: hour } },
          reshuffle: ['ab'],
        }),
    }),
    ...strategyLaws({
      name: 'inside of a canary',
      walks: 6,
      create: () =>
        new Canary({
          baseline: 'v1',
          candidate: new Pipeline({ stages: { shadow: shadow(), canary: canary({ guardrails: [failsOften] }) } }),
        }),
    }),
  ];
  for (const law of laws) test(law.name, law.run);

  test('never serves anything but what one of its stages serves', () => {
    const orders = fc.constantFrom('tick', 'promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset');
    fc.assert(
      fc.property(fc.array(orders, { maxLength: 15 }), (steps) => {
        const stages = { shadow: shadow(), canary: canary(), ab: test5050() };
        const drive = driven(stages, { leave: { shadow: { approval: true } } });
        for (const step of steps)
          if (step === 'tick') drive.tick(hour);
          else drive.order(step);
        const { stage, passed } = drive.state.own;
        const names = Object.keys(stages);
        expect([...passed, stage]).toEqual(names.slice(0, passed.length + 1));
        const scope = drive.scope.child(stage, { salt: 'inherit' });
        const child = (stages as Record<string, Strategy>)[stage] as Strategy;
        expect(JSON.stringify(drive.plan())).toBe(
          JSON.stringify(child.plan(drive.state.children[stage] as Json, scope)),
        );
      }),
    );
  });
});
