import { expect, test } from 'vitest';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { seededRng } from '../../src/core/rng.js';
import { binary } from '../../src/evidence/metric.js';
import { hour, rollOut } from './sticky.js';

const metrics = { clicked: binary({ windowMs: 24 * hour }) };
const [look] = rollOut({
  rng: seededRng(5),
  run: 5,
  metrics,
  units: 200,
  shares: [0.5],
  requests: () => 3,
  outcome: (_, rng) => ({ clicked: rng.next() < 0.2 }),
});
if (look === undefined) throw new Error('no look');

test('while the windows of units that return are open, says so, and not that the arms never met', () => {
  const open = { ...look, now: (look.strata[0]?.to ?? 0) + 24 * hour - 1 };
  expect(noWorseThan('clicked').judge(open)).toMatchObject({
    outcome: 'insufficient-data',
    reason: "no window of 'clicked' has closed yet since 'b' and 'a' had traffic together",
  });
  expect(noWorseThan('clicked').judge({ ...open, now: open.now + 1 }).outcome).toBe('inconclusive');
  const apart = { ...open, strata: open.strata.map((stratum) => ({ ...stratum, shares: { a: 1, b: 0 } })) };
  expect(noWorseThan('clicked').judge(apart).reason).toBe("'b' and 'a' never had traffic together");
});
