import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { compilePlan } from '../../../src/plan/compile.js';
import { fenceposts } from '../../../src/strategies/rolling/fenceposts.js';
import { minute, type Roll, servers } from './cases.js';

const world = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  unavailable: fc.nat(5),
  spares: fc.nat(3),
  zones: fc.integer({ min: 1, max: 3 }),
  minReadyMs: fc.constantFrom(0, 2 * minute),
  onFailure: fc.constantFrom('pause' as const, 'reverse' as const),
  failures: fc.constantFrom(0, 0.1, 0.3),
  turn: fc.constantFrom('none', 'rollback', 'promote', 'pause'),
  seed: fc.nat(),
});

type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

const hasArrived = (roll: Roll) => roll.status().phase === 'settled';

function rollOf({ count, unavailable, spares, zones, minReadyMs, onFailure }: World): Roll {
  const instances = Array.from({ length: count }, (_, at) => ({ name: `i${at}`, zone: `zone ${at % zones}` }));
  const spare = Array.from({ length: spares }, (_, at) => `s${at}`);
  return servers({ instances, spares: spare, maxUnavailable: unavailable, minReadyMs, onFailure });
}

describe('any rolling update, whatever fails and whoever interferes', () => {
  test('keeps its floor, sends nobody to one that is worked on, and arrives', () => {
    fc.assert(
      fc.property(world, (given) => {
        const rng = seededRng(given.seed);
        const roll = rollOf(given);
        const { unavailable } = fenceposts(given.spares, given.unavailable, given.count);
        const floor = given.count - unavailable;
        const users = Array.from({ length: 20 }, (_, at) => ({ targetingKey: `u${at}` }));
        let rate = given.failures;
        for (let step = 0; step < 400 && !hasArrived(roll); step += 1) {
          // After a while nothing fails any more, and a person lets it go on: then it must arrive.
          if (step === 200) rate = 0;
          if (step > 200 && roll.status().phase === 'paused') roll.order('resume');
          if (step === 25 && given.turn !== 'none') roll.order(given.turn);
          const tasks = roll.taskNames();
          const name = tasks[Math.floor(rng.next() * tasks.length)];
          if (name === undefined || rng.next() < 0.3) roll.tick(minute / 2);
          else for (const command of roll.settle(name, rng.next() >= rate).urgent ?? []) roll.send(command);
          const { members } = roll.own;
          const isAtWork = (at: string) => ['serving', 'settling'].includes(members[at]?.phase ?? '');
          const atWork = Object.keys(members).filter(isAtWork).length;
          // What fails is missing beyond its limit only while the rest goes back around it, or is being tried again.
          const lost = Object.values(members).filter(({ phase, late }) => late || phase === 'failed').length;
          expect(atWork).toBeGreaterThanOrEqual(Math.min(floor, given.count - lost - unavailable));
          const { route } = compilePlan(roll.plan(), { rng });
          for (const context of users) {
            const { instance, model } = route(context);
            if (atWork === 0) expect(instance).toBeUndefined();
            else {
              expect(isAtWork(instance as string)).toBe(true);
              expect(model).toBe(members[instance as string]?.version === 'to' ? 'v2' : 'v1');
            }
          }
        }
        expect(hasArrived(roll)).toBe(true);
        const version = roll.status().settled === 'promoted' ? 'to' : 'from';
        expect(roll.placed().split(' ')).toEqual(
          Array.from({ length: given.count }, (_, at) => `i${at}:${version}`).toSorted(),
        );
      }),
      { numRuns: 60 },
    );
  });
});
