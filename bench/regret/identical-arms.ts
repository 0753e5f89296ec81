import { seededRng } from '../../src/core/rng.js';
import { binary } from '../../src/evidence/metric.js';
import { Bandit } from '../../src/strategies/bandit.js';
import { rootScope } from '../../src/strategies/scope.js';
import { normal } from '../../src/stats/distributions/normal.js';
import { fakeView, type StratumFacts } from '../../src/testing/fake-view.js';

/** Two arms, the baseline and one more, over and over. */
export interface IdenticalArms {
  readonly runs: number;
  readonly batches: number;
  readonly batchSize: number;
  /** The rate doubles on two days of the week. */
  readonly cycle: boolean;
  readonly seed: number;
  /** What the second arm's rate is times the first one's. Default 1: identical. */
  readonly factor?: number;
  readonly floor?: number;
  onRun?(): void;
}

const day = 86_400_000;

/** How often a bandit that may freeze its winner does so, of the strategy as it is: weights, epochs and the test together. */
export function falsePromotions(options: IdenticalArms): { readonly rate: number; readonly runs: number } {
  const { runs, batches, batchSize, cycle, seed, factor = 1, floor = 0.1, onRun } = options;
  const metrics = { clicked: binary({ windowMs: 1 }) };
  const strategy = new Bandit({
    arms: { a: 'v1', b: 'v2' },
    reward: 'clicked',
    baseline: 'a',
    freeze: 'winner',
    batchMs: day,
    floor,
  });
  let frozen = 0;
  for (let run = 0; run < runs; run += 1) {
    const rng = seededRng(seed * 1_000_003 + run);
    const strata: StratumFacts[] = [];
    let state = strategy.init(0, rootScope('aa', 1));
    for (let batch = 0; batch < batches && state.own.phase === 'running'; batch += 1) {
      const rate = cycle && batch % 7 >= 5 ? 0.2 : 0.1;
      const shares = strategy.status(state, rootScope('aa', batch + 1)).shares;
      const exposedB = Math.round(draw(batchSize, shares['b'] ?? 0, rng));
      const cell = (exposed: number, p: number) => {
        const sum = draw(exposed, p, rng);
        return {
          exposed,
          outcomes: exposed,
          metrics: { clicked: { n: sum, sum, sumSq: sum, late: 0, per: 'exposure' as const } },
        };
      };
      const cells = { b: cell(exposedB, rate * factor), a: cell(batchSize - exposedB, rate) };
      strata.push({ node: 'aa', epoch: state.own.epoch, cells, shares, from: batch * day, to: (batch + 1) * day });
      const revision = batch + 2;
      const view = fakeView({ now: (batch + 1) * day + 2, node: 'aa', strata, metrics, revision });
      state = strategy.reduce(state, { type: 'tick' }, view, rootScope('aa', revision)).state;
    }
    if (state.own.phase === 'promoted' && (factor === 1 || state.own.leader === 'b')) frozen += 1;
    onRun?.();
  }
  return { rate: frozen / runs, runs };
}

/** A binomial count: one by one where it is small, by the normal approximation where that is close. */
function draw(n: number, p: number, rng: { next(): number }): number {
  if (n * p * (1 - p) > 30) {
    return Math.min(n, Math.max(0, Math.round(n * p + Math.sqrt(n * p * (1 - p)) * normal.sample(rng))));
  }
  let count = 0;
  for (let i = 0; i < n; i += 1) if (rng.next() < p) count += 1;
  return count;
}
