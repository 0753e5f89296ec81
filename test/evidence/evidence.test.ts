import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyEvidence,
  epochsMax,
  epochsPerNodeMax,
  type Evidence,
  liveStrataMax,
  mergeEvidence,
} from '../../src/evidence/evidence.js';
import { fold } from '../../src/evidence/fold.js';
import type { Stratum } from '../../src/evidence/stratum.js';
import { anyEvidence, anyStrata, cellOf, evidenceOf, hour, stratumOf, sumsOf } from './strata.js';

/** Evidence without its score sums, which alone may depend on what was folded first. */
const unscored = ({ strata, ...rest }: Evidence) => ({
  ...rest,
  strata: strata.map((stratum) => ({ ...stratum, scores: undefined })),
});
const one = (count: number) => ({ candidate: cellOf({ exposed: count, outcomes: count }) });
const countOf = ({ strata }: Evidence) =>
  strata.reduce((sum, { cells }) => sum + Object.values(cells).reduce((total, cell) => total + cell.outcomes, 0), 0);

describe('mergeEvidence', () => {
  it('is the same in either order, to the letter', () => {
    fc.assert(
      fc.property(anyEvidence, anyEvidence, (a, b) => {
        expect(JSON.stringify(mergeEvidence(a, b))).toBe(JSON.stringify(mergeEvidence(b, a)));
      }),
    );
  });

  it('is the same however it is grouped, but for the scores of what came after its bucket was folded', () => {
    fc.assert(
      fc.property(anyEvidence, anyEvidence, anyEvidence, (a, b, c) => {
        const left = mergeEvidence(mergeEvidence(a, b), c);
        const right = mergeEvidence(a, mergeEvidence(b, c));
        expect(unscored(left)).toEqual(unscored(right));
      }),
    );
  });

  it('has the scores of whole buckets when deltas come before the fold, in any grouping', () => {
    fc.assert(
      fc.property(fc.array(anyStrata, { minLength: 3, maxLength: 3 }), fc.nat(4), (parts, closed) => {
        const [a, b, c] = parts.map((strata) => evidenceOf(strata)) as [Evidence, Evidence, Evidence];
        const closing = evidenceOf([], closed * hour);
        const left = mergeEvidence(mergeEvidence(mergeEvidence(a, b), c), closing);
        const right = mergeEvidence(mergeEvidence(c, mergeEvidence(b, a)), closing);
        expect(left).toEqual(right);
        expect(left).toEqual(evidenceOf(parts.flat(), closed * hour));
      }),
    );
  });

  it('adds nothing to evidence by merging nothing, again and again', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        expect(mergeEvidence(evidence, emptyEvidence)).toEqual(evidence);
        expect(mergeEvidence(emptyEvidence, evidence)).toEqual(evidence);
        expect(mergeEvidence(evidence, evidenceOf([], evidence.foldBefore))).toEqual(evidence);
      }),
    );
  });

  it('loses nothing and counts nothing twice', () => {
    fc.assert(
      fc.property(anyEvidence, anyEvidence, (a, b) => {
        expect(countOf(mergeEvidence(a, b))).toBe(countOf(a) + countOf(b));
      }),
    );
  });

  it('keeps nodes, epochs and buckets apart, in that order', () => {
    const strata = [
      stratumOf(0, one(1), { node: 'b', epoch: 2 }),
      stratumOf(1, one(2), { node: 'b', epoch: 2 }),
      stratumOf(0, one(3), { node: 'b', epoch: 10 }),
      stratumOf(0, one(4), { node: 'a', epoch: 20 }),
      stratumOf(0, one(5), { node: 'b', epoch: 2, to: hour / 2 }),
    ];
    const places = (evidence: Evidence) =>
      evidence.strata.map(({ node, epoch, from, to }) => [node, epoch, from / hour, to / hour]);
    const sorted = [
      ['a', 20, 0, 1],
      ['b', 2, 0, 0.5],
      ['b', 2, 0, 1],
      ['b', 2, 1, 2],
      ['b', 10, 0, 1],
    ];
    expect(places(evidenceOf(strata))).toEqual(sorted);
    expect(places(mergeEvidence(evidenceOf(strata.slice(0, 2)), evidenceOf(strata.slice(2))))).toEqual(sorted);
    expect(places(evidenceOf([...strata].reverse()))).toEqual(sorted);
  });

  it('folds what ends by the later of both closings, and nothing after it', () => {
    const a = evidenceOf([stratumOf(0, one(1)), stratumOf(1, one(2)), stratumOf(2, one(4))], hour);
    const b = evidenceOf([stratumOf(1, one(8))], 2 * hour);
    const merged = mergeEvidence(a, b);
    expect(merged.foldBefore).toBe(2 * hour);
    expect(merged.strata.map(({ from, to, cells }) => [from, to, cells['candidate']?.outcomes])).toEqual([
      [-1, 2 * hour, 11],
      [2 * hour, 3 * hour, 4],
    ]);
    const almost = evidenceOf([stratumOf(0, one(1))], hour - 1);
    expect(almost.strata[0]?.from).toBe(0);
  });

  it('puts what comes late into the folded stratum, scored on its own', () => {
    const cells = (n: number, x: number) => ({
      candidate: cellOf({ outcomes: n, errors: x }),
      baseline: cellOf({ outcomes: n }),
    });
    const stored = evidenceOf([stratumOf(0, cells(10, 2))], hour);
    const late = evidenceOf([stratumOf(0, cells(20, 6))]);
    const merged = mergeEvidence(stored, late);
    expect(merged.strata).toHaveLength(1);
    expect(merged.strata[0]?.cells['candidate']).toMatchObject({ outcomes: 30, errors: 8 });
    const score = (stratum: Stratum) => fold(stratum).scores?.['error']?.['candidate']?.score ?? Number.NaN;
    expect(merged.strata[0]?.scores?.['error']?.['candidate']?.score).toBeCloseTo(
      score(stratumOf(0, cells(10, 2))) + score(stratumOf(0, cells(20, 6))),
      12,
    );
  });

  it('starts from nothing', () => {
    expect(emptyEvidence).toEqual({
      strata: [],
      foldBefore: 0,
      dropped: { exposed: 0, outcomes: 0, reports: 0, foldedEarly: 0 },
    });
  });

  it('adds up what was dropped on both sides', () => {
    const dropped = { exposed: 1, outcomes: 20, reports: 300, foldedEarly: 4000 };
    const evidence = { ...emptyEvidence, dropped };
    expect(mergeEvidence(evidence, evidence).dropped).toEqual({
      exposed: 2,
      outcomes: 40,
      reports: 600,
      foldedEarly: 8000,
    });
  });
});

