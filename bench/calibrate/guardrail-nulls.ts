import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { maxLatency } from '../../src/analysis/max-latency.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { sampleRatio } from '../../src/analysis/sample-ratio.js';
import type { Guardrail } from '../../src/analysis/verdict.js';
import { binary, continuous } from '../../src/evidence/metric.js';
import { normal } from '../../src/stats/distributions/normal.js';
import { bucketOf, middleOf } from '../../src/stats/sketch-json.js';
import type { Rule, Scenario } from './guardrails.js';
import type { Claim } from './methods.js';
import { thresholdRules } from './peers.js';
import { returningTraffic } from './returning.js';
import { minute, type Schedule } from './rollout.js';
import {
  type Amounts,
  amountsOf,
  delayedTraffic,
  eventTraffic,
  four,
  fourTraffic,
  latencyTraffic,
  type Level,
  purchaseTraffic,
} from './traffic.js';

const day = 1440;
const ramp = [0.01, 0.05, 0.25, 0.5];
const same = (rate: number) => rate;
const clicks = { clicked: binary({ windowMs: minute }) };

const rule = (name: string, guardrail: Guardrail, metric?: string, claim: Claim = 'exact'): Rule => ({
  name,
  claim,
  guardrails: [guardrail],
  ...(metric !== undefined && { metric }),
});
const noMoreErrors = rule("noWorseThan('error')", noWorseThan('error'), 'error');
const noFewerClicks = rule("noWorseThan('clicked')", noWorseThan('clicked'), 'clicked');

// Four weeks, looked at every six hours.
const weeks: Schedule = { shares: ramp, minutes: 28 * day, tickMinutes: 360, bucketMinutes: day, perMinute: 100 };
const shapes: Readonly<Record<string, Level>> = {
  flat: () => 1,
  drifting: (at) => 4 / 3 - (2 / 3) * (at / weeks.minutes),
  weekly: (at) => 1 + Math.cos((2 * Math.PI * at) / (7 * day)) / 3,
};
const baselines = Object.entries(shapes).flatMap(([name, shape]): Scenario[] => {
  const errors = (at: number) => 0.005 * shape(at);
  const highest = name === 'flat' ? 0.005 : (0.005 * 4) / 3;
  return [
    {
      name: `errors .5 %, ${name}`,
      schedule: weeks,
      metrics: {},
      traffic: () => eventTraffic('error', errors, same),
      rules: [
        noMoreErrors,
        rule('maxErrorRate(the highest)', maxErrorRate(highest)),
        rule('sampleRatio()', sampleRatio()),
      ],
      thresholds: thresholdRules(),
    },
    {
      name: `conversion 10 %, ${name}`,
      schedule: weeks,
      metrics: clicks,
      traffic: () => eventTraffic('clicked', (at) => 0.1 * shape(at), same),
      rules: [noFewerClicks],
      thresholds: thresholdRules(0.09),
    },
  ];
});

// Four hours, looked at every four minutes.
const volumes = [10, 100, 1000, 10_000].map((perMinute): Scenario => {
  const schedule = { shares: ramp, minutes: 240, tickMinutes: 4, bucketMinutes: 60, perMinute };
  return {
    name: `${perMinute.toLocaleString('en')} requests a minute`,
    schedule,
    metrics: {},
    traffic: () => eventTraffic('error', () => 0.005, same),
    rules: [noMoreErrors, rule('maxErrorRate(the rate)', maxErrorRate(0.005)), rule('sampleRatio()', sampleRatio())],
    thresholds: thresholdRules(),
  };
});

// Four days, looked at every two hours; conversions count for two days.
const windowMinutes = 2 * day;
const waiting = { clicked: binary({ windowMs: windowMinutes * minute }) };
const delays = [1, 6, 24, 48].map((hours): Scenario => {
  const schedule = { shares: ramp, minutes: 4 * day, tickMinutes: 120, bucketMinutes: 480, perMinute: 100 };
  return {
    name: `outcomes after ${hours} h on average`,
    schedule,
    metrics: waiting,
    traffic: () => delayedTraffic(() => 0.1, 60 * hours, windowMinutes),
    rules: [noFewerClicks],
    thresholds: thresholdRules(0.09),
  };
});

// One request in twenty buys; amounts are log-normal, in prices: half of them over 20, one in sixteen over the cap.
const cap = 200;
const paid = (amount: number) => normal.cdf((Math.log(amount) - Math.log(20)) / 1.5);
const purchases = amountsOf(paid, bucketOf(0.2), bucketOf(cap), 12);
const unbounded = amountsOf(paid, bucketOf(0.2), bucketOf(20_000), 12);
const meanOf = ({ buckets, upTo }: Amounts) =>
  buckets.reduce((sum, bucket, at) => sum + middleOf(bucket) * ((upTo[at] as number) - (upTo[at - 1] ?? 0)), 0);
