import { linearMoments } from '../../../src/bandits/index.js';
import { binary, continuous, ratio } from '../../../src/evidence/metric.js';
import { Bandit, type BanditState } from '../../../src/strategies/bandit.js';
import type { Tree } from '../../../src/strategies/children.js';
import { rootScope } from '../../../src/strategies/scope.js';
import type { Command, Signal, Strategy, Transition } from '../../../src/strategies/strategy.js';
import type { StratumFacts } from '../../../src/testing/fake-view.js';
import { deepFreeze } from '../../../src/testing/strategy-walk.js';
import { fakeView } from '../view.js';

export const minute = 60_000;
export const hour = 60 * minute;

export const moments = linearMoments({
  name: 'x',
  dimension: 2,
  features: (context) => [1, Number(context['age'] ?? 0)],
});
export const metrics = {
  clicked: binary({ windowMs: 10 * minute }),
  complained: binary({ windowMs: 10 * minute, better: 'lower' }),
  revenue: continuous({ cap: 100 }),
  rating: continuous(),
  clickRate: ratio(),
  cost: continuous({ better: 'lower' }),
  ...moments.metrics,
};

export type State = Tree<BanditState>;

/** `sum` of `n` exposures ended with a yes. */
export const yes = (exposed: number, sum: number, metric = 'clicked') => ({
  exposed,
  outcomes: exposed,
  metrics: { [metric]: { n: sum, sum, sumSq: sum, late: 0, per: 'exposure' as const } },
});

/** `n` reports with this mean and variance. */
export const values = (n: number, mean: number, variance: number, metric = 'rating') => ({
  exposed: n,
  outcomes: n,
  metrics: { [metric]: { n, sum: n * mean, sumSq: n * (variance + mean * mean), late: 0 } },
});

/** Three arms by default, of which `a` is the baseline; minimum exploration of 10 rewards. */
export const bandit = (more: object = {}) =>
  new Bandit({ arms: { a: 'v1', b: 'v2', c: 'v3' }, reward: 'clicked', baseline: 'a', minExploration: 10, ...more });

/** Holds a bandit's state and feeds it signals and evidence by hand. */
export class Run {
  readonly strategy: Bandit<Record<string, string | Strategy>, string>;
  state: State;
  now = 1000 * hour;
  revision = 1;
  strata: StratumFacts[] = [];
  last: Transition<State> = { state: undefined as never, notices: [] };

  constructor(strategy: Run['strategy'], before?: Run) {
    this.strategy = strategy;
    if (before === undefined) {
      this.state = deepFreeze(strategy.init(this.now, rootScope('bandit', 1)));
      return;
    }
    // A later deployment of the program takes over what is stored.
    this.state = deepFreeze(strategy.restore(JSON.parse(JSON.stringify(before.state))));
    Object.assign(this, { now: before.now, revision: before.revision, strata: before.strata });
  }

  get own(): BanditState {
    return this.state.own;
  }

  get scope() {
    return rootScope('bandit', this.revision + 1);
  }

  get view() {
    const { now, strata, scope } = this;
    return fakeView({ now, node: 'bandit', strata, metrics, revision: scope.revision });
  }

  send(signal: Signal): Transition<State> {
    this.last = this.strategy.reduce(this.state, deepFreeze(signal), this.view, this.scope);
    if (this.last.state !== this.state) this.revision += 1;
    this.state = deepFreeze(this.last.state);
    return this.last;
  }

  tick(ms = 2 * hour): Transition<State> {
    this.now += ms;
    return this.send({ type: 'tick' });
  }

  order(type: Exclude<Command['type'], 'rollback'>, arm?: string): string | undefined {
    const command = { type, by: 'ann', ...(arm !== undefined && { arm }) } as Command;
    return this.send(command).refused;
  }

  rollBack(): string | undefined {
    return this.send({ type: 'rollback', by: 'ann', reason: 'enough' }).refused;
  }

  /** Evidence of the epoch in force, in a bucket that ended just now. */
  see(cells: StratumFacts['cells'], epoch = this.own.epoch): void {
    const { now } = this;
    this.strata.push({ epoch, cells, from: now - minute, to: now, shares: this.shares() });
  }

  shares(): Record<string, number> {
    return { ...this.strategy.status(this.state, this.scope).shares };
  }

  plan() {
    return this.strategy.plan(this.state, this.scope);
  }

  report() {
    return this.strategy.report(this.state, this.view, this.scope);
  }
}
