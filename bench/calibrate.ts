/**
 * Simulated error rates of the guardrails and of the sequential methods below them:
 * `calibrate [--runs 10000] [--seed 1] [--only guardrails|detection|nulls|special|power] [--null PATTERN]`.
 *
 * `guardrails` judges identical models by the real rules, beside what other controllers would have done in the same
 * roll-outs, and `detection` says after how many outcomes harm is found; `--null` leaves out all roll-outs whose name does
 * not match it. The others are about the methods: every null is looked at every day (or batch, or hour) of a ramp 1/5/25/50 %. An exact method fails when the lower
 * 99.9 % bound of its rate is over alpha; group-sequential bounds may reach 1.1 alpha at .05 and 1.5 alpha below. Exit
 * code 1 on a failure.
 */
import { parseArgs } from 'node:util';
import cliProgress from 'cli-progress';
import { seededRng } from '../src/core/rng.js';
import { detect, detectionTable, harms } from './calibrate/detection.js';
import { guardrailNulls } from './calibrate/guardrail-nulls.js';
import { type GuardrailRow, guardrailRows, guardrailTable } from './calibrate/guardrail-table.js';
import { rollOuts } from './calibrate/guardrails.js';
import { atMargin, type Method, methods } from './calibrate/methods.js';
import { baselines, simulate } from './calibrate/scenario.js';
import { sampleRatio, specialNulls, specialRates } from './calibrate/special.js';
import { isKept, nullTable, powerTable, type Row } from './calibrate/table.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'all' },
    null: { type: 'string', default: '' },
  },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!(Number.isSafeInteger(runs) && runs > 0 && Number.isSafeInteger(seed))) {
  throw new Error('--runs must be a whole number over 0 and --seed a whole number');
}
const wants = (part: string): boolean => values.only === 'all' || values.only === part;

function progressOf(name: string, total: number) {
  const bar = new cliProgress.SingleBar({
    format: `${name.padEnd(10)} {bar} {percentage}% | {value}/{total} runs | {eta} s left`,
  });
  bar.start(total, 0);
  return bar;
}

type Rate = (rate: number) => number;

/** Looks at `runs` roll-outs with all methods at once; the first day of an alarm by method and alpha, over the runs. */
function firstAlarms(
  list: readonly Method[],
  baseline: (day: number) => number,
  candidateRate: Rate,
  onRun: () => void,
): number[][][] {
  const prepared = list.map((method) => method.prepare(baseline));
  const found: number[][][] = list.map(() => [[], [], []]);
  for (let run = 0; run < runs; run += 1) {
    const rollout = simulate(seededRng(seed * 1_000_003 + run), baseline, candidateRate);
    prepared.forEach((alarmsOf, at) => {
      alarmsOf(rollout).forEach((day, level) => {
        if (day >= 0) found[at]?.[level]?.push(day);
      });
    });
    onRun();
  }
  return found;
}

const same: Rate = (rate) => rate;
const rows: Row[] = [];
const guarded: GuardrailRow[] = [];

if (wants('guardrails')) {
  const nulls = guardrailNulls.filter(({ name }) => new RegExp(values.null).test(name));
  const bar = progressOf('guardrails', nulls.length * runs);
  for (const scenario of nulls) {
    guarded.push(
      ...guardrailRows(
        scenario,
        rollOuts(scenario, runs, seed, () => bar.increment()),
      ),
    );
  }
  bar.stop();
  process.stdout.write(
    `\nHarmless candidates rolled back, of ${runs} runs, seed ${seed}\n\n${guardrailTable(guarded)}\n`,
  );
}

if (wants('detection')) {
  const bar = progressOf('detection', 2 * harms.length * runs);
  const table = detectionTable(harms.map((harm) => detect(harm, runs, seed, () => bar.increment())));
  bar.stop();
  process.stdout.write(
    `\nMedian outcomes of both arms until harm was found, of ${runs} runs, seed ${seed}, 1,000 requests a minute\n` +
      `(in brackets: identical models rolled back by the time that ours finds the harm)\n\n${table}\n`,
  );
}

if (wants('nulls')) {
  const names = Object.keys(baselines);
  const bar = progressOf('nulls', names.length * (1 + atMargin.length) * runs);
  for (const scenario of names) {
    const baseline = baselines[scenario] as (day: number) => number;
    const add = ({ name, claim }: Method, found: readonly (readonly number[])[]) =>
      rows.push({ name, scenario, claim, alarms: found.map((list) => list.length), runs });
    const found = firstAlarms(methods, baseline, same, () => bar.increment());
    methods.forEach((method, at) => add(method, found[at] as number[][]));
    for (const method of atMargin) {
      add(method, firstAlarms([method], baseline, method.candidateRate, () => bar.increment())[0] as number[][]);
    }
  }
  bar.stop();
  rows.sort((a, b) => order(a) - order(b));
}

function order({ name }: Row): number {
  return [...methods, ...atMargin].findIndex((method) => method.name === name);
}

if (wants('special')) {
  const bar = progressOf('special', specialNulls.length * runs);
  for (const { name, scenario, claim, run } of specialNulls) {
    rows.push({ name, scenario, claim, alarms: specialRates(run, runs, seed, () => bar.increment()), runs });
  }
  bar.stop();
}

if (rows.length > 0) process.stdout.write(`\nFalse alarms of ${runs} runs, seed ${seed}\n\n${nullTable(rows)}\n`);

if (wants('power')) {
  const lift = 0.08;
  const bar = progressOf('power', 3 * runs);
  const list = methods.filter(({ name }) => !/harm is more|highest|uncorrected/.test(name));
  const drift = baselines['drift'] as (day: number) => number;
  const found = firstAlarms(
    list,
    drift,
    (rate) => rate * (1 - lift),
    () => bar.increment(),
  );
  const power = list.map(({ name }, at) => ({ name, firstDays: found[at] as number[][], runs }));
  const lost = [0.1, 0.03].map((part) => {
    const alarms = specialRates(
      (rng) => sampleRatio(rng, part),
      runs,
      seed,
      () => bar.increment(),
    );
    return `${part * 100} % of exposures lost: ${alarms.map((count) => (count / runs).toFixed(3)).join(' ')}`;
  });
  bar.stop();
  process.stdout.write(
    `\nPower at ${lift * 100} % fewer conversions under drift, ${runs} runs\n\n${powerTable(power)}\n`,
  );
  process.stdout.write(`\nSample-ratio process at .05 .01 .001\n${lost.join('\n')}\n`);
}

const failed = [...guarded, ...rows].filter((row) => !isKept(row));
if (failed.length > 0) {
  process.stderr.write(`\nNot kept: ${failed.map(({ name, scenario }) => `${name} (${scenario})`).join(', ')}\n`);
  process.exitCode = 1;
}
