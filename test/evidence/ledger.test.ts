import { describe, expect, it } from 'vitest';
import { Ledger, type NodeEpoch } from '../../src/evidence/ledger.js';
import { parseEvidence } from '../../src/evidence/parse-evidence.js';
import { cellOf, evidenceOf, hour, throughJson } from './strata.js';

const terms = (parts: Partial<NodeEpoch> = {}): NodeEpoch => ({
  node: 'ranker',
  epoch: 1,
  salt: 'ranker',
  shares: { candidate: 0.1, baseline: 0.9 },
  arms: ['candidate', 'baseline'],
  ...parts,
});
const ledgerOf = (nodes: readonly NodeEpoch[] = [terms()], maxCells = 100) => {
  const ledger = new Ledger({ bucketMs: hour, maxCells });
  ledger.adopt(nodes);
  return ledger;
};
const count = (ledger: Ledger, at: number | 'folded', { node = 'ranker', epoch = 1, arm = 'candidate' } = {}) => {
  const cell = ledger.cell(node, epoch, arm, at);
  if (cell !== undefined) cell.outcomes += 1;
  return cell !== undefined;
};

describe('Ledger', () => {
  it('cuts strata at the multiples of the bucket, and keeps the terms of the epoch', () => {
    const ledger = ledgerOf();
    for (const at of [3 * hour, 3 * hour + 1, 4 * hour - 1, 4 * hour, 3 * hour - 1]) count(ledger, at);
    const { node, epoch, salt, shares, arms } = terms();
    const stratum = (bucket: number, outcomes: number) => ({
      node,
      epoch,
      salt,
      shares,
      arms,
      from: bucket * hour,
      to: (bucket + 1) * hour,
      cells: { candidate: cellOf({ outcomes }) },
    });
    expect(ledger.take([])).toEqual([stratum(3, 3), stratum(4, 1), stratum(2, 1)]);
    expect(ledger.take([])).toEqual([]);
  });

  it('keeps arms apart, and leaves out those of which nothing was counted', () => {
    const ledger = ledgerOf();
    count(ledger, 5);
    count(ledger, 5, { arm: 'baseline' });
    count(ledger, 5, { arm: 'baseline' });
    expect(ledger.take([])[0]?.cells).toEqual({
      candidate: cellOf({ outcomes: 1 }),
      baseline: cellOf({ outcomes: 2 }),
    });
    count(ledger, 5, { arm: 'baseline' });
    expect(ledger.take([])[0]?.cells).toEqual({ baseline: cellOf({ outcomes: 1 }) });
  });

  it('keeps what no bucket holds any more in a folded stratum of its own', () => {
    const ledger = ledgerOf();
    count(ledger, 5);
    count(ledger, 'folded');
    count(ledger, 'folded');
    count(ledger, 6);
    const taken = ledger.take([]);
    expect(taken.map(({ from, to, cells }) => [from, to, cells['candidate']?.outcomes])).toEqual([
      [0, hour, 2],
      [-1, 0, 2],
    ]);
    expect(parseEvidence(throughJson(evidenceOf(taken, 0))).strata).toHaveLength(2);
  });

  it('names the metrics per exposure where there were exposures', () => {
    const ledger = ledgerOf();
    const cell = ledger.cell('ranker', 1, 'candidate', 5);
    if (cell !== undefined) cell.exposed = 1;
    expect(ledger.take(['clicked'])[0]?.cells['candidate']?.metrics).toHaveProperty('clicked');
  });

  it('knows only what was adopted', () => {
    const ledger = ledgerOf();
    expect(ledger.knows('ranker', 1, 'candidate')).toBe(true);
    for (const other of [{ node: 'other' }, { epoch: 2 }, { arm: 'other' }, { arm: '__proto__' }]) {
      const {
        node = 'ranker',
        epoch = 1,
        arm = 'candidate',
      } = other as { node?: string; epoch?: number; arm?: string };
      expect(ledger.knows(node, epoch, arm)).toBe(false);
      expect(count(ledger, 5, other)).toBe(false);
    }
    count(ledger, 5);
    expect(count(ledger, 5, { arm: 'other' })).toBe(false);
    expect(ledger.take([])).toHaveLength(1);
    expect(ledger.dropped).toBe(0);
  });

  it('has no bucket for times that are none', () => {
    const ledger = ledgerOf();
    for (const at of [-1, Number.NaN, Infinity, -Infinity, 8.64e15]) expect(count(ledger, at)).toBe(false);
    expect(count(ledger, 8.6e15)).toBe(true);
    expect(count(ledger, 0)).toBe(true);
    for (const at of [-1, Number.NaN, Infinity]) expect(count(ledger, at)).toBe(false);
    expect(ledger.dropped).toBe(0);
  });

  it('adopts an epoch that it knows without losing a count', () => {
    const ledger = ledgerOf();
    count(ledger, 5);
    ledger.adopt([terms()]);
    count(ledger, 5);
    expect(ledger.take([]).map(({ cells }) => cells['candidate']?.outcomes)).toEqual([2]);
  });

  it('counts earlier epochs on, each under its own terms', () => {
    const ledger = ledgerOf();
    ledger.adopt([terms({ epoch: 2, shares: { candidate: 0.5, baseline: 0.5 } })]);
    count(ledger, 5, { epoch: 2 });
    count(ledger, 5, { epoch: 1 });
    expect(ledger.take([]).map(({ epoch, shares }) => [epoch, shares['candidate']])).toEqual([
      [2, 0.5],
      [1, 0.1],
    ]);
  });

  it('lets new terms of an epoch replace the old, and still gives what was counted under these', () => {
    const ledger = ledgerOf();
    count(ledger, 5);
    ledger.adopt([terms({ arms: ['fresh', 'baseline'], shares: { fresh: 0.5, baseline: 0.5 } })]);
    expect(count(ledger, 5)).toBe(false);
    expect(count(ledger, 5, { arm: 'fresh' })).toBe(true);
    expect(ledger.take([]).map(({ shares }) => Object.keys(shares)[0])).toEqual(['candidate', 'fresh']);
  });

  it('knows the last 64 epochs of a node, by when they were last adopted', () => {
    const ledger = ledgerOf([]);
    for (let epoch = 1; epoch <= 64; epoch += 1) ledger.adopt([terms({ epoch })]);
    count(ledger, 5, { epoch: 2 });
    ledger.adopt([terms({ epoch: 1 })]);
    expect(ledger.knows('ranker', 2, 'candidate')).toBe(true);
    ledger.adopt([terms({ epoch: 65 })]);
    expect([1, 2, 3, 65].map((epoch) => ledger.knows('ranker', epoch, 'candidate'))).toEqual([true, false, true, true]);
    expect(count(ledger, 5, { epoch: 2 })).toBe(false);
    expect(ledger.take([])).toMatchObject([{ epoch: 2, cells: { candidate: { outcomes: 1 } } }]);
  });

  it('knows 4096 epochs in all', () => {
    const node = (i: number) => terms({ node: `n${i}` });
    const ledger = ledgerOf(Array.from({ length: 4096 }, (_, i) => node(i)));
    expect(ledger.knows('n0', 1, 'candidate')).toBe(true);
    ledger.adopt([node(0), node(4096)]);
    expect(['n0', 'n1', 'n2', 'n4096'].map((name) => ledger.knows(name, 1, 'candidate'))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('shares the seen units among the epochs of a salt, and starts anew with another', () => {
    const ledger = ledgerOf([terms(), terms({ node: 'other' })]);
    ledger.adopt([terms({ epoch: 2 }), terms({ epoch: 3, salt: 'again' }), terms({ epoch: 4 })]);
    const seen = (epoch: number, node = 'ranker') => ledger.cell(node, epoch, 'baseline', 5)?.seen;
    expect(seen(1)?.isFirst(7)).toBe(true);
    expect(seen(2)?.isFirst(7)).toBe(false);
    expect(seen(3)?.isFirst(7)).toBe(true);
    expect(seen(4)?.isFirst(7)).toBe(false);
    expect(seen(1, 'other')?.isFirst(7)).toBe(true);
    expect(ledger.cell('ranker', 4, 'candidate', 5)?.seen).toBe(seen(1));
  });

  it('opens no more cells than its limit, and counts what found no place', () => {
    const ledger = ledgerOf([terms()], 5);
    expect([0, 1, 2, 3].map((bucket) => count(ledger, bucket * hour))).toEqual([true, true, false, false]);
    expect(count(ledger, 0)).toBe(true);
    expect(ledger.dropped).toBe(2);
    ledger.take([]);
    expect(count(ledger, 2 * hour)).toBe(false);
    expect(count(ledger, 0)).toBe(true);
    ledger.take([]);
    // The second bucket was idle since the last take, so it made place.
    expect(count(ledger, 2 * hour)).toBe(true);
    expect(count(ledger, 1 * hour)).toBe(false);
    expect(ledger.dropped).toBe(4);
  });

  it('uses all of its limit', () => {
    const ledger = ledgerOf([terms()], 4);
    expect([0, 1, 2].map((bucket) => count(ledger, bucket * hour))).toEqual([true, true, false]);
  });

  it('keeps the cells of busy buckets, so that they allocate nothing again', () => {
    const ledger = ledgerOf();
    const cell = () => ledger.cell('ranker', 1, 'candidate', 5);
    count(ledger, 5);
    const before = cell();
    ledger.take([]);
    expect(cell()).toBe(before);
    count(ledger, 5);
    ledger.take([]);
    ledger.take([]);
    expect(cell()).not.toBe(before);
    count(ledger, 5);
    expect(ledger.take([])).toHaveLength(1);
  });

  it('lets go of an idle bucket only when it is idle', () => {
    const ledger = ledgerOf();
    count(ledger, 5);
    count(ledger, hour);
    ledger.take([]);
    count(ledger, hour);
    ledger.take([]);
    count(ledger, hour);
    count(ledger, 6);
    expect(ledger.take([]).map(({ from }) => from)).toEqual([hour, 0]);
  });

  it('leaves out what no store would take back', () => {
    const long = 'x'.repeat(4097);
    const bad = [{ node: '' }, { node: long }, { arms: ['', 'b'] }, { arms: [long, 'b'] }, { salt: long }];
    const ledger = ledgerOf(bad.map((parts) => terms(parts)));
    expect(ledger.knows('ranker', 1, 'b')).toBe(false);
    expect(ledger.knows('', 1, 'candidate')).toBe(false);
    expect(ledger.knows(long, 1, 'candidate')).toBe(false);
    expect(ledger.knows('ranker', 1, 'candidate')).toBe(false);
    const fits = 'x'.repeat(4096);
    ledger.adopt([terms({ node: fits, salt: fits, arms: [fits, 'b'] })]);
    expect(ledger.knows(fits, 1, fits)).toBe(true);
    ledger.adopt([terms({ node: 'next', salt: '' })]);
    expect(ledger.knows('next', 1, 'candidate')).toBe(true);
  });

  it('stores shares as fractions, whatever rounding made of them', () => {
    const shares = { a: 1 + Number.EPSILON, b: -1e-17, c: Number.NaN, d: 0.25 };
    const ledger = ledgerOf([terms({ arms: ['a'], shares })]);
    count(ledger, 5, { arm: 'a' });
    expect(ledger.take([])[0]?.shares).toEqual({ a: 1, b: 0, c: 0, d: 0.25 });
  });

  it('does not follow later changes of what it adopted', () => {
    const arms = ['candidate', 'baseline'];
    const ledger = ledgerOf([terms({ arms })]);
    arms[0] = 'other';
    expect(ledger.knows('ranker', 1, 'candidate')).toBe(true);
  });
});
