import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRng } from '../../src/core/rng.js';
import { compilePlan } from '../../src/plan/compile.js';
import { explainPlan } from '../../src/plan/explain.js';
import type { CompileOptions } from '../../src/plan/prepared.js';
import { interpret } from './interpreter.js';
import { contextArbitrary, planArbitrary } from './plans.js';

const options = (seed: number): CompileOptions => ({
  rng: seededRng(seed),
  conditions: { staff: (context) => context['staff'] === true },
});

describe('for any plan and any context', () => {
  test('the compiled route is what the shortest interpreter says', () => {
    fc.assert(
      fc.property(
        planArbitrary,
        fc.array(contextArbitrary, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        (plan, contexts, seed) => {
          const { route } = compilePlan(plan, options(seed));
          const rng = seededRng(seed);
          for (const context of contexts) expect(route(context)).toEqual(interpret(plan, context, rng));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('the explanation ends in the route that requests get, and survives JSON', () => {
    fc.assert(
      fc.property(planArbitrary, contextArbitrary, fc.nat(), (plan, context, seed) => {
        const explanation = explainPlan(plan, context, options(seed));
        expect(explanation.route).toEqual(compilePlan(plan, options(seed)).route(context));
        expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
      }),
      { numRuns: 500 },
    );
  });

  test('equal requests get one and the same frozen route, whose model was announced', () => {
    fc.assert(
      fc.property(planArbitrary, contextArbitrary, fc.nat(), (plan, context, seed) => {
        const first = compilePlan(plan, options(seed));
        const { route, models } = first;
        const taken = route(context);
        expect(Object.isFrozen(taken)).toBe(true);
        for (const part of [taken.exposures, taken.mirrors, taken.fallbacks]) expect(Object.isFrozen(part)).toBe(true);
        for (const part of [...taken.exposures, ...taken.mirrors]) expect(Object.isFrozen(part)).toBe(true);
        for (const model of [taken.model, ...taken.fallbacks, ...taken.mirrors.map((one) => one.model)])
          expect(models).toContain(model);
        if (taken.reason === 'static' || taken.reason === 'targeting-match') expect(route(context)).toBe(taken);
      }),
      { numRuns: 300 },
    );
  });
});
