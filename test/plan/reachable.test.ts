import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { compilePlan } from '../../src/plan/compile.js';
import type { Plan, Split } from '../../src/plan/plan.js';
import { nodesOf, reachableModels } from '../../src/plan/reachable.js';
import { choose, match, mirror, noChance, ramp, serve, split } from './plans.js';

/** An even split of `count` arms that all lead to the same place. */
function wide(node: string, count: number, next: Plan<string>): Split<string> {
  return split(
    node,
    Object.fromEntries(Array.from({ length: count }, (_, arm) => [`a${arm}`, [1 / count, next] as const])),
  );
}

function messageOf(plan: Plan<string>): string {
  try {
    compilePlan(plan, { rng: noChance });
  } catch (error) {
    return isTurnoutError(error, 'config') ? error.message : 'another error';
  }
  return 'no error';
}

describe('reachableModels', () => {
  test('has every model once: of arms without a share, of fallbacks, of shadows, of rules', () => {
    const inner = ramp('c', 0, serve('v1', { fallback: 'v2' }), 'v3', { fallback: 'v4' });
    const plan = match(
      'm',
      [
        {
          name: 'r',
          when: () => false,
          plan: mirror('s', inner, [
            { arm: 'x', model: 'v5', share: 0 },
            { arm: 'y', model: { same: true }, share: 1 },
          ]),
        },
      ],
      choose('b', ['v6', 'v1'], () => {}, { fallback: 'v7' }),
      { fallback: 'v8' },
    );
    expect(new Set(reachableModels(plan))).toEqual(new Set(['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8']));
    expect(reachableModels(plan)).toHaveLength(8);
    expect(compilePlan(plan, { rng: noChance }).models).toEqual(reachableModels(plan));
  });

  test('visits what arms share once, however often it is nested', () => {
    let plan: Plan<string> = serve('v1');
    for (let depth = 0; depth < 60; depth += 1) plan = ramp(`n${depth}`, 0.5, plan, plan);
    expect(reachableModels(plan)).toEqual(['v1']);
    expect(nodesOf(plan)).toHaveLength(61);
  });
});

describe('the limit of 4096 routes', () => {
  test('holds at 4096 and no further', () => {
    const full = wide('outer', 64, wide('inner', 64, serve('v1')));
    expect(compilePlan(full, { rng: noChance }).routes).toHaveLength(4096);
    expect(messageOf(match('one more', [{ name: 'r', when: () => true, plan: full }], 'v1'))).toContain('was 4097');
  });

  test('names the innermost node that leads to too many, and what multiplies there', () => {
    const inner = wide('inner', 50, serve('v1'));
    const plan = match('rules', [], mirror('watch', ramp('outer', 0.5, 'v1', wide('middle', 90, inner)), []));
    const message = messageOf(plan);
    expect(message).toContain(
      'plan:\n  middle: must lead to at most 4096 routes (was 4500: 90 branches with up to 50 routes each)',
    );
    expect(message).toContain('Use fewer arms or rules, or nest fewer of them here.');
  });

  test('is found without unfolding a plan that shares its subtrees', () => {
    let plan: Plan<string> = serve('v1');
    for (let depth = 0; depth < 60; depth += 1) plan = ramp(`n${depth}`, 0.5, plan, plan);
    // 2^12 is 4096: the thirteenth doubling is the first too many.
    expect(messageOf(plan)).toContain('n12: must lead to at most 4096 routes (was 8192: 2 branches with up to 4096');
  });
});
