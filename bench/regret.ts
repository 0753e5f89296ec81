/**
 * What bandits lose, and how often they err: `regret [--runs 200] [--seed 1] [--env ABCDEF] [--policy thompson]
 * [--only table|batches|identical]`.
 *
 * `table` plays every policy in every environment and compares it with a reference of our own in C++; exit code 1 if a mean is off by more
 * than four combined standard errors. `batches` holds weights for 1 to 1000 decisions. `identical` counts winners among arms that
 * are alike, flat and under a weekly cycle, and among arms of which one is better.
 */
import { parseArgs } from 'node:util';
import cliProgress from 'cli-progress';
import {
  epsilonGreedy,
  exp3,
  klUcb,
  moss,
  type Policy,
  softmax,
  thompson,
  topTwoThompson,
  ucb1,
  ucb1Tuned,
} from '../src/bandits/index.js';
import { seededRng } from '../src/core/rng.js';
import { type Environment, environments, published } from './regret/environments.js';
import { falsePromotions } from './regret/identical-arms.js';
import { meanAndError, regretOf } from './regret/play.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    env: { type: 'string', default: 'ABCDEF' },
    policy: { type: 'string', default: '' },
    only: { type: 'string', default: 'all' },
  },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!(Number.isSafeInteger(runs) && runs > 1 && Number.isSafeInteger(seed))) {
  throw new Error('--runs must be a whole number over 1 and --seed a whole number');
}
const wants = (part: string): boolean => values.only === 'all' || values.only === part;

/** Under the names of the table, with what the reference knew of the horizon. */
const policies: Readonly<Record<string, (environment: Environment) => Policy>> = {
  'eps-greedy': () => epsilonGreedy(),
  softmax: () => softmax(),
  ucb1: () => ucb1(),
  'ucb1-tuned': () => ucb1Tuned(),
  moss: ({ horizon }) => moss({ horizon }),
  'kl-ucb': () => klUcb(),
  'kl-ucb c=3': () => klUcb({ c: 3 }),
  thompson: () => thompson(),
  'top-two': () => topTwoThompson({ leaderShare: 0.5 }),
  exp3: ({ horizon }) => exp3({ horizon }),
};

function progressOf(name: string, total: number) {
  const bar = new cliProgress.SingleBar({
    format: `${name.padEnd(10)} {bar} {percentage}% | {value}/{total} runs | {eta} s left`,
  });
  bar.start(total, 0);
  return bar;
}

const rngOf = (run: number) => seededRng(seed * 1_000_003 + run);
const lines: string[] = [];
const failed: string[] = [];

if (wants('table')) {
  const chosen = environments.filter(({ name }) => values.env.includes(name));
  const names = Object.keys(policies).filter((name) => values.policy === '' || values.policy === name);
  const bar = progressOf('table', chosen.length * names.length * runs);
  for (const environment of chosen) {
    for (const name of names) {
      const policy = policies[name]?.(environment) as Policy;
      const regrets = Array.from({ length: runs }, (_, run) => {
        bar.increment();
        return regretOf(policy, environment, rngOf(run));
      });
      const { mean, error } = meanAndError(regrets);
      const [expected, itsError] = published[name]?.[environment.name] ?? [Number.NaN, 0];
      // Where the reference kept no error, half a per cent stands for it.
      const combined = Math.hypot(error, itsError === 0 ? 0.005 * expected : itsError);
      const off = (mean - expected) / combined;
      const figures = `${mean.toFixed(1).padStart(8)} +- ${error.toFixed(1).padEnd(6)}${expected.toFixed(1).padStart(8)}`;
      lines.push(`${environment.name}  ${name.padEnd(12)}${figures}${off.toFixed(1).padStart(7)}`);
      if (Math.abs(off) > 4) failed.push(`${name} in ${environment.name}`);
    }
  }
  bar.stop();
  lines.unshift(`env policy      mean regret         reference  off by (standard errors), ${runs} runs`);
}

if (wants('batches')) {
  const delayed = { name: 'delay', means: [0.1, 0.08, 0.08, 0.08, 0.08], horizon: 10_000 };
  const sizes = [1, 10, 100, 1000];
  const bar = progressOf('batches', 2 * sizes.length * runs);
  lines.push('', 'batches of               1            10           100          1000');
  for (const [name, policy] of [
    ['thompson', thompson()],
    ['ucb1', ucb1()],
  ] as const) {
    const cells = sizes.map((batch) => {
      const regrets = Array.from({ length: runs }, (_, run) => {
        bar.increment();
        return regretOf(policy, delayed, rngOf(run), batch);
      });
      const { mean, error } = meanAndError(regrets);
      return `${mean.toFixed(1)} +- ${error.toFixed(1)}`.padStart(14);
    });
    lines.push(`${name.padEnd(12)}${cells.join('')}`);
  }
  bar.stop();
}

if (wants('identical')) {
  const cases = [
    { name: 'identical, flat', cycle: false, factor: 1, floor: 0.1 },
    { name: 'identical, weekly cycle', cycle: true, factor: 1, floor: 0.1 },
    { name: 'identical, cycle, floor .01', cycle: true, factor: 1, floor: 0.01 },
    { name: '12 % better, floor .1', cycle: false, factor: 1.12, floor: 0.1 },
    { name: '12 % better, floor .01', cycle: false, factor: 1.12, floor: 0.01 },
  ];
  const bar = progressOf('identical', cases.length * runs);
  lines.push('', 'winners after up to 200 batches of 500, alpha .05');
  for (const { name, ...scenario } of cases) {
    const onRun = () => void bar.increment();
    const { rate } = falsePromotions({ runs, batches: 200, batchSize: 500, seed, ...scenario, onRun });
    lines.push(`${name.padEnd(30)}${rate.toFixed(3)}`);
    if (scenario.factor === 1 && rate > 0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs)) failed.push(name);
  }
  bar.stop();
}

process.stdout.write(`\n${lines.join('\n')}\n`);
if (failed.length > 0) {
  process.stderr.write(`\nNot kept: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
