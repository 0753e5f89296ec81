import { describe, expect, expectTypeOf, it } from 'vitest';
import { customGate, customGuardrail } from '../../src/analysis/custom.js';
import { stopOf } from '../../src/analysis/stop-ledger.js';
import { type Gate, type Guardrail, type Outcome, judge } from '../../src/analysis/verdict.js';
import { judgedOf } from './judged.js';

const judged = judgedOf([]);

describe("a rule of one's own", () => {
  it("gives its finding the rule's name, and an n of 0 where it counts nothing", () => {
    const outcomes: readonly Exclude<Outcome, 'pass'>[] = [
      'fail',
      'inconclusive',
      'insufficient-data',
      'error',
      'cancelled',
    ];
    for (const outcome of outcomes) {
      expect(customGuardrail('mine', () => ({ outcome, reason: 'so' })).judge(judged)).toEqual({
        rule: 'mine',
        outcome,
        reason: 'so',
        n: 0,
      });
      expect(customGate('mine', () => ({ outcome, reason: 'so' })).judge(judged).outcome).toBe(outcome);
    }
    const facts = {
      outcome: 'pass',
      reason: 'so',
      n: 7,
      estimate: 3,
      eValue: 9,
      alpha: 0.1,
      test: 't',
      interval: [1, 5],
    } as const;
    expect(customGate('mine', () => facts).judge(judged)).toEqual({ rule: 'mine', ...facts });
  });

  it('lets no guardrail pass, and takes nothing but a finding', async () => {
    const passing = customGuardrail('mine', () => ({ outcome: 'pass', reason: 'fine' }) as never);
    expect(passing.judge(judged)).toMatchObject({ outcome: 'error', n: 0 });
    expect(passing.judge(judged).reason).toBe(
      'must give an outcome (fail, inconclusive, insufficient-data, error, cancelled) and a reason',
    );
    for (const wrong of [
      undefined,
      true,
      'pass',
      {},
      { outcome: 'great', reason: 'x' },
      { outcome: 'pass' },
      Promise.resolve({ outcome: 'pass', reason: 'x' }),
    ]) {
      expect(customGate('mine', () => wrong as never).judge(judged).outcome).toBe('error');
    }
    const thrown = customGate('mine', () => {
      throw new Error('broken');
    });
    expect(judge(thrown, judged)).toEqual({ rule: 'mine', outcome: 'error', reason: 'broken', n: 0 });
  });

  it('carries its severity and its metrics, in its type too', () => {
    const rule = customGuardrail('mine', () => ({ outcome: 'fail', reason: 'x' }), {
      metrics: ['clicked'],
      severity: 'hold',
    });
    expectTypeOf(rule).toEqualTypeOf<Guardrail<'clicked'>>();
    expectTypeOf(customGate('g', () => ({ outcome: 'pass', reason: 'x' }))).toEqualTypeOf<Gate<never>>();
    expect(rule).toMatchObject({ name: 'mine', metrics: ['clicked'], severity: 'hold' });
    expect(stopOf([rule], [rule.judge(judged)])?.severity).toBe('hold');
    expect('gate' in rule).toBe(false);
    expect(customGate('g', () => ({ outcome: 'pass', reason: 'x' })).gate).toBe(true);
  });

  it('refuses what is no rule', () => {
    expect(() => customGuardrail('', () => ({ outcome: 'fail', reason: 'x' }))).toThrow(
      'customGuardrail:\n  name: must be a text',
    );
    expect(() => customGate('g', 5 as never)).toThrow('customGate:\n  judge: must be a function');
    // @ts-expect-error - a gate has no severity
    expect(() => customGate('g', () => ({ outcome: 'pass', reason: '' }), { severity: 'hold' })).toThrow(
      'options.severity: is not an option',
    );
    expect(() => customGuardrail('g', () => ({ outcome: 'fail', reason: '' }), { metrics: [''] })).toThrow(
      'options.metrics[0]',
    );
  });
});
