import { beta, chisquare, hypergeometric, normal, probBest, studentizedRange, t } from 'turnout/stats';
import library from 'jstat';

// Quantiles and P(best) beside jstat, in one process, rounds interleaved; each figure is the median over the rounds. Only ratios mean
// anything, and jstat's only where it is right: the last column is its error, relative to ours, which the oracle file holds to 1e-12.

interface Distribution {
  readonly cdf: (...args: number[]) => number;
  readonly inv: (...args: number[]) => number;
  readonly sample: (...args: number[]) => number;
}
const { jStat } = library as unknown as {
  jStat: Record<'normal' | 'studentt' | 'chisquare' | 'beta' | 'tukey' | 'hypgeom', Distribution>;
};

interface Case {
  readonly name: string;
  readonly ours: () => number;
  readonly theirs: () => number;
  /** Calls per round. */
  readonly calls: number;
}

const draws = 100_000;
const arms = [
  { alpha: 1001, beta: 20_001 },
  { alpha: 1051, beta: 19_951 },
  { alpha: 1041, beta: 19_961 },
];

/** P(the first arm is best) as it is usually had: from draws, here of jstat's. */
function drawnBest(): number {
  let best = 0;
  for (let i = 0; i < draws; i += 1) {
    const [first = 0, ...others] = arms.map((arm) => jStat.beta.sample(arm.alpha, arm.beta));
    if (others.every((other) => first > other)) best += 1;
  }
  return best / draws;
}

const cases: readonly Case[] = [
  {
    name: 'normal quantile .975',
    ours: () => normal.quantile(0.975),
    theirs: () => jStat.normal.inv(0.975, 0, 1),
    calls: 2000,
  },
  { name: 'normal sf 8.5', ours: () => normal.sf(8.5), theirs: () => 1 - jStat.normal.cdf(8.5, 0, 1), calls: 2000 },
  {
    name: 't quantile .975, df 38',
    ours: () => t.quantile(0.975, 38),
    theirs: () => jStat.studentt.inv(0.975, 38),
    calls: 500,
  },
  {
    name: 't quantile .001, df 1e7',
    ours: () => t.quantile(0.001, 1e7),
    theirs: () => jStat.studentt.inv(0.001, 1e7),
    calls: 500,
  },
  {
    name: 'chi-square quantile .95, df 3',
    ours: () => chisquare.quantile(0.95, 3),
    theirs: () => jStat.chisquare.inv(0.95, 3),
    calls: 500,
  },
  {
    name: 'chi-square sf 72, df 1',
    ours: () => chisquare.sf(72, 1),
    theirs: () => 1 - jStat.chisquare.cdf(72, 1),
    calls: 2000,
  },
  {
    name: 'beta quantile .025, 51/951',
    ours: () => beta.quantile(0.025, 51, 951),
    theirs: () => jStat.beta.inv(0.025, 51, 951),
    calls: 500,
  },
  {
    name: 'beta quantile .025, 5e4/95e4',
    ours: () => beta.quantile(0.025, 5e4, 95e4),
    theirs: () => jStat.beta.inv(0.025, 5e4, 95e4),
    calls: 500,
  },
  {
    name: 'hypergeometric cdf, N 2e6',
    ours: () => hypergeometric.cdf(50_100, 2_000_000, 100_000, 1_000_000),
    theirs: () => jStat.hypgeom.cdf(50_100, 2_000_000, 100_000, 1_000_000),
    calls: 50,
  },
  {
    name: 'studentised range quantile',
    ours: () => studentizedRange.quantile(0.95, 4, 20),
    theirs: () => jStat.tukey.inv(0.95, 4, 20),
    calls: 2,
  },
  {
    name: `P(best), 3 arms (jstat: ${draws} draws)`,
    ours: () => probBest(arms)[0] as number,
    theirs: drawnBest,
    calls: 1,
  },
];

const rounds = 11;
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

function microseconds(run: () => number, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i += 1) run();
  return ((performance.now() - start) * 1000) / calls;
}

const digits = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0));

console.log(
  `${'median microseconds per call'.padEnd(40)}${'turnout'.padStart(10)}${'jstat'.padStart(12)}  jstat's error`,
);
for (const { name, ours, theirs, calls } of cases) {
  microseconds(ours, calls);
  microseconds(theirs, calls);
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    times[0].push(microseconds(ours, calls));
    times[1].push(microseconds(theirs, calls));
  }
  const error = Math.abs(theirs() / ours() - 1);
  const [mine, other] = [digits(median(times[0])), digits(median(times[1]))];
  console.log(`${name.padEnd(40)}${mine.padStart(10)}${other.padStart(12)}  ${error.toExponential(0)}`);
}
