import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/core/json.js';
import { parsePlan, planJsonSchema } from '../../src/plans/index.js';
import { isValid } from './json-schema.js';

const folder = fileURLToPath(new URL('../../examples/plans/', import.meta.url));
const plans = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => [file, JSON.parse(readFileSync(folder + file, 'utf8')) as Json] as const);

describe('the plans of examples/', () => {
  test('are there', () => expect(plans.length).toBeGreaterThanOrEqual(2));

  test.each(plans)('%s is right, and valid by the schema', (_, json) => {
    const use = { keyPhrases: (output: unknown) => output };
    const plan = parsePlan(json, { use });
    expect(plan.json).toEqual(json);
    expect(isValid(planJsonSchema(), json)).toBe(true);
  });
});
