import { expect, test } from 'vitest';
import { emptyCell } from '../../src/evidence/cell.js';
import { binary } from '../../src/evidence/metric.js';
import { QuantileSketch } from '../../src/stats/sketch.js';
import { fakeCell, fakeStratum, fakeView } from '../../src/testing/fake-view.js';

test('a cell by hand has nothing in it but what was said, and every outcome was an exposure of a new unit', () => {
  expect(fakeCell()).toEqual(emptyCell);
  expect(fakeCell({ outcomes: 5, errors: 2 })).toEqual({ ...emptyCell, exposed: 5, units: 5, outcomes: 5, errors: 2 });
  expect(fakeCell({ outcomes: 5, exposed: 9 })).toMatchObject({ exposed: 9, units: 9, outcomes: 5 });
  expect(fakeCell({ exposed: 9, units: 3 })).toMatchObject({ exposed: 9, units: 3 });
});

test('a cell by hand has the latencies it is given', () => {
  const { latency } = fakeCell({ latenciesMs: [10, 20, 30] });
  const sketch = QuantileSketch.from(latency);
  expect(sketch.count).toBe(3);
  expect(Math.abs((sketch.quantile(0.5) ?? 0) / 20 - 1)).toBeLessThan(0.0101);
});

test('a stratum by hand has defaults for all but its cells', () => {
  expect(fakeStratum({ cells: { a: { outcomes: 1 }, b: {} } })).toEqual({
    node: 'root',
    epoch: 1,
    from: 0,
    to: 60_000,
    salt: 'root',
    shares: { a: 0.5, b: 0.5 },
    cells: { a: fakeCell({ outcomes: 1 }), b: emptyCell },
  });
  const given = { node: 'n', epoch: 2, from: 3, to: 4, salt: 's', shares: { a: 1 } };
  expect(fakeStratum({ ...given, cells: { a: {} } })).toEqual({ ...given, cells: { a: emptyCell } });
  expect(fakeStratum({ node: 'n', cells: {} }).salt).toBe('n');
});

test('a view by hand shows each node its strata, and the same chance for the same revision and node', () => {
  const metrics = { clicked: binary() };
  const strata = [{ cells: { a: {} } }, { cells: { b: {} }, node: 'root/child' }];
  const view = fakeView({ now: 7, strata, metrics });
  expect(view).toMatchObject({ now: 7, metrics });
  expect(view.evidence().map(({ node }) => node)).toEqual(['root']);
  expect(view.of('root/child').evidence()).toHaveLength(1);
  expect(view.of('other').evidence()).toEqual([]);
  expect(fakeView({ node: 'x', strata: [{ cells: {} }] }).evidence()[0]?.node).toBe('x');
  expect(fakeView()).toMatchObject({ now: 0, metrics: {} });
  const draws = (revision: number, node: string) => fakeView({ revision, node }).rng.next();
  expect(draws(1, 'a')).toBe(draws(1, 'a'));
  expect(new Set([draws(1, 'a'), draws(2, 'a'), draws(1, 'b')]).size).toBe(3);
});
