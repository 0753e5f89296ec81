import { describe, expect, test } from 'vitest';
import { editedNodes, fingerprintsOf, graft } from '../../../src/runtime/control/plan-edit.js';
import { Canary } from '../../../src/strategies/canary.js';
import { rootScope } from '../../../src/strategies/scope.js';
import type { Branch, Strategy } from '../../../src/strategies/strategy.js';

const canary = (candidate: Branch, share = 0.1, baseline: Branch = 'v1'): Strategy =>
  new Canary({ baseline, candidate, stages: [{ share }] });
const state = (strategy: Strategy, revision: number) =>
  JSON.parse(JSON.stringify(strategy.init(revision * 1000, rootScope('r', revision))));
const edited = (before: Strategy, after: Strategy) => [
  ...editedNodes(fingerprintsOf(before, 'r'), fingerprintsOf(after, 'r')),
];
const grafted = (before: Strategy, after: Strategy) =>
  graft(state(before, 1), state(after, 7), after, 'r', new Set(edited(before, after)));

describe('an edit of the program', () => {
  test('that changes numbers only is none', () => {
    expect(edited(canary('v2', 0.1), canary('v2', 0.2))).toEqual([]);
  });

  test('of a model marks its node alone', () => {
    expect(Object.keys(fingerprintsOf(canary(canary('v3')), 'r'))).toEqual(['r', 'r/candidate']);
    expect(edited(canary('v2'), canary('v3'))).toEqual(['r']);
    expect(edited(canary(canary('v2')), canary(canary('v3')))).toEqual(['r/candidate']);
  });

  test('that swaps two models is seen', () => {
    expect(edited(canary('v2'), canary('v1', 0.1, 'v2'))).toEqual(['r']);
  });

  test('that puts a strategy where a model was marks both nodes', () => {
    expect(edited(canary('v2'), canary(canary('v2')))).toEqual(['r', 'r/candidate']);
  });

  test('starts the edited node anew and leaves the others', () => {
    const before = canary(canary('v2'), 0.1, canary('v4', 0.3));
    const after = canary(canary('v3'), 0.1, canary('v4', 0.3));
    const result = grafted(before, after) as { own: object; children: Record<string, { own: { epoch: number } }> };
    expect(result).toMatchObject({
      own: { epoch: 1 },
      children: { candidate: { own: { epoch: 7 } }, baseline: { own: { epoch: 1 } } },
    });
    expect(() => after.restore(result as never)).not.toThrow();
  });

  test('of a parent leaves a child whose shape is the same', () => {
    const after = canary(canary('v2'), 0.1, 'v9');
    expect(grafted(canary(canary('v2')), after)).toMatchObject({
      own: { epoch: 7 },
      children: { candidate: { own: { epoch: 1 } } },
    });
  });

  test('that drops a child drops its state, and a new child starts anew', () => {
    expect(grafted(canary(canary('v2')), canary('v2'))).toMatchObject({ own: { epoch: 7 }, children: {} });
    expect((grafted(canary(canary('v2')), canary('v2')) as { children: object }).children).toEqual({});
    expect(grafted(canary('v2'), canary(canary('v2')))).toMatchObject({
      children: { candidate: { own: { epoch: 7 } } },
    });
  });

  test('of a strategy with a layout of its own takes its state as a whole', () => {
    const plain = { ...canary('v2'), kind: 'plain', init: () => 5 } as unknown as Strategy;
    expect(graft(3, 5, plain, 'r', new Set(['r']))).toBe(5);
    expect(graft(3, 5, plain, 'r', new Set())).toBe(3);
  });

  test('from a state in another layout takes the fresh one', () => {
    const after = canary(canary('v2'));
    const fresh = state(after, 7);
    expect(graft('nonsense', fresh, after, 'r', new Set())).toEqual(fresh);
    expect(graft(null, fresh, after, 'r', new Set())).toEqual(fresh);
    expect(graft({ own: {} }, fresh, after, 'r', new Set())).toEqual(fresh);
  });
});
