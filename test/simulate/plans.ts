import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { binary } from '../../src/evidence/metric.js';
import { Canary } from '../../src/strategies/canary.js';

export const minute = 60_000;
export const hour = 60 * minute;

export const metrics = { clicked: binary() };
export const good = { errorRate: 0.01, latencyMs: { medianMs: 50 }, metrics: { clicked: { rate: 0.1 } } };
export const crashing = { ...good, errorRate: 0.5 };
export const traffic = { perHour: 6000 };

/** 10 % for ten minutes, 50 % for twenty, and then everybody. */
export const canary = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  stages: [
    { share: 0.1, minAgeMs: 10 * minute },
    { share: 0.5, minAgeMs: 20 * minute },
  ],
  guardrails: [maxErrorRate(0.1)],
});
