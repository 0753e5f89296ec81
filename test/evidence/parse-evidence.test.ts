import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { emptyCell } from '../../src/evidence/cell.js';
import { emptyEvidence, type Evidence, mergeEvidence } from '../../src/evidence/evidence.js';
import { fold } from '../../src/evidence/fold.js';
import { parseEvidence } from '../../src/evidence/parse-evidence.js';
import { anyEvidence, anyStrata, cellOf, evidenceOf, hour, stratumOf, throughJson } from './strata.js';

const refusal = (json: unknown): string => {
  try {
    parseEvidence(json);
  } catch (error) {
    if (isTurnoutError(error, 'state-unreadable')) return error.message;
    throw error;
  }
  return 'not refused';
};
const stratum = stratumOf(1, { candidate: cellOf({ outcomes: 3 }) });
const evidence = (parts: object): object => ({ ...emptyEvidence, ...parts });
const withStratum = (parts: object) => refusal(evidence({ strata: [{ ...stratum, ...parts }] }));

describe('parseEvidence', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(anyEvidence, anyEvidence, (a, b) => {
        const merged = mergeEvidence(a, b);
        expect(parseEvidence(throughJson(merged))).toEqual(merged);
      }),
    );
  });

  it('brings strata into canonical form, in whatever order and however often they come', () => {
    fc.assert(
      fc.property(anyStrata, fc.nat(4), (strata, closed) => {
        const json = throughJson({ ...emptyEvidence, strata, foldBefore: closed * hour });
        expect(parseEvidence(json)).toEqual(evidenceOf(strata, closed * hour));
      }),
    );
  });

  it('throws nothing but state-unreadable, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), fc.anything(), (json, part) => {
        refusal(json);
        refusal(evidence({ strata: [part] }));
        withStratum({ cells: part });
        withStratum({ scores: part, from: -1 });
        for (const key of Object.keys(stratum)) withStratum({ [key]: part });
      }),
      { numRuns: 300 },
    );
  });

  it('takes hostile keys for names', () => {
    const json = JSON.stringify(evidence({ strata: [stratum] })).replaceAll('candidate', '__proto__');
    const parsed = parseEvidence(JSON.parse(json));
    const cells = parsed.strata[0]?.cells ?? {};
    expect(Object.keys(cells)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(cells)).toBe(Object.prototype);
    expect(JSON.stringify(mergeEvidence(parsed, parsed))).toContain('"__proto__":{"exposed"');
    const folded = mergeEvidence(parsed, evidenceOf([], 9 * hour));
    expect(JSON.parse(JSON.stringify(folded)).strata).toHaveLength(1);
  });

  it('says where the damage is and what was expected', () => {
    expect(refusal(null)).toBe(
      'evidence: expected an object (was null). The evidence is damaged, or of another version.',
    );
    expect(withStratum({ epoch: -1 })).toBe(
      'evidence.strata[0].epoch: expected a whole number, 0 or more (was -1). The evidence is damaged, or of another version.',
    );
    expect(withStratum({ cells: { a: { ...emptyCell, units: 'x' } } })).toMatch(
      /^evidence\.strata\[0\]\.cells\.a\.units: /,
    );
  });

  it.each([
    [{ strata: {} }, 'evidence.strata: expected a list of at most 8192'],
    [{ strata: Array(8193).fill(null) }, 'evidence.strata: expected a list of at most 8192'],
    [{ strata: [null] }, 'evidence.strata[0]: expected an object'],
    [{ strata: Array(1) }, 'evidence.strata[0]: expected an object'],
    [{ foldBefore: -1 }, 'evidence.foldBefore: expected a number from 0'],
    [{ foldBefore: Infinity }, 'evidence.foldBefore: expected a number from 0'],
    [{ foldBefore: 8.65e15 }, 'evidence.foldBefore: expected a number from 0'],
    [{ foldBefore: '0' }, 'evidence.foldBefore: expected a number from 0'],
    [{ dropped: 3 }, 'evidence.dropped: expected an object'],
    ...['exposed', 'outcomes', 'reports', 'foldedEarly'].map((key): [object, string] => [
      { dropped: { ...emptyEvidence.dropped, [key]: -1 } },
      `evidence.dropped.${key}: expected a whole number`,
    ]),
  ] as [object, string][])('refuses %j', (parts, message) => {
    expect(refusal(evidence(parts)).startsWith(message)).toBe(true);
  });

  it('keeps what was dropped', () => {
    const dropped = { exposed: 1, outcomes: 2, reports: 3, foldedEarly: 4 };
    expect(parseEvidence(evidence({ dropped })).dropped).toEqual(dropped);
  });

  it('reads as many strata as it can ever hold', () => {
    const many = Array.from({ length: 8192 }, (_, i) => ({ ...stratum, epoch: i % 60, cells: {} }));
    expect(refusal(evidence({ strata: many }))).toBe('not refused');
  });

  it.each([
    [{ node: '' }, '.node: expected a text of 1 to 4096 characters'],
    [{ node: 'x'.repeat(4097) }, '.node: expected a text'],
    [{ node: 3 }, '.node: expected a text'],
    [{ epoch: 1.5 }, '.epoch: expected a whole number'],
    [{ from: -2 }, '.from: expected a number from 0'],
    [{ from: 8.65e15 }, '.from: expected a number from 0'],
    [{ from: null }, '.from: expected a number from 0'],
    [{ to: hour }, `.to: expected a time after its beginning at ${hour}`],
    [{ to: null }, '.to: expected a number from 0'],
    [{ to: 1.73e16 }, '.to: expected a number from 0'],
    [{ salt: 3 }, '.salt: expected a text of at most 4096'],
    [{ salt: 'x'.repeat(4097) }, '.salt: expected a text of at most 4096'],
    [{ shares: { a: 1.1 } }, '.shares.a: expected a number from 0 to 1'],
    [{ shares: { a: -0.1 } }, '.shares.a: expected a number from 0 to 1'],
    [{ shares: [1] }, '.shares: expected an object'],
    [{ arms: 'a' }, '.arms: expected a list of at most 1024'],
    [{ arms: [3] }, '.arms[0]: expected a text'],
    [{ arms: Array(1025).fill('a') }, '.arms: expected a list of at most 1024'],
    [{ cells: null }, '.cells: expected an object'],
    [{ scores: {} }, '.scores: expected none in a stratum that is not folded'],
    [{ from: -1, scores: 3 }, '.scores: expected an object'],
    [{ from: -1, scores: { error: { a: 3 } } }, '.scores.error.a: expected an object'],
  ])('refuses a stratum with %j', (parts, message) => {
    expect(withStratum(parts)).toContain(`evidence.strata[0]${message}`);
  });

  it.each([
    { node: 'x'.repeat(4096) },
    { salt: '' },
    { salt: 'x'.repeat(4096) },
    { shares: { a: 0, b: 1 } },
    { arms: Array(1024).fill('a') },
    { from: 0, to: 1e-3 },
    { from: 8.64e15, to: 8.64e15 + 2 },
    { from: -1, to: 0 },
    { cells: Object.fromEntries(Array.from({ length: 1024 }, (_, i) => [`a${i}`, emptyCell])) },
  ])('reads a stratum at the edge: %#', (parts) => {
    expect(withStratum(parts)).toBe('not refused');
  });

  it('refuses more than 1024 arms', () => {
    const names = Array.from({ length: 1025 }, (_, i) => `a${i}`);
    const record = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]));
    expect(withStratum({ cells: record(emptyCell) })).toContain('.cells: expected at most 1024 keys');
    expect(withStratum({ shares: record(0) })).toContain('.shares: expected at most 1024 keys');
    const score = { score: 0, variance: 0, weight: 0 };
    expect(withStratum({ from: -1, scores: { error: record(score) } })).toContain(
      '.scores.error: expected at most 1024 keys',
    );
  });

  it('reads scores of error, latency and 256 metrics, and no more', () => {
    const scores = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`m${i}`, {}]));
    expect(withStratum({ from: -1, scores: scores(258) })).toBe('not refused');
    expect(withStratum({ from: -1, scores: scores(259) })).toContain('.scores: expected at most 258 keys');
  });

  it('refuses scores that no data have', () => {
    const score = (parts: object) =>
      withStratum({ from: -1, scores: { error: { a: { score: -3, variance: 1, weight: 1, ...parts } } } });
    expect(score({})).toBe('not refused');
    expect(score({ variance: 0, weight: 0 })).toBe('not refused');
    expect(score({ variance: -1e-9 })).toContain('.a.variance: ');
    expect(score({ weight: -1e-9 })).toContain('.a.weight: ');
    for (const key of ['score', 'variance', 'weight']) {
      for (const bad of [Infinity, Number.NaN, null, '1']) expect(score({ [key]: bad })).toContain(`.a.${key}: `);
    }
  });

  it('keeps scores and arms as they were', () => {
    const folded: Evidence = evidenceOf([fold(stratum)]);
    expect(parseEvidence(throughJson(folded))).toEqual(folded);
    const { arms, ...unordered } = stratum;
    expect(arms).toBeDefined();
    expect(parseEvidence(evidence({ strata: [unordered] })).strata[0]).not.toHaveProperty('arms');
  });
});
