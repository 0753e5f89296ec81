import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DistinctUnits } from '../../src/simulate/distinct.js';
import { PendingQueue } from '../../src/simulate/pending.js';
import { Series } from '../../src/simulate/series.js';

describe('reports on their way', () => {
  test('come in the order of their times, and those of one time in the order they were sent', () => {
    const times = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 60 }), (all, early) => {
        const queue = new PendingQueue<number>(1000);
        const came: (readonly [number, number])[] = [];
        const take = () => {
          const nextMs = queue.nextMs;
          const next = queue.pop();
          if (next === undefined) return false;
          expect(next.atMs).toBe(nextMs);
          came.push([next.atMs, next.what]);
          return true;
        };
        all.forEach((atMs, index) => queue.push(atMs, index));
        // Some are taken and sent again later, so that the heap is used in its middle too.
        for (let i = 0; i < early && take(); i += 1);
        const again = came.splice(0);
        for (const [atMs, what] of again) queue.push(atMs, what);
        while (take());
        const expected = [...all.keys()].sort((a, b) => {
          const [from, to] = [all[a] as number, all[b] as number];
          const [first, second] = [again.some(([, what]) => what === a), again.some(([, what]) => what === b)];
          return from - to || Number(first) - Number(second) || a - b;
        });
        expect(came.map(([atMs]) => atMs)).toEqual(all.toSorted((a, b) => a - b));
        expect(came.map(([, what]) => what)).toEqual(expected);
        expect([queue.nextMs, queue.size]).toEqual([Infinity, 0]);
      }),
    );
  });

  test('are dropped and counted beyond the limit', () => {
    const queue = new PendingQueue<string>(2);
    for (const what of ['a', 'b', 'c']) queue.push(1, what);
    expect([queue.size, queue.dropped]).toEqual([2, 1]);
    expect([queue.pop()?.what, queue.pop()?.what, queue.pop()]).toEqual(['a', 'b', undefined]);
    queue.push(2, 'd');
    expect([queue.size, queue.dropped]).toEqual([1, 1]);
  });
});

describe('different units', () => {
  test.each([0, 1, 10, 1000, 20_000, 1_000_000])('are counted within 5 percent: %i of them', (count) => {
    const units = new DistinctUnits();
    for (let round = 0; round < 2; round += 1) for (let id = 0; id < count; id += 1) units.add(1_000_000_000 + id);
    expect(Math.abs(units.count - count)).toBeLessThanOrEqual(0.05 * count);
  });

  test('are told apart by hashes that are negative, too', () => {
    const units = new DistinctUnits();
    for (let id = -500; id < 500; id += 1) units.add(id);
    expect(Math.abs(units.count - 1000)).toBeLessThan(50);
  });
});

describe('a curve', () => {
  test('has all its points while they are few', () => {
    const series = new Series<number>(5);
    for (let i = 0; i < 10; i += 1) series.add(i);
    expect(series.points).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Series<number>(5).points).toEqual([]);
  });

  test('is thinned evenly, keeps its first and its last point, and never has more than twice the wanted', () => {
    const series = new Series<number>(10);
    for (let i = 0; i <= 1001; i += 1) {
      series.add(i);
      expect(series.points.length).toBeLessThanOrEqual(21);
    }
    const { points } = series;
    expect([points[0], points.at(-1)]).toEqual([0, 1001]);
    expect(points.length).toBeGreaterThanOrEqual(10);
    const gaps = new Set(points.slice(1, -1).map((point, index) => point - (points[index] as number)));
    expect(gaps.size).toBe(1);
  });

  test('keeps the points at which something turns', () => {
    const series = new Series<{ i: number; word: string }>(10, (point, before) => point.word !== before.word);
    for (let i = 0; i < 1000; i += 1) series.add({ i, word: i < 333 ? 'a' : i < 777 ? 'b' : 'c' });
    const kept = series.points.map(({ i }) => i);
    expect(kept).toContain(333);
    expect(kept).toContain(777);
    expect(kept.length).toBeLessThanOrEqual(21);
    expect(kept).toEqual(kept.toSorted((a, b) => a - b));
  });

  test('stays small when everything turns', () => {
    const series = new Series<number>(10, () => true);
    for (let i = 0; i < 1000; i += 1) series.add(i);
    expect(series.points.length).toBeLessThanOrEqual(21);
    expect(series.points.at(-1)).toBe(999);
  });
});
