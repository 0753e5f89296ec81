import { measureOf } from '../../src/analysis/measure.js';
import { stopOf } from '../../src/analysis/stop-ledger.js';
import type { Guardrail, Judged, Verdict } from '../../src/analysis/verdict.js';
import { judge } from '../../src/analysis/verdict.js';
import type { Rng } from '../../src/core/rng.js';
import { seededRng } from '../../src/core/rng.js';
import { longestWindowOf, type Metrics } from '../../src/evidence/metric.js';
import { alphas, type Claim } from './methods.js';
import { pooledPValue, type ThresholdRule, ThresholdWatch } from './peers.js';
import { minute, type Schedule, Strata, ticksOf, type Traffic } from './rollout.js';

/** Guardrails that are judged together, by one ledger of alpha. */
export interface Rule {
  readonly name: string;
  readonly claim: Claim;
  readonly guardrails: readonly Guardrail[];
  /** The metric that the test without correction looks at. */
  readonly metric?: string;
}

/** Roll-outs of one kind, with what looks at them. */
export interface Scenario {
  readonly name: string;
  readonly schedule: Schedule;
  readonly metrics: Metrics;
  /** A new one for each run. */
  readonly traffic: () => Traffic;
  readonly rules: readonly Rule[];
  readonly thresholds: readonly ThresholdRule[];
}

/** The requests that had come when each first rolled back, or Infinity. */
export interface Found {
  /** By rule, then by alpha. */
  readonly rules: readonly (readonly number[])[];
  /** The uncorrected test, by rule, then by alpha. */
  readonly tests: readonly (readonly number[])[];
  readonly thresholds: readonly number[];
}

/** Whether the ledger stops at these alphas. The evidence does not depend on alpha, so one look is enough for all. */
export function stopsAt(rules: readonly Guardrail[], judged: Judged): readonly boolean[] {
  const verdicts = rules.map((rule) => judge(rule, judged));
  const broken = verdicts.find(({ outcome }) => outcome === 'error');
  if (broken !== undefined) throw new Error(`${broken.rule}: ${broken.reason}`);
  return alphas.map((total) => {
    const alpha = total / rules.length;
    const leveled = verdicts.map((verdict) => atAlpha(verdict, alpha));
    return stopOf(rules, leveled) !== undefined;
  });
}

function atAlpha(verdict: Verdict, alpha: number): Verdict {
  const { eValue } = verdict;
  if (eValue === undefined) return verdict;
  return { ...verdict, alpha, outcome: eValue >= 1 / alpha ? 'fail' : 'inconclusive' };
}

/** Rolls out once, with a look of everybody at every tick until all have rolled back. */
export function rollOut(scenario: Scenario, rng: Rng): Found {
  const { schedule, metrics, rules, thresholds } = scenario;
  const traffic = scenario.traffic();
  const strata = new Strata(schedule.bucketMinutes, longestWindowOf(metrics));
  const watches = thresholds.map((rule) => new ThresholdWatch(rule));
  const first = () => rules.map(() => alphas.map(() => Infinity));
  const found = { rules: first(), tests: first(), thresholds: thresholds.map(() => Infinity) };
  let requests = 0;
  for (const tick of ticksOf(schedule)) {
    const isWatched = watches.some(({ isRolledBack }) => !isRolledBack);
    const watch = (...of: readonly [number, number, number]) => watches.forEach((one) => one.observe(...of));
    for (const counted of traffic(tick, rng, isWatched ? watch : undefined)) strata.add(counted);
    requests += tick.requests;
    const now = tick.to * minute;
    const judged = {
      now,
      strata: strata.at(now),
      metrics,
      arm: 'candidate',
      control: 'control',
      forecast: false,
    } as const;
    rules.forEach((rule, at) => lookAt(rule, judged, requests, found.rules[at], found.tests[at]));
    watches.forEach(({ isRolledBack }, at) => {
      if (isRolledBack) found.thresholds[at] = Math.min(found.thresholds[at] as number, requests);
    });
    if ([...found.rules.flat(), ...found.tests.flat(), ...found.thresholds].every(Number.isFinite)) break;
  }
  return found;
}

function lookAt(
  { guardrails, metric }: Rule,
  judged: Judged,
  requests: number,
  rule: number[] = [],
  test: number[] = [],
): void {
  const note = (list: number[], at: number) => {
    list[at] = Math.min(list[at] as number, requests);
  };
  if (!rule.every(Number.isFinite)) {
    stopsAt(guardrails, judged).forEach((stops, at) => {
      if (stops) note(rule, at);
    });
  }
  const measure = metric === undefined ? undefined : measureOf(judged.metrics, metric);
  if (measure === undefined || test.every(Number.isFinite)) return;
  const p = pooledPValue(judged.strata, measure);
  alphas.forEach((alpha, at) => {
    if (p <= alpha) note(test, at);
  });
}

/** As many roll-outs, each with a seed of its own, so that any of them can be played again. */
export function rollOuts(scenario: Scenario, runs: number, seed: number, onRun: () => void): readonly Found[] {
  return Array.from({ length: runs }, (_, run) => {
    const found = rollOut(scenario, seededRng(seed * 1_000_003 + run));
    onRun();
    return found;
  });
}
