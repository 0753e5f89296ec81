import { type Estimate, type Rate, meanOf, quantileOf, rateOf } from './estimates.js';
import type { Scenario } from './rehearsal.js';
import type { RunSummary, StepSummary } from './run-summary.js';
import type { WeakSpot } from './weak-spots.js';

/** One stage of a node, over all runs of a scenario. */
export type StepResult = {
  readonly node: string;
  readonly name: string;
  /** Of all runs, those that got there. */
  readonly reached: Rate;
  /** Of those, the ones that were rolled back from there. */
  readonly rolledBack: Rate;
  /** How long it lasted, and how many requests its arms had, where it was left forwards. */
  readonly forMs: Estimate;
  readonly control: Estimate;
  readonly treated: Estimate;
};

/** What came of all runs of a scenario. */
export type ScenarioResult = {
  readonly scenario: string;
  readonly truth: Scenario['truth'];
  readonly says: string;
  readonly runs: number;
  readonly promoted: Rate;
  readonly rolledBack: Rate;
  readonly undecided: Rate;
  /** Of a harmless scenario: rolled back all the same. */
  readonly falseAlarms?: Rate;
  /** Of a harmful scenario: promoted all the same. */
  readonly missed?: Rate;
  /** Of the runs that were decided: ms since the start. */
  readonly decidedAfterMs?: { readonly p10: Estimate; readonly p50: Estimate; readonly p90: Estimate };
  /** Means per run: requests, and different units, that were given any model but the reference. */
  readonly requestsExposed: Estimate;
  readonly usersExposed: Estimate;
  /** Means per run; over 0 is worse than the reference. */
  readonly harm: {
    readonly excessErrors: Estimate;
    readonly extraLatencyMs: Estimate;
    readonly lost: Readonly<Record<string, Estimate>>;
  };
  readonly steps: readonly StepResult[];
  /** Why runs were rolled back: by whom or by which rule, and how often. */
  readonly rollbacks: Readonly<Record<string, number>>;
  /** What runs without an end waited for, in the words of the first of them. */
  readonly waitingFor: readonly string[];
  /** Seeds of runs that went wrong, to be looked at with `simulate`: at most ten. */
  readonly wrongSeeds: readonly number[];
};

/** What a rehearsal found. Plain JSON. */
export type RehearsalResult = {
  readonly format: 1;
  readonly seed: number;
  readonly runs: number;
  readonly scenarios: readonly ScenarioResult[];
  readonly weakSpots: readonly WeakSpot[];
};

const seedsMax = 10;

/** Adds up the runs of a scenario. */
export function scenarioResult(name: string, { truth, says }: Scenario, runs: readonly RunSummary[]): ScenarioResult {
  const n = runs.length;
  const ended = (as: RunSummary['ended']) => runs.filter((run) => run.ended === as);
  const [promoted, rolledBack] = [ended('promoted'), ended('rolled-back')];
  const wrong = truth === 'harmless' ? rolledBack : promoted;
  const decided = [...promoted, ...rolledBack].map(({ afterMs }) => afterMs);
  const mean = (of: (run: RunSummary) => number) => meanOf(runs.map(of));
  const metrics = [...new Set(runs.flatMap(({ harm }) => Object.keys(harm.lost)))].sort();
  return {
    scenario: name,
    truth,
    says: says ?? name,
    runs: n,
    promoted: rateOf(promoted.length, n),
    rolledBack: rateOf(rolledBack.length, n),
    undecided: rateOf(n - decided.length, n),
    ...(truth === 'harmless' ? { falseAlarms: rateOf(wrong.length, n) } : { missed: rateOf(wrong.length, n) }),
    ...(decided.length > 0 && {
      decidedAfterMs: {
        p10: quantileOf(decided, 0.1),
        p50: quantileOf(decided, 0.5),
        p90: quantileOf(decided, 0.9),
      },
    }),
    requestsExposed: mean(({ exposed }) => exposed),
    usersExposed: mean(({ units }) => units),
    harm: {
      excessErrors: mean(({ harm }) => harm.excessErrors),
      extraLatencyMs: mean(({ harm }) => harm.extraLatencyMs),
      lost: Object.fromEntries(metrics.map((metric) => [metric, mean(({ harm }) => harm.lost[metric] ?? 0)])),
    },
    steps: stepResults(runs),
    rollbacks: reasonsOf(rolledBack),
    waitingFor: ended('undecided')[0]?.waitingFor ?? [],
    wrongSeeds: wrong.slice(0, seedsMax).map(({ seed }) => seed),
  };
}

function stepResults(runs: readonly RunSummary[]): readonly StepResult[] {
  const byName = new Map<string, StepSummary[]>();
  for (const { steps } of runs) {
    for (const step of steps) {
      const key = `${step.node}\n${step.name}`;
      const known = byName.get(key);
      if (known === undefined) byName.set(key, [step]);
      else known.push(step);
    }
  }
  return Array.from(byName.values(), (steps): StepResult => {
    const { node, name } = steps[0] as StepSummary;
    const forwards = steps.filter(({ to }) => to !== undefined && to !== 'rolled-back');
    const mean = (of: (step: StepSummary) => number) => meanOf(forwards.map(of));
    return {
      node,
      name,
      reached: rateOf(Math.min(steps.length, runs.length), runs.length),
      rolledBack: rateOf(steps.filter(({ to }) => to === 'rolled-back').length, steps.length),
      forMs: mean(({ forMs }) => forMs),
      control: mean(({ control }) => control),
      treated: mean(({ treated }) => treated),
    };
  });
}

/** Who rolled back: what stands in the last brackets of a reason, `(guardrail maxErrorRate(0.02))`. */
function reasonsOf(runs: readonly RunSummary[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { why = '' } of runs) {
    const [, by = why] = /\(((?:guardrail |deadline|a person).*)\)$/.exec(why) ?? [];
    counts.set(by, (counts.get(by) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
