import { describe, expect, it } from 'vitest';
import { binary, continuous, ratio } from '../../src/evidence/metric.js';
import { parseOutcome } from '../../src/evidence/outcome.js';

const metrics = { clicked: binary(), revenue: continuous({ cap: 100 }), mood: continuous() };
const reasonsOf = (report: unknown) => parseOutcome(metrics, report).reasons;

describe('parseOutcome', () => {
  it('takes booleans of binary metrics and numbers of continuous ones', () => {
    expect(parseOutcome(metrics, { clicked: true, revenue: 7, mood: -3 })).toEqual({
      values: [
        { name: 'clicked', metric: metrics.clicked, value: 1 },
        { name: 'revenue', metric: metrics.revenue, value: 7 },
        { name: 'mood', metric: metrics.mood, value: -3 },
      ],
      reasons: [],
    });
    expect(parseOutcome(metrics, { clicked: false }).values).toMatchObject([{ value: 0 }]);
  });

  it('takes error and latency, and nothing where nothing is given', () => {
    expect(parseOutcome(metrics, { error: false, latencyMs: 0 })).toEqual({
      values: [],
      reasons: [],
      error: false,
      latencyMs: 0,
    });
    expect(parseOutcome(metrics, { error: true, latencyMs: 1.5 })).toMatchObject({ error: true, latencyMs: 1.5 });
    expect(parseOutcome({}, { clicked: undefined })).toEqual({ values: [], reasons: [] });
  });

  it.each([
    [{ clicked: 1 }, 'clicked: must be true or false (was 1)'],
    [{ clicked: 'true' }, "clicked: must be true or false (was 'true')"],
    [{ clicked: null }, 'clicked: must be true or false (was null)'],
    [{ revenue: '7' }, "revenue: must be a number from 0 to 1000000000000 (was '7')"],
    [{ revenue: -0.01 }, 'revenue: must be a number from 0 to 1000000000000 (was -0.01)'],
    [{ mood: true }, 'mood: must be a number from -1000000000000 to 1000000000000 (was true)'],
    [{ mood: Number.NaN }, 'mood: must be a number from -1000000000000 to 1000000000000 (was NaN)'],
    [{ mood: Infinity }, 'mood: must be a number from -1000000000000 to 1000000000000 (was Infinity)'],
    [{ mood: -1.1e12 }, 'mood: must be a number from -1000000000000 to 1000000000000 (was -1100000000000)'],
    [{ error: 'timeout' }, "error: must be true or false (was 'timeout')"],
    [{ latencyMs: -1 }, 'latencyMs: must be a time in milliseconds, 0 or more (was -1)'],
    [{ latencyMs: Infinity }, 'latencyMs: must be a time in milliseconds, 0 or more (was Infinity)'],
    [{ latencyMs: '5' }, "latencyMs: must be a time in milliseconds, 0 or more (was '5')"],
    [{ latencyMs: Number.NaN }, 'latencyMs: must be a time in milliseconds, 0 or more (was NaN)'],
    [{ cliked: true }, 'cliked: is not a metric. Did you mean clicked?'],
    [{ latency: 3 }, 'latency: is not a metric. Did you mean latencyMs?'],
    [{ weather: 3 }, 'weather: is not a metric.'],
    [{ constructor: 3 }, 'constructor: is not a metric.'],
  ])('refuses %j with a reason, and lets the rest stand', (bad, reason) => {
    const { values, reasons } = parseOutcome(metrics, { ...bad, mood: 'mood' in bad ? bad.mood : 2 });
    expect(reasons).toEqual([reason]);
    expect(values).toHaveLength('mood' in bad ? 0 : 1);
  });

  it('takes values at the edges', () => {
    expect(reasonsOf({ revenue: 0, mood: -1e12 })).toEqual([]);
    expect(reasonsOf({ revenue: 1e12, mood: 1e12 })).toEqual([]);
  });

  it('refuses what is not an object, and more than 256 fields', () => {
    expect(parseOutcome(metrics, null)).toEqual({ values: [], reasons: ['the outcome must be an object (was null)'] });
    expect(reasonsOf([true])).toEqual(['the outcome must be an object (was a list of 1)']);
    const fields = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`weather${i}`, 1]));
    expect(reasonsOf(fields(257))).toEqual(['the outcome has more than 256 fields']);
    expect(reasonsOf(fields(256))).toHaveLength(256);
  });

  it('does not repeat a long name in full', () => {
    expect(reasonsOf({ ['x'.repeat(1000)]: 1 })).toEqual([`${'x'.repeat(64)}: is not a metric.`]);
  });

  it('does not take an inherited metric for a declared one', () => {
    expect(parseOutcome({}, JSON.parse('{"__proto__":true,"toString":true}')).values).toEqual([]);
  });

  it('takes both parts of a ratio', () => {
    const rate = ratio();
    expect(parseOutcome({ rate }, { rate: { numerator: -3, denominator: 0, more: 1 } })).toEqual({
      values: [{ name: 'rate', metric: rate, value: -3, denominator: 0 }],
      reasons: [],
    });
    for (const numerator of [1e12, -1e12]) {
      expect(parseOutcome({ rate }, { rate: { numerator, denominator: 1e12 } }).values).toHaveLength(1);
    }
  });

  it.each([
    0.5,
    null,
    [1, 2],
    {},
    { numerator: 1 },
    { denominator: 1 },
    { numerator: '1', denominator: 1 },
    { numerator: 1, denominator: '1' },
    { numerator: 1, denominator: -1e-9 },
    { numerator: 1, denominator: 1.001e12 },
    { numerator: 1.001e12, denominator: 1 },
    { numerator: -1.001e12, denominator: 1 },
    { numerator: Number.NaN, denominator: 1 },
    { numerator: 1, denominator: Number.NaN },
  ])('refuses %j for a ratio', (value) => {
    const { values, reasons } = parseOutcome({ rate: ratio() }, { rate: value });
    expect(values).toEqual([]);
    expect(reasons[0]).toMatch(
      /^rate: must be \{ numerator, denominator \}, numbers of at most 1000000000000, the denominator 0 or more \(was /,
    );
  });
});
