import { describe, expect, test } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import type { OnPlanEdit } from '../../../src/runtime/control/plan-edit.js';
import { Canary } from '../../../src/strategies/canary.js';
import { seed } from '../../seed.js';
import { type Program, SimulatedFleet } from './fleet-simulation.js';
import { settle } from './replicas.js';

const minute = 60_000;
const size = 64;

/** Two nested canaries: the numbers and the inner candidate can be edited. */
const ramp = ({ first = 0.1, second = 0.5, limit = 0.2, inner = 'v3' } = {}) =>
  new Canary({
    baseline: 'v1',
    candidate: new Canary({
      baseline: 'v2',
      candidate: inner,
      stages: [{ share: 0.5, minAgeMs: 3 * minute, minOutcomes: 100 }],
      guardrails: [maxErrorRate(limit)],
    }),
    stages: [
      { share: first, minAgeMs: 2 * minute },
      { share: second, minAgeMs: 2 * minute, hold: true },
    ],
    guardrails: [maxErrorRate(limit)],
  });
const before: Program = { strategy: ramp() };
const otherNumbers: Program = { strategy: ramp({ first: 0.2, second: 0.4, limit: 0.3 }) };
const otherShape = (onPlanEdit: OnPlanEdit): Program => ({ strategy: ramp({ inner: 'v4' }), onPlanEdit });

/** What happens to some replica next: mostly traffic and ticks, sometimes several at once, an order, a partition, or its end. */
async function step(fleet: SimulatedFleet, errorRate: number): Promise<void> {
  const { rng, clock } = fleet;
  const replica = fleet.of(fleet.pick());
  const choice = rng.next();
  if (choice < 0.3) replica.serve(Math.floor(rng.next() * 40), errorRate, Math.floor(rng.next() * 1e9));
  else if (choice < 0.7) await settle(clock, replica.loop.tick());
  else if (choice < 0.76) {
    const together = [replica, fleet.of(fleet.pick()), fleet.of(fleet.pick())];
    await Promise.all([...new Set(together)].map(({ loop }) => settle(clock, loop.tick())));
  } else if (choice < 0.86) clock.advance(rng.next() * minute);
  else if (choice < 0.9) await fleet.deliverLate();
  else if (choice < 0.93) fleet.parted.add(fleet.pick());
  else if (choice < 0.96) fleet.parted.clear();
  else if (choice < 0.97) await settle(clock, replica.loop.command({ type: 'approve', by: 'ann' }));
  else if (choice < 0.98)
    await settle(clock, replica.loop.command({ type: 'rollback', by: 'ann', reason: 'a feeling' }));
  else if (choice < 0.99) await settle(clock, replica.loop.command({ type: 'reset', by: 'ann' }));
  else await settle(clock, replica.loop.command({ type: 'pause', by: 'ann', node: 'ranker/candidate' }));
  fleet.check();
}

async function run(fleet: SimulatedFleet, steps: number, errorRate = 0.01): Promise<void> {
  for (let at = 0; at < steps; at += 1) await step(fleet, errorRate);
}

/** One replica after the other is replaced, while the others go on. */
async function deploy(fleet: SimulatedFleet, program: Program, steps: number): Promise<void> {
  for (let index = 0; index < size; index += 1) {
    await fleet.deploy(index, program);
    await run(fleet, steps);
  }
}

describe.each([
  ['by its own clocks', false],
  ['by the time of its store', true],
])('a fleet of 64 that goes %s, minutes apart, on a network that loses, delays and parts', (_, hasTime) => {
  const fleetOf = async (program: Program, run = 0) => {
    const fleet = new SimulatedFleet({ seed: seed + run, size, program, hasTime });
    await fleet.begin();
    return fleet;
  };

  test.each([0.01, 0.6])(
    'keeps one history and counts everything once (errors of the candidate: %d)',
    async (errorRate) => {
      const fleet = await fleetOf(before);
      await run(fleet, 1200, errorRate);
      await fleet.heal();
      fleet.checkEnd();
      expect(fleet.records.size).toBeGreaterThan(2);
    },
  );

  test('goes on through a deployment that changes the numbers, and ends with the new ones', async () => {
    const fleet = await fleetOf(before, 1);
    await run(fleet, 200);
    await deploy(fleet, otherNumbers, 8);
    await fleet.heal();
    // The program that is left has its way, at the latest ten minutes after the last change.
    fleet.clock.advance(11 * minute);
    await fleet.heal();
    fleet.checkEnd();
    const { state } = fleet.record;
    expect([0, 0.2, 0.4]).toContain((state as { own: { share: number } }).own.share);
  });

  test.each(['restart', 'keep'] as const)(
    'goes on through a deployment that changes the shape (%s)',
    async (onPlanEdit) => {
      const fleet = await fleetOf(before, 2);
      await run(fleet, 200);
      const old = fleet.record.nodes;
      await deploy(fleet, otherShape(onPlanEdit), 8);
      await fleet.heal();
      await settle(fleet.clock, fleet.of(0).loop.command({ type: 'reset', by: 'ann' }));
      await fleet.heal();
      fleet.checkEnd();
      expect(fleet.record.nodes['ranker/candidate']).not.toBe(old['ranker/candidate']);
      expect(fleet.record.nodes['ranker']).toBe(old['ranker']);
    },
  );

  test('does not begin a program that rejects the change, and the others go on', async () => {
    const fleet = await fleetOf(before, 3);
    await run(fleet, 200);
    const newcomers = [3, 20, 41];
    for (const index of newcomers) await fleet.deploy(index, otherShape('reject'));
    await run(fleet, 300);
    fleet.isWell = true;
    for (const index of newcomers) {
      expect([fleet.of(index).loop.isRead, fleet.of(index).adopted.length]).toEqual([false, 0]);
      await fleet.deploy(index, before);
    }
    await fleet.heal();
    fleet.checkEnd();
  });

  test('has one history also where two programs disagree for good, until one of them is left', async () => {
    const fleet = await fleetOf(before, 4);
    await run(fleet, 100);
    for (let index = 0; index < size; index += 2) {
      await fleet.deploy(index, otherShape('restart'));
      if (index % 8 === 0) await fleet.deploy(index + 1, before);
      await run(fleet, 6);
    }
    for (let index = 0; index < size; index += 2) await fleet.deploy(index, before);
    await fleet.heal();
    fleet.checkEnd();
  });
});
