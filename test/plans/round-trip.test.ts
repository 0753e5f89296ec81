import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type Json } from '../../src/core/json.js';
import { seededRng } from '../../src/core/rng.js';
import { parsePlan, planJsonSchema } from '../../src/plans/index.js';
import { rootScope } from '../../src/strategies/scope.js';
import type { Strategy } from '../../src/strategies/strategy.js';
import { plan as anyPlan } from './arbitrary-plans.js';
import { isValid } from './json-schema.js';

const now = 1_800_000_000_000;

/** What a strategy does at first, and after one look without evidence. */
function behaviour(strategy: Strategy): Json {
  const scope = rootScope('ranker', 1);
  const state = strategy.init(now, scope);
  const view = { now: now + 1, rng: seededRng(1), metrics: {}, evidence: () => [], of: () => view };
  const next = strategy.reduce(state, { type: 'tick' }, view, scope);
  return JSON.parse(
    JSON.stringify({
      kind: strategy.kind,
      models: strategy.models,
      metrics: strategy.metrics,
      shape: strategy.shape,
      state,
      plan: strategy.plan(state, scope),
      status: strategy.status(state, scope),
      next,
    }),
  ) as Json;
}

describe('a random plan', () => {
  const schema = planJsonSchema();

  test('is accepted, and comes back from its JSON as the same plan', () => {
    fc.assert(
      fc.property(anyPlan, (json) => {
        const plan = parsePlan(json);
        // Stored as text in between, as a plan is.
        const again = parsePlan(JSON.parse(JSON.stringify(plan.json)));
        expect(JSON.stringify(again.json)).toBe(JSON.stringify(json));
        expect(again.metrics).toEqual(plan.metrics);
        expect(canonicalJson(behaviour(again.strategy))).toBe(canonicalJson(behaviour(plan.strategy)));
      }),
      { numRuns: 200 },
    );
  });

  test('is valid by the published schema', () => {
    fc.assert(
      fc.property(anyPlan, (json) => isValid(schema, json)),
      { numRuns: 200 },
    );
  });

  test('with a key that nobody knows is refused by the classes and by the schema alike, wherever the key stands', () => {
    fc.assert(
      fc.property(anyPlan, fc.nat(), (json, where) => {
        const paths = objectsIn(json);
        const path = paths[where % paths.length] as readonly string[];
        const broken = changed(json, path, (object) => ({ ...(object as object), nobodyKnowsThis: 1 }));
        expect(isValid(schema, broken)).toBe(false);
        expect(() => parsePlan(broken)).toThrow(/nobodyKnowsThis|arms|exactly one operator/);
      }),
      { numRuns: 200 },
    );
  });

  test('with a value of a wrong type is refused with a path at, above or below it', () => {
    fc.assert(
      fc.property(anyPlan, fc.nat(), (json, where) => {
        const leaves = leavesIn(json);
        const path = leaves[where % leaves.length] as readonly string[];
        const broken = changed(json, path, () => ({ not: { of: 'a type' } }));
        expect(isValid(schema, broken)).toBe(false);
        expect(() => parsePlan(broken)).toThrow(/plan\./);
      }),
      { numRuns: 200 },
    );
  });
});

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function below(json: Json): readonly (readonly [string, Json])[] {
  return typeof json === 'object' && json !== null ? Object.entries(json) : [];
}

/** Paths of objects that have fixed keys: not the records whose keys are names. */
function objectsIn(json: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  const names = ['metrics', 'leave'].includes(path.at(-1) ?? '') || ['arms'].includes(path.at(-1) ?? '');
  const isRecord = names || (path.at(-1) === 'stages' && isObject(json) && 'zeta' in json);
  const own = isObject(json) && !isRecord ? [path] : [];
  return [...own, ...below(json).flatMap(([key, value]) => objectsIn(value, [...path, key]))];
}

/** Paths of values that are of one type alone: operands of conditions are of any. */
function leavesIn(json: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  const last = path.at(-1) ?? '';
  if (['when', 'testers', 'audience'].includes(last)) return [];
  if (typeof json !== 'object' || json === null) return [path];
  return below(json).flatMap(([key, value]) => leavesIn(value, [...path, key]));
}

function changed(json: Json, [key, ...rest]: readonly string[], change: (value: Json) => Json): Json {
  if (key === undefined) return change(json);
  if (Array.isArray(json)) return json.map((one: Json, at) => (String(at) === key ? changed(one, rest, change) : one));
  return Object.fromEntries(below(json).map(([name, one]) => [name, name === key ? changed(one, rest, change) : one]));
}
