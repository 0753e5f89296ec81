import { describe, expect, it } from 'vitest';
import type { ABTestState } from '../../../src/strategies/ab-test/state.js';
import { ab, abc, after, better, order, promote, scopeAt, tick, viewOf } from './cases.js';

/** A guardrail that fails for the arms that it is told. */
const failing = (arms: readonly string[], severity: 'hold' | 'rollback' | 'quarantine', name = 'errors') => ({
  name,
  metrics: [] as readonly never[],
  severity,
  judge: ({ arm }: { readonly arm: string }) => ({
    rule: name,
    outcome: arms.includes(arm) ? ('fail' as const) : ('inconclusive' as const),
    reason: `it is ${arm}`,
    n: 1,
  }),
});
const looks = (times: number) => Array.from({ length: times }, () => [tick, viewOf(better)] as const);
const guardOf = ({ guard }: ABTestState) => guard;

describe('a guardrail of one arm of several', () => {
  it('that holds keeps the whole test from being decided, until it is excused', () => {
    const test = abc({ guardrails: [failing(['c'], 'hold')], then: 'promote' });
    const held = after(test, looks(2));
    expect(held.own).toMatchObject({ phase: 'running', result: 'undecided' });
    expect(guardOf(held.own)?.held).toEqual({ rule: 'errors of c', why: 'it is c', excuses: true });
    const look = test.reduce(held, tick, viewOf(better), scopeAt(9));
    expect(look.state).toBe(held);
    expect(look.verdicts?.[0]?.waitingFor).toEqual(['approval, since guardrail errors of c holds it: it is c']);
    const state = after(test, [...looks(1), [order('approve')], ...looks(1)]);
    expect(state.own).toMatchObject({ phase: 'promoted', leader: 'b', guard: { excused: ['errors of c'] } });
  });

  it('that takes its arm out lets go of what held it, and of nothing else', () => {
    const both = abc({ guardrails: [failing(['c'], 'hold', 'soft'), failing(['c'], 'rollback')] });
    const out = after(both, looks(1));
    expect(out.own.removed).toEqual(['c']);
    expect(guardOf(out.own)?.held).toBeUndefined();
    // A hold is latched first; then the other arm fails.
    const soft = after(abc({ guardrails: [failing(['b'], 'hold', 'soft')] }), looks(1));
    const rollback = { type: 'rollback', by: 'it', reason: 'bad', arm: 'c' } as const;
    const { state } = both.reduce(soft, rollback, viewOf(), scopeAt(5));
    expect(guardOf(state.own)?.held?.rule).toBe('soft of b');
    const gone = both.reduce(soft, { ...rollback, arm: 'b' }, viewOf(), scopeAt(5)).state;
    expect(guardOf(gone.own)?.held).toBeUndefined();
  });

  it('that quarantines it keeps the test from a new attempt without an override; the others go on', () => {
    const test = abc({ guardrails: [failing(['c'], 'quarantine')] });
    const state = after(test, looks(1));
    expect(state.own).toMatchObject({ phase: 'running', removed: ['c'], guard: { quarantined: expect.any(String) } });
    const paused = after(test, [...looks(1), [order('pause')], [order('resume')]]);
    expect(paused.own.phase).toBe('running');
    expect(test.reduce(state, order('reset'), viewOf(), scopeAt(5)).refused).toContain('quarantined');
    expect(test.reduce(state, promote('b'), viewOf(), scopeAt(5)).refused).toBeUndefined();
    const again = test.reduce(state, { type: 'reset', by: 'ann', override: true }, viewOf(), scopeAt(5)).state;
    expect(again.own).toMatchObject({ attempt: 2, removed: [] });
    expect(again.own).not.toHaveProperty('guard');
  });

  it('tells once of every rule that fails to judge, arm by arm', () => {
    const broken = { ...failing([], 'rollback'), judge: () => expect.unreachable('broken') };
    const test = abc({ guardrails: [broken] });
    const { notices, state } = test.reduce(test.init(0, scopeAt()), tick, viewOf(), scopeAt(2));
    expect(notices.map(({ data }) => [data['alert'], data['rule']])).toEqual([
      ['rule-error', 'errors of b'],
      ['rule-error', 'errors of c'],
    ]);
    expect(test.reduce(state, tick, viewOf(), scopeAt(3)).notices).toEqual([]);
  });
});

describe('an A/B test that only observes', () => {
  it('promotes no winner by rule, and tells once that it would', () => {
    const test = ab({ then: 'promote', mode: 'observe' });
    const state = after(test, looks(3));
    expect(state.own).toMatchObject({ phase: 'running', result: 'undecided' });
    expect(test.status(state, scopeAt(5)).detail).toMatchObject({ wouldHave: ['stop: winner b'] });
    expect(test.reduce(state, tick, viewOf(better), scopeAt(5)).notices).toEqual([]);
    expect(after(test, [...looks(1), [promote('b')]]).own).toMatchObject({ phase: 'promoted', leader: 'b' });
  });

  it('keeps every arm in, whatever fails', () => {
    const state = after(abc({ mode: 'observe', guardrails: [failing(['b', 'c'], 'quarantine')] }), looks(2));
    expect(state.own).toMatchObject({ phase: 'running', removed: [] });
  });
});

it('an approval is refused where no guardrail holds', () => {
  const test = ab();
  expect(test.reduce(test.init(0, scopeAt()), order('approve'), viewOf(), scopeAt(2)).refused).toBe(
    'no approval is waited for',
  );
});
