import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionLine, decisionRow, parseDecisionLog } from '../../../src/bandits/index.js';

const decision = {
  exposures: [
    { node: 'outer', arm: 'candidate', propensity: 0.5 },
    { node: 'ranker', arm: 'b', propensity: 0.25 },
    { node: 'forced', arm: 'c', propensity: 0, pinned: true as const },
  ],
};

describe('the log of decisions', () => {
  it('makes a row of a decision and its reward, with the chance of the arm at the node', () => {
    const facts = { node: 'ranker', context: { country: 'DE' }, reward: 2.5 };
    const row = { context: { country: 'DE' }, arm: 'b', propensity: 0.25, reward: 2.5 };
    expect(decisionRow(decision, facts)).toEqual(row);
    expect(decisionRow(decision, { ...facts, unit: 'u1' })).toEqual({ ...row, unit: 'u1' });
  });

  it('makes none of what was no chance, or is no reward', () => {
    const facts = { node: 'ranker', context: {}, reward: 1 };
    expect(decisionRow(decision, { ...facts, node: 'forced' })).toBeUndefined();
    expect(decisionRow(decision, { ...facts, node: 'elsewhere' })).toBeUndefined();
    expect(decisionRow(decision, { ...facts, reward: Number.NaN })).toBeUndefined();
    expect(decisionRow({ exposures: [] }, facts)).toBeUndefined();
  });

  it('reads what it wrote, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record(
            {
              context: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })),
              arm: fc.string({ minLength: 1 }),
              propensity: fc.double({ min: 1e-9, max: 1, noNaN: true }),
              reward: fc.double({ noDefaultInfinity: true, noNaN: true }),
              unit: fc.string({ minLength: 1 }),
            },
            { requiredKeys: ['context', 'arm', 'propensity', 'reward'] },
          ),
        ),
        (rows) => {
          const log = parseDecisionLog(rows.map(decisionLine).join(''));
          expect(log.refused).toBe(0);
          expect(log.rows).toEqual(JSON.parse(JSON.stringify(rows)));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('counts what is no row by its reason, and takes the rest', () => {
    const good = { context: {}, arm: 'a', propensity: 1, reward: 0 };
    const bad: readonly (readonly [unknown, string])[] = [
      ['{', 'a line is not JSON'],
      ['[]', 'a line is not an object'],
      [{ ...good, context: 'DE' }, 'context is not an object'],
      [{ ...good, arm: '' }, 'arm is not a name'],
      [{ ...good, arm: 1 }, 'arm is not a name'],
      [{ ...good, propensity: 0 }, 'propensity is not in (0, 1]'],
      [{ ...good, propensity: 1.01 }, 'propensity is not in (0, 1]'],
      [{ ...good, propensity: '1' }, 'propensity is not in (0, 1]'],
      ['{"context":{},"arm":"a","propensity":1,"reward":1e999}', 'reward is not a finite number'],
      [{ ...good, reward: null }, 'reward is not a finite number'],
      [{ ...good, unit: '' }, 'unit is not a name'],
      [{ ...good, unit: 3 }, 'unit is not a name'],
      [{ ...good, context: { long: 'x'.repeat(65_536) } }, 'a line is longer than 65536 characters'],
    ];
    for (const [line, reason] of bad) {
      const text = typeof line === 'string' ? line : JSON.stringify(line);
      const log = parseDecisionLog([text, JSON.stringify(good), '', text]);
      expect(log).toEqual({ rows: [good], refused: 2, reasons: { [reason]: 2 } });
    }
    expect(parseDecisionLog('\n \n')).toEqual({ rows: [], refused: 0, reasons: {} });
  });
});
