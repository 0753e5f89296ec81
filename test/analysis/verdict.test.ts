import { describe, expect, it } from 'vitest';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { type Guardrail, judge } from '../../src/analysis/verdict.js';
import { countOf, durationOf, evidenceOf, meanOf, milliseconds, percent } from '../../src/analysis/words.js';
import { eValueOf, isDecided } from '../../src/analysis/rule.js';
import { judgedOf, yes } from './judged.js';

const ruleThat = (judgeIt: () => never): Guardrail<never> => ({ name: 'mine', metrics: [], judge: judgeIt });

describe('judge', () => {
  it("makes an error of whatever a rule throws: it is neither the candidate's fault nor its merit", () => {
    const thrown = ruleThat(() => {
      throw new Error('no figures');
    });
    expect(judge(thrown, judgedOf([]))).toEqual({ rule: 'mine', outcome: 'error', reason: 'no figures', n: 0 });
    const text = ruleThat(() => {
      throw 'just a text';
    });
    expect(judge(text, judgedOf([])).reason).toBe('just a text');
  });

  it('passes on what a rule says', () => {
    const judged = judgedOf([
      { cells: { a: { exposed: 9, metrics: { clicked: yes(1) } }, b: { exposed: 9, metrics: { clicked: yes(1) } } } },
    ]);
    const rule = noWorseThan('clicked');
    expect(judge(rule, judged)).toEqual(rule.judge(judged));
    expect(judge(noWorseThan('clicked', { relativeMargin: 2 }), judged).outcome).toBe('error');
  });
});

describe('the words of a verdict', () => {
  it('give three digits, and no more than there are', () => {
    expect([percent(0.0213456), percent(1), percent(0.000_012_3), percent(0)]).toEqual([
      '2.13 %',
      '100 %',
      '0.00123 %',
      '0 %',
    ]);
    expect([milliseconds(312.4), milliseconds(0.5)]).toEqual(['312 ms', '0.5 ms']);
    const measure = { name: 'm', per: 'report', better: 'higher', windowMs: 1 } as const;
    expect(meanOf({ ...measure, type: 'continuous' }, 12.34567)).toBe('12.35');
    expect(meanOf({ ...measure, type: 'binary' }, 0.5)).toBe('50 %');
    expect(meanOf({ ...measure, type: 'latency' }, 0.5)).toBe('50 %');
    expect([0, 999, 1000, 3100, 1234567.4].map(countOf)).toEqual(['0', '999', '1,000', '3,100', '1,234,567']);
    const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
    expect(
      [-5, 999, 1000, 59_999, minute, 90_000, hour, hour + 999, 130 * minute, day, day + 4 * hour + 1].map(durationOf),
    ).toEqual(['0 ms', '999 ms', '1 s', '59 s', '1 min', '1 min 30 s', '1 h', '1 h', '2 h 10 min', '1 d', '1 d 4 h']);
    expect(durationOf(1500)).toBe('1 s');
    expect(evidenceOf(0.123456, 0.05)).toBe('e-value 0.123, 20 decides');
    expect(evidenceOf(999_999, 0.01)).toBe('e-value 1000000, 100 decides');
    expect(evidenceOf(1e6, 0.01)).toBe('e-value over a million, 100 decides');
  });
});

describe('a decision', () => {
  it('is made at 1/alpha and above, never on NaN', () => {
    expect(isDecided(Math.log(100), 0.01)).toBe(true);
    expect(isDecided(Math.log(99.999), 0.01)).toBe(false);
    expect(isDecided(Number.NaN, 0.01)).toBe(false);
    expect(isDecided(Infinity, 0.01)).toBe(true);
    expect(eValueOf(Infinity)).toBeLessThan(Infinity);
    expect(eValueOf(Math.log(5))).toBeCloseTo(5, 12);
  });
});
