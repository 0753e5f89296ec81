import { type Rng, seededRng } from '../../src/core/rng.js';
import { clusteredEvidence, foldClusters } from '../../src/stats/clusters/index.js';
import { binomial } from '../../src/stats/distributions/binomial.js';
import { normal } from '../../src/stats/distributions/normal.js';
import { eventBinomial, quantileComparison, sampleRatioProcess } from '../../src/stats/sequential/index.js';
import { QuantileSketch } from '../../src/stats/sketch.js';
import { simulateSticky } from '../../test/stats/clusters/simulate.js';
import { alphas, type Claim } from './methods.js';

/** A null of its own kind: one run gives the greatest log e-value over all looks. */
export interface SpecialNull {
  readonly name: string;
  readonly scenario: string;
  readonly claim: Claim;
  run(rng: Rng, seed: number): number;
}

const rampOfBatches = Array.from(
  { length: 80 },
  (_, batch) => [0.01, 0.05, 0.25, 0.5][Math.floor(batch / 20)] as number,
);

function assignments(rng: Rng, lost: number) {
  return rampOfBatches.map((share) => {
    const drawn = binomial.sample(rng, 2000, share);
    const treatment = lost > 0 ? binomial.sample(rng, drawn, 1 - lost) : drawn;
    return { shares: { treatment: share, control: 1 - share }, counts: { treatment, control: 2000 - drawn } };
  });
}

/** Evidence of a sample-ratio mismatch when this fraction of the treatment's units is lost. */
export const sampleRatio = (rng: Rng, lost: number): number => sampleRatioProcess(assignments(rng, lost)).maxLogE;

function latencies(rng: Rng): number {
  const hours = Array.from({ length: 12 }, (_, hour) => {
    const level = Math.log(100 + 50 * Math.sin(hour / 2));
    const draw = (n: number) => {
      const sketch = new QuantileSketch();
      for (let i = 0; i < n; i += 1) sketch.add(Math.exp(level + 0.5 * normal.sample(rng)));
      return sketch.toJSON();
    };
    const share = hour < 4 ? 0.1 : 0.5;
    const treatment = binomial.sample(rng, 300, share);
    return { share, treatment: draw(treatment), control: draw(300 - treatment) };
  });
  return Math.max(...hours.map((_, at) => quantileComparison(hours.slice(0, at + 1), { quantile: 0.95 }).logE));
}

const stickyShares = [0.05, 0.05, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5];
/** A few units have most of the errors, whatever model answers them. */
const stickyRate = (unit: number) => (unit % 40 === 0 ? 0.8 : 0.005);

function sticky(rng: Rng, seed: number, asUnits: boolean): number {
  const options = { rng, salt: `run ${seed}`, units: 400, shares: stickyShares, requests: 8, rate: stickyRate };
  const { strata, unitEvents } = simulateSticky(options);
  const epochs = [...new Set(strata.map(({ epoch }) => epoch))];
  return Math.max(
    ...strata.map((_, at) => {
      const part = strata.slice(0, at + 1);
      if (!asUnits) {
        const events = part.map(({ share, treatment, control }) => ({
          share,
          treatment: treatment.events,
          control: control.events,
        }));
        return eventBinomial(events, { harm: 'more' }).logE;
      }
      // First events are looked at when an epoch is over: within one the bitmaps only grow.
      const known = epochs.indexOf(part.at(-1)?.epoch ?? 0) + 1;
      const isOver = strata[at + 1]?.epoch !== strata[at]?.epoch;
      const evidence = { clusters: foldClusters(part, 'binary'), unitEvents: isOver ? unitEvents.slice(0, known) : [] };
      return clusteredEvidence(evidence, { harm: 'more' }).logE;
    }),
  );
}

export const specialNulls: readonly SpecialNull[] = [
  {
    name: 'sample-ratio process',
    scenario: '80 batches, 1/5/25/50 %',
    claim: 'exact',
    run: (rng) => sampleRatio(rng, 0),
  },
  {
    name: 'quantile comparison, p95',
    scenario: 'cycling latency, 12 looks',
    claim: 'exact',
    run: latencies,
  },
  {
    name: 'units: clusters and first events',
    scenario: 'sticky units, 8 looks',
    claim: 'asymptotic',
    run: (rng, seed) => sticky(rng, seed, true),
  },
  {
    name: 'event-binomial on their requests',
    scenario: 'sticky units, 8 looks',
    claim: 'none',
    run: (rng, seed) => sticky(rng, seed, false),
  },
];

/** How often the greatest evidence of a run reaches 1 / alpha, and what was counted. */
export function specialRates(
  run: (rng: Rng, seed: number) => number,
  runs: number,
  seed: number,
  onRun: () => void,
): number[] {
  const alarms = alphas.map(() => 0);
  for (let at = 0; at < runs; at += 1) {
    const logE = run(seededRng(seed * 1_000_003 + at), at);
    alphas.forEach((alpha, level) => {
      if (logE >= -Math.log(alpha)) alarms[level] = (alarms[level] as number) + 1;
    });
    onRun();
  }
  return alarms;
}
