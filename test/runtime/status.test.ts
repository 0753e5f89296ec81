import { describe, expect, test } from 'vitest';
import { withLooks, withoutCode } from '../../src/runtime/status.js';
import type { Status } from '../../src/strategies/strategy.js';

const status = (node: string, children: readonly Status<'v1'>[] = []): Status<'v1'> => ({
  node,
  kind: 'canary',
  phase: 'running',
  stable: 'v1',
  shares: {},
  waitingFor: ['in general'],
  children,
});

describe('a status', () => {
  test('shows what the last tick saw of each node, and the general word where it saw nothing', () => {
    const verdict = { rule: 'x', outcome: 'fail', reason: 'y', n: 1 } as const;
    const looks = new Map([
      ['r', { node: 'r', verdicts: [verdict] }],
      ['r/a', { node: 'r/a', verdicts: [], waitingFor: ['12 more'] }],
    ]);
    expect(withLooks(status('r', [status('r/a'), status('r/b')]), looks)).toMatchObject({
      verdicts: [verdict],
      waitingFor: ['in general'],
      children: [
        { node: 'r/a', verdicts: [], waitingFor: ['12 more'] },
        { node: 'r/b', verdicts: [], waitingFor: ['in general'] },
      ],
    });
  });
});

describe('a plan without code', () => {
  test('leaves functions out and names their places', () => {
    const plan = {
      op: 'match',
      rules: [
        { name: 'a', when: () => true },
        { name: 'b', when: { eq: ['x', 1] } },
      ],
      nested: { compare: () => true },
    };
    expect(withoutCode(plan)).toEqual({
      json: { op: 'match', rules: [{ name: 'a' }, { name: 'b', when: { eq: ['x', 1] } }], nested: {} },
      omitted: ['plan.rules[0].when', 'plan.nested.compare'],
    });
  });

  test('keeps places in lists', () => {
    expect(withoutCode([1, () => 2, 3])).toEqual({ json: [1, null, 3], omitted: ['plan[1]'] });
    expect(withoutCode(() => 1)).toEqual({ json: null, omitted: ['plan'] });
  });
});
