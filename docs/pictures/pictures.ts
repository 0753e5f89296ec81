import { Bandit, Canary, binary, maxErrorRate, maxLatency, noWorseThan } from 'turnout';
import {
  differencePicture,
  endingsPicture,
  evidencePicture,
  powerPicture,
  regretPicture,
  sharesPicture,
  timelinePicture,
} from 'turnout/report';
import { defineRehearsal, rehearse, simulate, usualScenarios } from 'turnout/simulate';

// The pictures of docs/report.md, each from a run with a seed: the same ones whenever they are drawn.

const hour = 3_600_000;
const like = { errorRate: 0.01, latencyMs: { medianMs: 80 }, metrics: { clicked: { rate: 0.2, delayMs: 60_000 } } };
const metrics = { clicked: binary({ windowMs: hour / 2 }) };
const strategy = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  stages: [
    { share: 0.05, minAgeMs: 2 * hour },
    { share: 0.25, minAgeMs: 6 * hour },
    { share: 0.5, minAgeMs: 12 * hour },
  ],
  guardrails: [maxErrorRate(0.05), noWorseThan('clicked', { margin: 0.01 }), maxLatency({ quantile: 0.95, ms: 400 })],
});
const time = 'since-start';

/** Every picture by the name of its file. */
export async function docsPictures(): Promise<Readonly<Record<string, string>>> {
  return { ...(await canaryPictures()), ...(await banditPictures()), ...(await rehearsalPictures()) };
}

async function canaryPictures() {
  const { shares, verdicts, timeline, alerts, ranMs } = await simulate({
    name: 'ranker',
    strategy,
    metrics,
    models: { v1: like, v2: { ...like, metrics: { clicked: { rate: 0.165, delayMs: 60_000 } } } },
    traffic: { perHour: 2500, daily: { peakHour: 14, peakToTrough: 3 } },
    forMs: 24 * hour,
    tickEveryMs: 5 * 60_000,
    stopWhenSettled: true,
  });
  const compared = verdicts.find(({ rule }) => rule.startsWith('noWorseThan'))?.points ?? [];
  const points = compared.flatMap(({ atMs, estimate, interval }) =>
    estimate === undefined || interval === undefined ? [] : [{ at: atMs, difference: estimate, interval }],
  );
  const rules = verdicts.map(({ rule, points: looks }) => ({
    rule,
    points: looks.flatMap(({ atMs, alpha = 0, eValue }) =>
      eValue === undefined ? [] : [{ at: atMs, spent: alpha * eValue }],
    ),
  }));
  const events = [
    ...timeline.map(({ atMs, node, from, to, why }) => ({ at: atMs, node, from, to, why })),
    ...alerts.map(({ atMs, why }) => ({ at: atMs, node: 'ranker', from: '', to: '', why, isAlert: true })),
  ];
  const moments = shares[0]?.points.map(({ atMs, shares: of }) => ({ at: atMs, shares: of })) ?? [];
  return {
    shares: sharesPicture({ time, points: moments, until: ranMs }, { width: 480 }),
    difference: differencePicture(
      { time, metric: 'clicked', arm: 'candidate', control: 'baseline', unit: 'points', points, margin: -0.01 },
      { width: 480 },
    ),
    evidence: evidencePicture({ time, rules }, { width: 480 }),
    timeline: timelinePicture({ time, events, from: 0, until: ranMs }, { width: 480 }),
  };
}

async function banditPictures() {
  const arm = (rate: number) => ({ metrics: { clicked: { rate, reportsFalse: true } } });
  const { shares, samples, ranMs } = await simulate({
    name: 'offers',
    strategy: new Bandit({
      arms: { plain: 'plain', bold: 'bold', loud: 'loud' },
      baseline: 'plain',
      reward: 'clicked',
      batchMs: hour,
      floor: 0.05,
    }),
    metrics: { clicked: binary({ per: 'report' }) },
    models: { plain: arm(0.1), bold: arm(0.115), loud: arm(0.13) },
    traffic: { perHour: 400 },
    forMs: 48 * hour,
    tickEveryMs: hour / 6,
  });
  const gaps = { plain: 0.03, bold: 0.015, loud: 0 };
  const points = samples.map(({ atMs, arms }) => {
    const counts = Object.entries(arms['offers'] ?? {});
    const all = counts.reduce((sum, [, { exposed }]) => sum + exposed, 0);
    const regret = counts.reduce((sum, [name, { exposed }]) => sum + exposed * gaps[name as keyof typeof gaps], 0);
    return { at: atMs, regret, even: all * 0.015 };
  });
  const weights = shares[0]?.points.map(({ atMs, shares: of }) => ({ at: atMs, shares: of })) ?? [];
  return {
    weights: sharesPicture({ time, points: weights, until: ranMs }, { width: 480, title: 'Weights of a bandit' }),
    regret: regretPicture({ time, metric: 'clicked', unit: 'count', points }, { width: 480 }),
  };
}

async function rehearsalPictures() {
  const rehearsal = defineRehearsal({
    simulation: {
      strategy,
      metrics,
      models: { v1: like, v2: like },
      traffic: { perHour: 1000 },
      forMs: 30 * hour,
      tickEveryMs: hour / 2,
    },
    scenarios: usualScenarios({ candidate: 'v2', like, metric: 'clicked', better: 0.02, worse: 0.06, slowBy: 6 }),
  });
  const result = await rehearse({ rehearsal, runs: 10 });
  return { endings: endingsPicture(result, { width: 480 }), power: powerPicture(result, { width: 480 }) };
}
