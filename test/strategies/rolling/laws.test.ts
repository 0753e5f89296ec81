import { describe, it } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { Canary } from '../../../src/strategies/canary.js';
import { Rolling } from '../../../src/strategies/rolling.js';
import { strategyLaws } from '../../../src/testing/strategy-laws.js';

const guardrails = [maxErrorRate(0.1)];
const update = () => undefined;
const check = () => true;
const servers = { from: 'v1', to: 'v2', instances: ['a', 'b', 'c', 'd', 'e'], update } as const;

describe('a rolling update', () => {
  for (const law of [
    ...strategyLaws({
      name: 'of model servers',
      create: () => new Rolling({ ...servers, check, guardrails, minReadyMs: 60_000, deadlineMs: 1_800_000 }),
    }),
    ...strategyLaws({
      walks: 10,
      name: 'of servers in zones with spares, that reverses by itself',
      create: () =>
        new Rolling({
          ...servers,
          instances: [{ name: 'a', zone: 'x' }, { name: 'b', zone: 'y' }, { name: 'c', zone: 'x' }, 'd'],
          spares: ['s', 't'],
          maxUnavailable: 0,
          check,
          onFailure: 'reverse',
        }),
    }),
    ...strategyLaws({
      name: 'of replicas',
      create: () => new Rolling({ from: 'v1', to: 'v2', replicas: 2, maxUnavailable: 1, guardrails }),
    }),
    ...strategyLaws({
      walks: 10,
      name: 'of replicas that call an update and reverse by themselves',
      create: () => new Rolling({ from: 'v1', to: 'v2', update, check, onFailure: 'reverse', deadlineMs: 600_000 }),
    }),
    ...strategyLaws({
      walks: 6,
      name: 'between a model and a canary',
      create: () =>
        new Rolling({ ...servers, to: new Canary({ baseline: 'v2', candidate: 'v3', guardrails }), maxUnavailable: 2 }),
    }),
  ])
    it(law.name, law.run);
});
