import { describe, expect, test } from 'vitest';
import type { Stratum } from '../../../src/evidence/stratum.js';
import { Archive } from '../../../src/runtime/control/archive.js';
import type { HistoryEntry } from '../../../src/runtime/control/store.js';
import { fakeStratum } from '../../../src/testing/fake-view.js';

const entry = (revision: number, node = 'r'): HistoryEntry => ({
  revision,
  at: 1,
  replica: 'a',
  node,
  from: 'x',
  to: 'y',
  why: 'so',
  facts: {},
});
const limited = <T>(work: Promise<T>) => work;

describe('the archive of a router', () => {
  test('gives a sink each entry with the evidence of its node, whatever the sink does', async () => {
    const heard: (readonly [number, number])[] = [];
    const errors: string[] = [];
    const sink = ({ revision }: HistoryEntry, evidence: readonly Stratum[]) => {
      heard.push([revision, evidence.length]);
      if (revision === 1) throw new Error('full');
      return revision === 2 ? Promise.reject(new Error('later')) : undefined;
    };
    const onError = (_: unknown, operation: string) => errors.push(operation);
    const archive = new Archive({ router: 'r', store: {}, sink, limited, onError });
    const strata = [
      { ...fakeStratum({ epoch: 1, shares: { a: 1 }, cells: {} }), node: 'r' },
      { ...fakeStratum({ epoch: 1, shares: { a: 1 }, cells: {} }), node: 'r/a' },
    ];
    archive.add([entry(1), entry(2, 'r/a'), entry(3, 'elsewhere')], strata);
    await archive.flush();
    await Promise.resolve();
    expect(heard).toEqual([
      [1, 1],
      [2, 1],
      [3, 0],
    ]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual(['history', 'history']);
    expect(archive.dropped).toBe(0);
  });

  test('keeps the newest thousand entries for a store that takes none, and counts the rest', async () => {
    const taken: number[] = [];
    let fails = true;
    const appendHistory = (_: string, { revision }: HistoryEntry) => {
      if (fails) return Promise.reject(new Error('down'));
      taken.push(revision);
      return Promise.resolve();
    };
    const archive = new Archive({ router: 'r', store: { appendHistory }, limited, onError: () => {} });
    archive.add(
      Array.from({ length: 1000 }, (_, at) => entry(at)),
      [],
    );
    expect(archive.dropped).toBe(0);
    archive.add([entry(1000), entry(1001)], []);
    await archive.flush();
    expect([archive.dropped, taken]).toEqual([2, []]);
    fails = false;
    await archive.flush();
    expect([taken.length, taken[0], taken.at(-1)]).toEqual([1000, 2, 1001]);
    await archive.flush();
    expect(taken).toHaveLength(1000);
  });
});
