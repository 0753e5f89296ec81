import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/core/errors.js';
import type { Json, JsonObject } from '../../src/core/json.js';
import { parsePlan, planJsonSchema } from '../../src/plans/index.js';
import { isValid } from './json-schema.js';

const schema = planJsonSchema() as JsonObject;
const definitions = schema['$defs'] as { readonly [name: string]: JsonObject };

/** The keys that a class knows, as its own message lists them. */
function keysOfClass(strategy: JsonObject): readonly string[] {
  try {
    parsePlan({ name: 'r', strategy: { ...strategy, '????????????': 1 } });
  } catch (error) {
    const issue = (error as ConfigError).issues.find(({ path }) => path.endsWith('????????????'));
    const [, list = ''] = /Known are (.*)\.$/.exec(issue?.message ?? '') ?? [];
    return list.split(', ');
  }
  return [];
}

const least: readonly JsonObject[] = [
  { kind: 'canary', baseline: 'a', candidate: 'b' },
  { kind: 'blue-green', blue: 'a', green: 'b' },
  { kind: 'ab-test', arms: { a: 'a', b: 'b' } },
  { kind: 'rolling', from: 'a', to: 'b' },
  { kind: 'shadow', primary: 'a', shadow: 'b' },
  { kind: 'dark-launch', visible: 'a', hidden: 'b', audience: [] },
  { kind: 'feature-flag', on: 'a', off: 'b' },
  { kind: 'bandit', arms: { a: 'a', b: 'b' }, baseline: 'a', reward: 'error' },
  { kind: 'pipeline', stages: { a: { kind: 'feature-flag', on: 'a', off: 'b' } } },
];

describe('the JSON Schema of plans', () => {
  test('names its draft, and every part that is used again', () => {
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(Object.keys(definitions).sort()).toEqual([
      'branch',
      'calendar',
      'comparator',
      'condition',
      'contextualPolicy',
      'gate',
      'guardrail',
      'level',
      'modelOutcomes',
      'policy',
      'rehearsal',
      'stages',
      'strategy',
      'traffic',
      'use',
    ]);
    for (const part of Object.values(definitions)) expect(part['description']).toMatch(/^[A-Z].*\.$/);
  });

  test.each(least.map((strategy) => [strategy['kind'] as string, strategy] as const))(
    'knows the keys of %s that the class knows, no more and no less',
    (kind, strategy) => {
      const kinds = definitions['strategy']?.['oneOf'] as readonly { properties: JsonObject }[];
      const own = kinds.find(({ properties }) => (properties['kind'] as JsonObject)['const'] === kind);
      const known = keysOfClass(strategy);
      expect(known.length).toBeGreaterThan(3);
      expect(
        Object.keys(own?.properties ?? {})
          .filter((key) => key !== 'kind')
          .sort(),
      ).toEqual([...known].sort());
    },
  );

  test.each(least)('accepts %j, of which nothing can be left out', (strategy) => {
    const plan = { name: 'r', strategy };
    expect(isValid(schema, plan)).toBe(true);
    expect(parsePlan(plan).strategy.kind).toBe(strategy['kind']);
    for (const key of Object.keys(strategy)) {
      const { [key]: _, ...rest } = strategy;
      expect(isValid(schema, { name: 'r', strategy: rest }), key).toBe(false);
      expect(() => parsePlan({ name: 'r', strategy: rest }), key).toThrow(`plan.strategy.${key}`);
    }
  });

  const canary = least[0] as JsonObject;
  const at = (more: Json): Json => ({ name: 'r', strategy: { ...canary, ...(more as JsonObject) } });
  test.each<readonly [Json, Json]>([
    [{ coolDownMs: 0 }, { coolDownMs: -1 }],
    [{ alpha: 0.5 }, { alpha: 0 }],
    [{ alpha: 0.999 }, { alpha: 1 }],
    [{ stages: [{ share: 1 }] }, { stages: [{ share: 1.01 }] }],
    [{ stages: [{ share: 0.5, minOutcomes: 0 }] }, { stages: [{ share: 0.5, minOutcomes: 0.5 }] }],
    [{ stages: [{ share: 0.5, approvalExpiresMs: 1 }] }, { stages: [{ share: 0.5, approvalExpiresMs: 0 }] }],
    [{ stages: [{ share: 0.5 }] }, { stages: [] }],
    [
      { stages: { ramp: 'exponential', from: 0.1, factor: 1.1 } },
      { stages: { ramp: 'exponential', from: 0.1, factor: 1 } },
    ],
    [{ retry: { times: 0, afterMs: 0, maxFlipsPerHour: 1 } }, { retry: { times: 0, afterMs: 0, maxFlipsPerHour: 0 } }],
    [{ then: 'keep' }, { then: 'kept' }],
    [{ unit: 'u' }, { unit: '' }],
    [{ watch: { forMs: 1, share: 0.1 } }, { watch: { forMs: 1 } }],
    [
      { guardrails: [{ rule: 'maxMismatchRate', limit: 0, noiseFloor: true }] },
      { guardrails: [{ rule: 'maxMismatchRate', limit: 0, noiseFloor: false }] },
    ],
    [
      { calendar: { windows: [{ days: ['mon'], from: '09:00', to: '17:00' }] } },
      { calendar: { windows: [{ days: ['monday'], from: '09:00', to: '17:00' }] } },
    ],
  ])('accepts %j and refuses %j, as parsePlan does', (right, wrong) => {
    expect(isValid(schema, at(right))).toBe(true);
    expect(() => parsePlan(at(right))).not.toThrow();
    expect(isValid(schema, at(wrong))).toBe(false);
    expect(() => parsePlan(at(wrong))).toThrow(ConfigError);
  });

  test('is made anew, so that nobody can spoil it for others', () => {
    expect(planJsonSchema()).not.toBe(planJsonSchema());
    expect(planJsonSchema()).toEqual(schema);
  });
});