describe('the limits of evidence', () => {
  const epochs = (n: number, node = 'ranker', first = 1) =>
    Array.from({ length: n }, (_, i) =>
      stratumOf(
        0,
        { a: cellOf({ exposed: 5, outcomes: 3, metrics: { m: sumsOf({ n: 2 }), k: sumsOf({ n: 4 }) } }) },
        { node, epoch: first + i },
      ),
    );

  it('keep the 64 newest epochs of a node, and count what the others held', () => {
    expect(epochsPerNodeMax).toBe(64);
    expect(evidenceOf(epochs(64))).toMatchObject({ dropped: emptyEvidence.dropped });
    const full = evidenceOf([...epochs(66), ...epochs(3, 'other', 1)]);
    expect(full.strata.map(({ node, epoch }) => `${node} ${epoch}`)).toEqual([
      'other 1',
      'other 2',
      'other 3',
      ...Array.from({ length: 64 }, (_, i) => `ranker ${i + 3}`),
    ]);
    expect(full.dropped).toEqual({ exposed: 10, outcomes: 6, reports: 12, foldedEarly: 0 });
  });

  it('keep an epoch whole, folded or live, in all its buckets', () => {
    const two = [stratumOf(0, one(1), { epoch: 99 }), stratumOf(5, one(2), { epoch: 99 })];
    const full = evidenceOf([...two, ...epochs(64)], hour);
    expect(full.strata.filter(({ epoch }) => epoch === 99)).toHaveLength(2);
    expect(full.strata).toHaveLength(65);
    expect(full.dropped.exposed).toBe(5);
  });

  it('keep the 4096 newest epochs of all nodes', () => {
    expect(epochsMax).toBe(4096);
    const nodes = Array.from({ length: 65 }, (_, i) => epochs(64, `node ${i + 10}`, i * 64)).flat();
    const full = evidenceOf(nodes, hour);
    expect(full.strata).toHaveLength(4096);
    expect(full.strata.some(({ node }) => node === 'node 10')).toBe(false);
    expect(full.dropped).toMatchObject({ exposed: 64 * 5 });
    const alike = Array.from({ length: 4097 }, (_, i) =>
      stratumOf(0, one(1), { node: `node ${10_000 + i}`, epoch: 7 }),
    );
    const tied = evidenceOf([...alike].reverse(), hour);
    expect(tied.strata.map(({ node }) => node)).toEqual(alike.slice(0, 4096).map(({ node }) => node));
  });

  it('do not depend on the order of merges', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(epochs(140), { minLength: 140, maxLength: 140 }), fc.nat(140), (strata, at) => {
        const whole = evidenceOf(strata);
        const parts = mergeEvidence(evidenceOf(strata.slice(0, at)), evidenceOf(strata.slice(at)));
        expect(parts).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  const buckets = (n: number) => Array.from({ length: n }, (_, i) => stratumOf(i, one(1)));

  it('keep 2048 strata live, and fold the oldest early', () => {
    expect(liveStrataMax).toBe(2048);
    const full = evidenceOf(buckets(2048));
    expect(full.strata).toHaveLength(2048);
    expect([full.foldBefore, full.dropped.foldedEarly]).toEqual([0, 0]);
    const over = evidenceOf(buckets(2051));
    expect(over.strata).toHaveLength(2049);
    expect([over.foldBefore, over.dropped.foldedEarly]).toEqual([3 * hour, 3]);
    expect(over.strata[0]).toMatchObject({ from: -1, to: 3 * hour, cells: { candidate: { outcomes: 3 } } });
    expect(countOf(over)).toBe(2051);
  });

  it('do not count among the live what is folded anyway', () => {
    const closed = evidenceOf(buckets(2051), 3 * hour);
    expect(closed.dropped.foldedEarly).toBe(0);
    expect(mergeEvidence(closed, evidenceOf([stratumOf(2051, one(1))])).dropped.foldedEarly).toBe(1);
    const partly = evidenceOf(buckets(2051), 2 * hour);
    expect([partly.foldBefore, partly.dropped.foldedEarly]).toEqual([3 * hour, 1]);
  });

  it('fold what ends together together', () => {
    const together = Array.from({ length: 2050 }, (_, i) => stratumOf(i < 3 ? 0 : 1, one(1), { node: `n${i}` }));
    const over = evidenceOf(together);
    expect([over.foldBefore, over.dropped.foldedEarly]).toEqual([hour, 3]);
  });
});
