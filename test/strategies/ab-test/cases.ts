import { hash32 } from '../../../src/core/hash.js';
import { binary, continuous } from '../../../src/evidence/metric.js';
import type { Plan, Split } from '../../../src/plan/plan.js';
import { ABTest, type ABTestState } from '../../../src/strategies/ab-test.js';
import type { Tree } from '../../../src/strategies/children.js';
import { rootScope } from '../../../src/strategies/scope.js';
import type { Command, Signal, View } from '../../../src/strategies/strategy.js';
import { fakeStratum, fakeView } from '../view.js';

export type Facts = Parameters<typeof fakeStratum>[0];
export type State = Tree<ABTestState>;
export interface AnyTest {
  init: ABTest<Record<string, string>>['init'];
  reduce: ABTest<Record<string, string>>['reduce'];
  plan(state: State, scope: ReturnType<typeof scopeAt>): Plan<string>;
}

export const minute = 60_000;
export const metrics = {
  clicked: binary({ windowMs: 10 * minute }),
  complained: binary({ windowMs: 10 * minute, better: 'lower' }),
  rating: continuous(),
};
export const scopeAt = (revision = 1) => rootScope('ab', revision);
export const viewOf = (strata: readonly Facts[] = [], now = 100 * minute): View =>
  fakeView({ now, node: 'ab', strata, metrics });
export const tick: Signal = { type: 'tick' };
export const order = (type: 'pause' | 'resume' | 'approve' | 'reject' | 'reset'): Command => ({ type, by: 'ann' });
export const rollback: Command = { type: 'rollback', by: 'ann', reason: 'enough' };
export const promote = (arm?: string): Command => ({ type: 'promote', by: 'ann', ...(arm !== undefined && { arm }) });

export const clicks = (exposed: number, clicked: number, complained = 0) => ({
  exposed,
  outcomes: exposed,
  metrics: {
    clicked: { n: clicked, sum: clicked, sumSq: clicked, late: 0, per: 'exposure' as const },
    complained: { n: complained, sum: complained, sumSq: complained, late: 0, per: 'exposure' as const },
  },
});
export const even: readonly Facts[] = [{ cells: { b: clicks(5000, 500), a: clicks(5000, 500) } }];
export const better: readonly Facts[] = [{ cells: { b: clicks(5000, 700), a: clicks(5000, 500) } }];
export const worse: readonly Facts[] = [{ cells: { b: clicks(5000, 400), a: clicks(5000, 600) } }];

export const ab = (more: object = {}) => new ABTest({ arms: { a: 'v1', b: 'v2' }, primary: 'clicked', ...more });
export const abc = (more: object = {}) =>
  new ABTest({ arms: { a: 'v1', b: 'v2', c: 'v3' }, primary: 'clicked', ...more });

/** The state after these signals, each stored as a revision of its own; urgent commands are applied as the runtime does. */
export function after(test: AnyTest, signals: readonly (readonly [Signal, View?])[]): State {
  let state = test.init(0, scopeAt(1));
  for (const [index, [signal, view = viewOf()]] of signals.entries()) {
    const scope = scopeAt(index + 2);
    const transition = test.reduce(state, signal, view, scope);
    state = transition.state;
    for (const command of transition.urgent ?? []) state = test.reduce(state, command, view, scope).state;
  }
  return state;
}

/** Where a unit goes, by the definition of hashing and cuts, and which splits it met. */
export function walk(plan: Plan<string>, unit: string | undefined): { model: string; exposed: string[] } {
  const exposed: string[] = [];
  let at = plan;
  while (at.op === 'split') {
    const split: Split<string> = at;
    const hash = unit === undefined ? undefined : hash32(unit, hash32(split.salt));
    const cut = hash === undefined ? undefined : split.cuts.find(({ below }) => hash < below);
    // A draw is taken to be the most likely arm.
    const drawn = split.missing === 'draw' ? 0 : split.arms.length - 1;
    const arm = split.arms[cut?.arm ?? drawn];
    if (split.counts && unit !== undefined) exposed.push(arm?.arm as string);
    at = arm?.plan as Plan<string>;
  }
  return { model: at.op === 'serve' ? at.model : at.op, exposed };
}
export const units = Array.from({ length: 1500 }, (_, index) => `u${index}`);
export const shareOf = (plan: Plan<string>, model: string) =>
  units.filter((unit) => walk(plan, unit).model === model).length / units.length;
export const planOf = (test: AnyTest, state = test.init(0, scopeAt())) => test.plan(state, scopeAt());
