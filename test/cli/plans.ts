const model = { errorRate: 0.01, metrics: { clicked: { rate: 0.2 } } };

/** A plan that is right, with what it is rehearsed with: few requests, so that a run takes milliseconds. */
export const plan = {
  name: 'ranker',
  metrics: { clicked: { type: 'binary', windowMs: 60_000 } },
  strategy: {
    kind: 'canary',
    baseline: 'v1',
    candidate: 'v2',
    stages: [{ share: 0.5, minAgeMs: 3_600_000 }],
    guardrails: [{ rule: 'maxErrorRate', limit: 0.2 }],
  },
  rehearsal: {
    traffic: { perHour: 300 },
    models: { v1: model, v2: model },
    forMs: 7_200_000,
    scenarios: {
      equal: { truth: 'harmless', says: 'the same' },
      crashing: { truth: 'harmful', says: 'broken', models: { v2: { errorRate: 0.9 } } },
    },
    runs: 3,
  },
};

/** The same with changes, by a path such as `rehearsal.traffic`. */
export function planWith(changes: Readonly<Record<string, unknown>>): typeof plan {
  const copy = structuredClone(plan);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    const holder = keys.reduce(
      (at, key) => at[key] as Record<string, unknown>,
      copy as unknown as Record<string, unknown>,
    );
    holder[last] = value;
  }
  return copy;
}
