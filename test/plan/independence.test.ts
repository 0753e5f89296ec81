import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.js';
import type { Plan } from '../../src/plan/plan.js';
import { noChance, ramp, split, user } from './plans.js';

const users = Array.from({ length: 2000 }, (_, index) => user(`user-${index}`));

/** Pearson's statistic of a table against the product of its margins. */
function chiSquare(table: readonly (readonly number[])[]): number {
  const rows = table.map((row) => row.reduce((sum, cell) => sum + cell, 0));
  const columns = (table[0] ?? []).map((_, column) => table.reduce((sum, row) => sum + (row[column] as number), 0));
  const all = rows.reduce((sum, row) => sum + row, 0);
  let statistic = 0;
  table.forEach((row, i) => {
    row.forEach((cell, j) => {
      const expected = ((rows[i] as number) * (columns[j] as number)) / all;
      statistic += (cell - expected) ** 2 / expected;
    });
  });
  return statistic;
}

const armsOf = (plan: Plan<string>) => {
  const { route } = compilePlan(plan, { rng: noChance });
  return users.map((context) => route(context).exposures.map(({ arm }) => arm));
};

describe('over 400 salts', () => {
  const salts = Array.from({ length: 400 }, (_, index) => `experiment-${index}`);
  // A sum of 400 chi-squares of one degree has mean 400 and standard deviation 28.3: these are four of them.
  const [least, most] = [400 - 113, 400 + 113];

  test('a nested split is independent of the one around it', () => {
    let total = 0;
    let beyond = 0;
    for (const salt of salts) {
      const inner = (node: string) => ramp(node, 0.5, 'v3', 'v4', { salt: `${salt}/arm/ab` });
      const taken = armsOf(ramp('outer', 0.3, inner('x'), inner('x'), { salt }));
      const count = (outer: string, arm: string) => taken.filter(([a, b]) => a === outer && b === arm).length;
      const table = ['candidate', 'baseline'].map((outer) => ['candidate', 'baseline'].map((arm) => count(outer, arm)));
      const statistic = chiSquare(table);
      total += statistic;
      if (statistic > 3.841) beyond += 1;
    }
    expect(total).toBeGreaterThan(least);
    expect(total).toBeLessThan(most);
    // 5 % of 400 are 20, give or take four times 4.4.
    expect(beyond).toBeGreaterThan(2);
    expect(beyond).toBeLessThan(38);
  });

  test('a split gives each arm its share, no nearer and no farther than chance would', () => {
    let total = 0;
    for (const salt of salts) {
      const candidates = armsOf(ramp('a', 0.1, 'v2', 'v1', { salt })).filter(([arm]) => arm === 'candidate').length;
      total += (candidates - 200) ** 2 / 180;
    }
    expect(total).toBeGreaterThan(least);
    expect(total).toBeLessThan(most);
  });

  test('units that differ in one character are given arms as if they had nothing in common', () => {
    let total = 0;
    for (const salt of salts) {
      const arms = armsOf(ramp('a', 0.5, 'v2', 'v1', { salt })).map(([arm]) => (arm === 'candidate' ? 1 : 0));
      const pairs = Array.from({ length: arms.length / 2 }, (_, pair) => [arms[2 * pair], arms[2 * pair + 1]]);
      const count = (one: number, other: number) => pairs.filter(([a, b]) => a === one && b === other).length;
      total += chiSquare([0, 1].map((one) => [count(one, 0), count(one, 1)]));
    }
    expect(total).toBeGreaterThan(least);
    expect(total).toBeLessThan(most);
  });
});

describe('an assignment holds still', () => {
  test('with one salt, a unit of a small canary stays with the candidate in the next, larger stage', () => {
    const first = armsOf(ramp('stages/one', 0.05, 'v2', 'v1', { salt: 'stages' }));
    const second = armsOf(ramp('stages/two', 0.25, 'v2', 'v1', { salt: 'stages' }));
    const stayed = first.flatMap(([arm], index) => (arm === 'candidate' ? [second[index]?.[0]] : []));
    expect(stayed.length).toBeGreaterThan(50);
    expect(new Set(stayed)).toEqual(new Set(['candidate']));
  });

  test('while the coverage of a test grows: nobody who is in it changes arms', () => {
    const coverages = [0.01, 0.1, 0.2, 0.5, 0.9, 1];
    const inside = split('test', { a: [1 / 3, 'v1'], b: [1 / 3, 'v2'], control: [1 / 3, 'v3'] });
    const steps = coverages.map((coverage) =>
      armsOf(ramp('test:coverage', coverage, inside, 'v3', { counts: false, missing: 'last' })),
    );
    steps.forEach((arms, step) => {
      const before = steps[step - 1] ?? [];
      before.forEach(([arm], index) => {
        if (arm !== undefined) expect(arms[index]).toEqual([arm]);
      });
      const covered = arms.filter((one) => one.length > 0).length;
      expect(Math.abs(covered / users.length - (coverages[step] as number))).toBeLessThan(0.06);
    });
  });
});
