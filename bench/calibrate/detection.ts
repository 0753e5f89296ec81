import { customGuardrail } from '../../src/analysis/custom.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import type { Guardrail, Judged } from '../../src/analysis/verdict.js';
import { binary } from '../../src/evidence/metric.js';
import { type Found, type Scenario, rollOuts } from './guardrails.js';
import { thresholdRules } from './peers.js';
import { minute } from './rollout.js';
import { eventTraffic } from './traffic.js';

/** A harm that is to be found. */
export interface Harm {
  readonly metric: 'error' | 'clicked';
  readonly rate: number;
  readonly candidateRate: number;
  readonly share: number;
}

const shares = [0.01, 0.05, 0.5];
export const harms: readonly Harm[] = (
  [
    ['error', 0.005, 0.015],
    ['error', 0.01, 0.02],
    ['clicked', 0.1, 0.09],
  ] as const
).flatMap(([metric, rate, candidateRate]) => shares.map((share) => ({ metric, rate, candidateRate, share })));

/**
 * Wald's sequential test of one simple hypothesis against another, for somebody who knows how great the harm is if there is any: the
 * likelihood ratio of where the events fell, against 1 / alpha (Wald 1945, without a bound for accepting). Nothing that has to be
 * valid at every look needs fewer events for that harm.
 */
export function waldTest(metric: string, ratio: number, alpha: number): Guardrail {
  const name = `Wald's test of ${metric} for a ratio of ${ratio}`;
  return customGuardrail(name, ({ strata }: Judged) => {
    let logE = 0;
    for (const { cells, shares: inForce } of strata) {
      const share = inForce['candidate'] ?? 0;
      const events = (arm: string) => (metric === 'error' ? cells[arm]?.errors : cells[arm]?.metrics[metric]?.sum) ?? 0;
      const change = Math.log1p(share * (ratio - 1));
      logE += events('candidate') * (Math.log(ratio) - change) - events('control') * change;
    }
    const eValue = Math.exp(Math.min(logE, 700));
    return { outcome: eValue >= 1 / alpha ? 'fail' : 'inconclusive', reason: name, n: 1, eValue, alpha };
  });
}

/** About what Wald's test needs: ln 20 over what one request is expected to add. */
function roughNeed({ rate, candidateRate, share }: Harm): number {
  const ratio = candidateRate / rate;
  const change = Math.log1p(share * (ratio - 1));
  const gain = share * candidateRate * (Math.log(ratio) - change) - (1 - share) * rate * change;
  return Math.log(20) / gain;
}

const perMinute = 1000;
const looksUntilFound = 80;
/** Long enough for thresholds that need twenty minutes. */
const leastMinutes = 60;

function scenarioOf(harm: Harm, candidateRate: number, requests?: number): Scenario {
  const { metric, rate, share } = harm;
  const need = roughNeed(harm);
  const tickMinutes = Math.ceil(need / looksUntilFound) / perMinute;
  const minutes = (requests ?? Math.max(8 * need, leastMinutes * perMinute)) / perMinute;
  const wald = waldTest(metric, harm.candidateRate / rate, 0.05);
  const name = `${metric} ${percent(rate)} to ${percent(harm.candidateRate)}`;
  return {
    name,
    schedule: { shares: [share], minutes, tickMinutes, bucketMinutes: 5, perMinute },
    metrics: { clicked: binary({ windowMs: minute }) },
    traffic: () =>
      eventTraffic(
        metric,
        () => rate,
        () => candidateRate,
      ),
    rules: [
      { name: 'noWorseThan', claim: 'exact', guardrails: [noWorseThan(metric)], metric },
      { name: 'Wald', claim: 'exact', guardrails: [wald] },
    ],
    thresholds: thresholdRules(metric === 'error' ? undefined : (rate + harm.candidateRate) / 2),
  };
}

export const percent = (rate: number): string => `${Number((100 * rate).toPrecision(3))} %`;

/** The median of requests until somebody rolled back: Infinity where not half of the runs did. */
export function medianOf(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? Infinity;
}

export interface Detection extends Harm {
  readonly name: string;
  /** Median outcomes of both arms at alpha .05 and .01. */
  readonly ours: readonly number[];
  readonly wald: readonly number[];
  /**
   * The uncorrected test at .05, and each threshold: the median, and how often identical models are rolled back by the time ours finds
   * the harm.
   */
  readonly others: readonly { readonly name: string; readonly median: number; readonly falseAlarms: number }[];
}

export function detect(harm: Harm, runs: number, seed: number, onRun: () => void): Detection {
  const scenario = scenarioOf(harm, harm.candidateRate);
  const found = rollOuts(scenario, runs, seed, onRun);
  const medians = (rule: number) =>
    [0, 1].map((level) => medianOf(found.map(({ rules }) => rules[rule]?.[level] as number)));
  const ours = medians(0);
  const alike = rollOuts(scenarioOf(harm, harm.rate, ours[0]), runs, seed + 1, onRun);
  const other = (name: string, of: (one: Found) => number) => ({
    name,
    median: medianOf(found.map(of)),
    falseAlarms: alike.filter((one) => Number.isFinite(of(one))).length / runs,
  });
  return {
    ...harm,
    name: scenario.name,
    ours,
    wald: medians(1),
    others: [
      other('z at 0.05', ({ tests }) => tests[0]?.[0] as number),
      ...scenario.thresholds.map(({ name }, at) => other(name, ({ thresholds }) => thresholds[at] as number)),
    ],
  };
}

const widths = [24, 6, 18, 18, 11] as const;
const cells = (texts: readonly string[]): string => texts.map((text, at) => text.padEnd(widths[at] ?? 16)).join(' ');
const thousands = (requests: number): string =>
  Number.isFinite(requests) ? `${(requests / 1000).toFixed(1)}k` : 'never';

export function detectionTable(rows: readonly Detection[]): string {
  const head = cells([
    'harm',
    'share',
    'ours .05 / .01',
    'Wald .05 / .01',
    'ratio',
    ...(rows[0]?.others ?? []).map(({ name }) => name),
  ]);
  const lines = rows.map(({ name, share, ours, wald, others }) => {
    const ratios = ours.map((median, level) => (median / (wald[level] as number)).toFixed(2));
    return cells([
      name,
      percent(share),
      ours.map(thousands).join(' / '),
      wald.map(thousands).join(' / '),
      ratios.join(' / '),
      ...others.map(({ median, falseAlarms }) => `${thousands(median)} (${percent(falseAlarms)})`),
    ]).trimEnd();
  });
  return [head, '-'.repeat(head.length), ...lines].join('\n');
}
