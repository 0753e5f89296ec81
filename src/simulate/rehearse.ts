import { ConfigError, TurnoutError } from '../core/errors.js';
import { hash32 } from '../core/hash.js';
import { isObject } from '../core/json.js';
import { type Check, anything, callable, listOf, must, object, optional, text, verify } from '../core/options.js';
import { breathe } from '../core/breathe.js';
import type { Rehearsal, Scenario } from './rehearsal.js';
import { type RehearsalResult, scenarioResult } from './rehearsal-result.js';
import { type RunOrder, runInWorkers } from './run-workers.js';
import type { RunSummary } from './run-summary.js';
import { weakSpots } from './weak-spots.js';

/** How a rehearsal runs. */
export interface RehearseOptions {
  /**
   * A definition, or where the module is whose default export it is: a URL, such as `new URL('./plan.js',
   * import.meta.url)`.
   */
  readonly rehearsal: Rehearsal | URL | string;
  /** Runs of each scenario. Default 200, at most 100 000: a rate of a half is then known to 3.5 points. */
  readonly runs?: number;
  /** An integer. One seed gives one result, however many threads there are. Default 1. */
  readonly seed?: number;
  /** Threads, in Node; `rehearsal` must then be a URL. Default: none but this one. */
  readonly workers?: number;
  /** Only these scenarios. Default: all. */
  readonly scenarios?: readonly string[];
  /** Told after each run. What it throws ends the rehearsal. */
  readonly onProgress?: (progress: RehearsalProgress) => void;
  /** Ends the rehearsal: its promise rejects with `aborted`. */
  readonly signal?: AbortSignal;
}

export interface RehearsalProgress {
  readonly done: number;
  readonly of: number;
  /** Of the run that has just ended. */
  readonly scenario: string;
}

const runsMax = 100_000;
const workersMax = 64;

const isRehearsal = (value: unknown): value is Rehearsal =>
  isObject(value) && typeof value['run'] === 'function' && isObject(value['scenarios']);

const rehearsalCheck = must(
  'what defineRehearsal() gives, or the URL of a module that exports it by default',
  (value) => isRehearsal(value) || value instanceof URL || (typeof value === 'string' && value !== ''),
);

const shape: Check = object({
  rehearsal: rehearsalCheck,
  runs: optional(must(`a whole number from 1 to ${runsMax}`, (value) => isWhole(value, runsMax))),
  seed: optional(must('an integer', (value) => Number.isSafeInteger(value))),
  workers: optional(must(`a whole number from 1 to ${workersMax}`, (value) => isWhole(value, workersMax))),
  scenarios: optional(listOf(text, { min: 1 })),
  onProgress: optional(callable),
  signal: optional(anything),
});

function isWhole(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most;
}

/**
 * Runs a plan some hundred times in each scenario, and says how it ends: how often it is promoted and rolled back,
 * after how long, whom a bad candidate reaches, how often it alarms for nothing, each with its standard error; and
 * where the plan is weak, in words.
 *
 * Rejects with `aborted` when the signal says so; throws a ConfigError with every mistake.
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  verify('rehearse', 'options', options, shape);
  const { runs = 200, seed = 1, workers, onProgress, signal } = options;
  const rehearsal = await loaded(options.rehearsal);
  const names = chosen(rehearsal, options.scenarios);
  const orders = names.flatMap((scenario) => {
    return Array.from({ length: runs }, (_, run): RunOrder => ({ scenario, seed: seedOf(seed, scenario, run) }));
  });
  const summaries: RunSummary[] = [];
  let done = 0;
  const onDone = (index: number, summary: RunSummary) => {
    summaries[index] = summary;
    done += 1;
    onProgress?.({ done, of: orders.length, scenario: orders[index]?.scenario ?? '' });
  };
  if (workers === undefined) await runHere(rehearsal, orders, onDone, signal);
  else await runInWorkers(moduleOf(options.rehearsal), orders, workers, onDone, signal);
  const byScenario = Object.fromEntries(
    names.map((name, index) => [name, summaries.slice(index * runs, (index + 1) * runs)] as const),
  );
  const scenarios = names.map((name) => scenarioResult(name, scenarioOf(rehearsal, name), byScenario[name] ?? []));
  const { metrics, forMs } = rehearsal;
  return { format: 1, seed, runs, scenarios, weakSpots: weakSpots({ scenarios, runs: byScenario, metrics, forMs }) };
}

async function runHere(
  rehearsal: Rehearsal,
  orders: readonly RunOrder[],
  onDone: (index: number, summary: RunSummary) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const [index, { scenario, seed }] of orders.entries()) {
    if (signal?.aborted === true) {
      throw new TurnoutError('aborted', 'The rehearsal was aborted.', { cause: signal.reason });
    }
    onDone(index, await rehearsal.run(scenario, seed, signal));
    await breathe();
  }
}

/** Independent of the number of runs and of the other scenarios, so that adding one changes no other. */
function seedOf(seed: number, scenario: string, run: number): number {
  return hash32(`${seed}\n${scenario}\n${run}`);
}

async function loaded(rehearsal: RehearseOptions['rehearsal']): Promise<Rehearsal> {
  if (isRehearsal(rehearsal)) return rehearsal;
  const module = (await import(/* @vite-ignore */ moduleOf(rehearsal))) as { readonly default?: unknown };
  if (isRehearsal(module.default)) return module.default;
  throw new ConfigError('rehearse', [
    {
      path: 'options.rehearsal',
      message: `must export what defineRehearsal() gives by default: ${rehearsal} does not.`,
    },
  ]);
}

function moduleOf(rehearsal: RehearseOptions['rehearsal']): string {
  if (!isRehearsal(rehearsal)) return String(rehearsal);
  throw new ConfigError('rehearse', [
    { path: 'options.rehearsal', message: 'must be the URL of a module for workers: functions do not cross threads.' },
  ]);
}

function chosen({ scenarios }: Rehearsal, wanted: readonly string[] | undefined): readonly string[] {
  const known = Object.keys(scenarios);
  const names = wanted ?? known;
  const issues = names
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: 'options.scenarios', message: `has '${name}', which is none of ${known.join(', ')}.` }));
  if (issues.length > 0) throw new ConfigError('rehearse', issues);
  return names;
}

const scenarioOf = ({ scenarios }: Rehearsal, name: string): Scenario => scenarios[name] as Scenario;