const buyers = 0.05;
const revenue = (
  name: string,
  amounts: Amounts,
  guardrail: Guardrail,
  factor: number,
  label: string,
  claim: Claim,
) => ({
  name,
  schedule: { shares: ramp, minutes: day, tickMinutes: 30, bucketMinutes: 60, perMinute: 100 },
  metrics: {
    revenue: continuous({ per: 'exposure', windowMs: minute, ...(amounts === purchases && { cap }) }),
  },
  traffic: () => purchaseTraffic(buyers, amounts, factor),
  rules: [factor === 1 ? rule(label, guardrail, 'revenue', claim) : rule(label, guardrail, undefined, claim)],
  thresholds: [],
});
const margin = 0.1 * buyers * meanOf(purchases);
const revenues: readonly Scenario[] = [
  revenue('revenue, capped', purchases, noWorseThan('revenue'), 1, "noWorseThan('revenue')", 'exact'),
  revenue(
    'revenue, capped, at the margin',
    purchases,
    noWorseThan('revenue', { relativeMargin: 0.1 }),
    0.9,
    'noWorseThan, relativeMargin 0.1',
    'exact',
  ),
  revenue(
    'revenue, capped, at the margin',
    purchases,
    noWorseThan('revenue', { margin }),
    0.9,
    'noWorseThan, margin of 10 %',
    'exact',
  ),
  revenue('revenue without a cap', unbounded, noWorseThan('revenue'), 1, "noWorseThan('revenue')", 'measured'),
];

// Four hours of calls, one in 200 (or one in 100, which is the limit) over 500 ms.
const latencies = (over: number): Amounts => {
  // A limit lets through what is in its own bucket, so the distribution is cut between that and the next.
  const [limit, apart] = [bucketOf(500), 4];
  const edge = Math.log(middleOf(limit) * Math.sqrt(middleOf(apart) / middleOf(0)));
  const upTo = (ms: number) => normal.cdf((Math.log(ms) - edge) / 0.6 + normal.isf(over));
  return amountsOf(upTo, bucketOf(5), limit + 45 * apart, apart);
};
const calls: Schedule = { shares: ramp, minutes: 240, tickMinutes: 10, bucketMinutes: 60, perMinute: 100 };
const slow = (over: number, name: string, rules: readonly Rule[]): Scenario => ({
  name,
  schedule: calls,
  metrics: {},
  traffic: () => latencyTraffic(latencies(over), 500),
  rules,
  thresholds: thresholdRules().filter(({ name: peer }) => peer.startsWith('Flagger')),
});
const latency: readonly Scenario[] = [
  slow(0.005, 'latency, p99.5 of 500 ms', [
    rule("noWorseThan('latency')", noWorseThan('latency'), undefined, 'measured'),
    rule('maxLatency(p99, 500 ms)', maxLatency({ quantile: 0.99, ms: 500 })),
  ]),
  slow(0.01, 'latency, p99 of 500 ms', [rule('maxLatency(p99, 500 ms)', maxLatency({ quantile: 0.99, ms: 500 }))]),
];

// Twelve hours, looked at every hour.
const returning = (name: string, errorRate: (trait: number) => number): Scenario => ({
  name,
  schedule: { shares: ramp, minutes: 720, tickMinutes: 60, bucketMinutes: 60, perMinute: 23 },
  metrics: {},
  traffic: () => returningTraffic({ units: 1000, errorRate }),
  rules: [{ ...noMoreErrors, claim: 'measured' }, rule('sampleRatio()', sampleRatio())],
  thresholds: thresholdRules(),
});
const units: readonly Scenario[] = [
  returning('units that come back, alike', () => 0.005),
  returning('units that come back, some fail', (trait) => (trait < 0.025 ? 0.8 : 0.0025)),
];

// One day, looked at every forty minutes.
const together = [0, 0.5, 0.9].map((correlation): Scenario => {
  const harm = binary({ windowMs: minute, better: 'lower' });
  return {
    name: `four guardrails, correlation ${correlation}`,
    schedule: { shares: ramp, minutes: day, tickMinutes: 40, bucketMinutes: 240, perMinute: 100 },
    metrics: { complained: harm, refunded: harm, reopened: harm },
    traffic: () => fourTraffic(0.01, correlation),
    rules: [{ name: 'one ledger', claim: 'exact', guardrails: four.map((metric) => noWorseThan(metric)) }],
    thresholds: [],
  };
});

/** Roll-outs of identical models, and of candidates that are just within their limit or margin. */
export const guardrailNulls: readonly Scenario[] = [
  ...baselines,
  ...volumes,
  ...delays,
  ...revenues,
  ...latency,
  ...units,
  ...together,
];
