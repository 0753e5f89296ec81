import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alphasOf, defaultStopAlpha, stopAlphaOf, stopOf } from '../../src/analysis/stop-ledger.js';
import { stopLedger } from '../../src/stats/alpha-ledger.js';
import type { Guardrail, Outcome, Severity, Verdict } from '../../src/analysis/verdict.js';

const rule = (name: string, options: { severity?: Severity; alpha?: number } = {}): Guardrail => ({
  name,
  metrics: [],
  ...options,
  judge: () => said(name, 'inconclusive'),
});

const said = (name: string, outcome: Outcome, alpha?: number, eValue?: number): Verdict => ({
  rule: name,
  outcome,
  reason: 'so',
  n: 1,
  ...(alpha !== undefined && { alpha }),
  ...(eValue !== undefined && { eValue }),
});

describe('the alpha of guardrails', () => {
  test('is 0.01 over all of them, in equal parts among those that name none', () => {
    expect(defaultStopAlpha).toBe(0.01);
    expect(alphasOf([rule('a'), rule('b'), rule('c'), rule('d')], 0.01)).toEqual([0.0025, 0.0025, 0.0025, 0.0025]);
    expect(alphasOf([rule('a'), rule('b', { alpha: 0.2 }), rule('c')], 0.01)).toEqual([0.005, 0.2, 0.005]);
    expect(alphasOf([rule('b', { alpha: 0.2 })], 0.01)).toEqual([0.2]);
    expect(alphasOf([], 0.01)).toEqual([]);
  });
});

describe('guardrails stop', () => {
  const rules = [rule('a'), rule('b')];

  test('when their e-values, each times its alpha, sum to 1: not a hair before', () => {
    const at = (first: number, second: number) => [
      said('a', 'inconclusive', 0.25, first),
      said('b', 'inconclusive', 0.25, second),
    ];
    expect(stopOf(rules, at(2, 1.9))).toBeUndefined();
    expect(stopOf(rules, at(2, 2))).toMatchObject({ severity: 'rollback', verdict: { rule: 'a' } });
    expect(stopOf(rules, at(1, 3))).toMatchObject({ verdict: { rule: 'b' } });
    expect(stopAlphaOf(rules, [0.25, 0.25], at(1, 2))).toEqual({ alpha: 0.5, spent: 0.75 });
    expect(stopAlphaOf(rules, [0.25, 0.25], at(9, 9))).toEqual({ alpha: 0.5, spent: 1 });
  });

  test('by a rule that fails without an e-value, and by one that says so at its alpha', () => {
    const pass = said('a', 'pass', 0.25, 100);
    expect(stopOf(rules, [pass, said('b', 'fail')])).toMatchObject({ verdict: { rule: 'b' } });
    // Rounded down, its e-value is short of 1 / alpha by a hair.
    expect(stopOf(rules, [pass, said('b', 'fail', 0.25, 3.999)])).toMatchObject({ verdict: { rule: 'b' } });
  });

  test.each(['pass', 'insufficient-data', 'error', 'cancelled'] as const)('never by a verdict %s', (outcome) => {
    const verdicts = [said('a', outcome, 0.25, 1e9), said('b', outcome)];
    expect(stopOf(rules, verdicts)).toBeUndefined();
    expect(stopAlphaOf(rules, [0.25, 0.25], verdicts)).toEqual({ alpha: 0.5, spent: 0 });
  });

  test('by nothing where there are none, or where a number is no number', () => {
    expect(stopOf([], [])).toBeUndefined();
    expect(stopAlphaOf([], [], [])).toEqual({ alpha: 0, spent: 0 });
    expect(stopOf(rules, [said('a', 'inconclusive', 0.25, Number.NaN), said('b', 'inconclusive')])).toBeUndefined();
  });

  test('by the strongest severity that has used up its alpha with those above it', () => {
    const mixed = [rule('a', { severity: 'hold' }), rule('b', { severity: 'quarantine' }), rule('c')];
    const at = (a: number, b: number, c: number) =>
      stopOf(mixed, [
        said('a', 'inconclusive', 0.1, a),
        said('b', 'inconclusive', 0.1, b),
        said('c', 'inconclusive', 0.1, c),
      ]);
    expect(at(10, 0, 0)).toMatchObject({ severity: 'hold', verdict: { rule: 'a' } });
    expect(at(6, 4, 0)).toMatchObject({ severity: 'hold', verdict: { rule: 'a' } });
    expect(at(6, 4, 6)).toMatchObject({ severity: 'rollback', verdict: { rule: 'c' } });
    expect(at(100, 10, 0)).toMatchObject({ severity: 'quarantine', verdict: { rule: 'b' } });
    expect(at(5, 2, 2)).toBeUndefined();
  });

  test('later where a look may spend a part of alpha only: of a rule that names its own, the evidence counts for less', () => {
    const named = [rule('a', { alpha: 0.1 })];
    const at = (eValue: number, outcome: Outcome = 'fail') => [said('a', outcome, 0.1, eValue)];
    expect(stopOf(named, at(19), 0.5)).toBeUndefined();
    expect(stopOf(named, at(20), 0.5)).toMatchObject({ verdict: { rule: 'a' } });
    expect(stopAlphaOf(named, [0.1], at(10), 0.5)).toEqual({ alpha: 0.05, spent: 0.5 });
    // What was judged with a part of alpha already is not cut twice.
    expect(stopOf([rule('a')], at(10, 'inconclusive'), 0.5)).toMatchObject({ verdict: { rule: 'a' } });
    expect(stopOf([rule('a')], [said('a', 'fail')], 0.5)).toBeDefined();
  });

  test('exactly when the weighted mean of the e-values, by the statistics module, reaches 1 / alpha', () => {
    const one = fc.record({
      alpha: fc.double({ min: 1e-4, max: 0.2, noNaN: true }),
      log: fc.double({ min: -5, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (parts) => {
        const all = parts.map((_, at) => rule(`r${at}`));
        const verdicts = parts.map(({ alpha, log }, at) => said(`r${at}`, 'inconclusive', alpha, Math.exp(log)));
        const sum = parts.reduce((total, { alpha, log }) => total + alpha * Math.exp(log), 0);
        // At 1 itself the two are rounded apart.
        fc.pre(Math.abs(sum - 1) > 1e-9);
        const alpha = parts.reduce((total, part) => total + part.alpha, 0);
        const evidence = parts.map((part, at) => ({ name: `r${at}`, logE: part.log, weight: part.alpha }));
        const { stop, leading } = stopLedger(evidence, { alpha });
        expect(stopOf(all, verdicts)?.verdict.rule).toBe(stop ? leading : undefined);
      }),
    );
  });

  test('never later with more alpha, on the same evidence', () => {
    const eValues = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 4 });
    const alpha = fc.double({ min: 1e-4, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(eValues, alpha, alpha, (values, one, other) => {
        const all = values.map((_, at) => rule(`r${at}`));
        const stops = (level: number) => {
          const alphas = alphasOf(all, level);
          const verdicts = values.map((eValue, at) => said(`r${at}`, 'inconclusive', alphas[at], eValue));
          return stopOf(all, verdicts) !== undefined;
        };
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        return !stops(less) || stops(more);
      }),
    );
  });
});
