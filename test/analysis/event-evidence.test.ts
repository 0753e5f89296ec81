import { describe, expect, it } from 'vitest';
import { eitherWayEvidence, eventEvidence } from '../../src/analysis/event-evidence.js';
import type { ArmPair } from '../../src/analysis/observe.js';
import { seededRng } from '../../src/core/rng.js';
import { emptyCell } from '../../src/evidence/cell.js';
import { seed } from '../seed.js';

const sums = (n: number, sum: number) => ({ n, sum, sumSq: sum });
const pair = (
  candidate: readonly [number, number],
  control: readonly [number, number],
  extra: Partial<ArmPair> = {},
): ArmPair => ({
  share: 0.5,
  candidate: emptyCell,
  control: emptyCell,
  candidateSums: sums(...candidate),
  controlSums: sums(...control),
  isMature: true,
  ...extra,
});

describe('evidence on events and non-events', () => {
  it('sees 94 % against 90 % right, where events alone do not', () => {
    const pairs = [pair([2000, 1880], [2000, 1800])];
    expect(eventEvidence(pairs, 'more', 0)).toBeLessThan(Math.log(20));
    expect(eitherWayEvidence(pairs, 'more')).toBeGreaterThan(Math.log(100));
    expect(eitherWayEvidence(pairs, 'fewer')).toBeLessThan(0);
  });

  it('costs a rare event ln(4/3) at most', () => {
    const pairs = [pair([2000, 40], [2000, 10])];
    const [alone, both] = [eventEvidence(pairs, 'more', 0), eitherWayEvidence(pairs, 'more')];
    expect(both).toBeLessThan(alone);
    expect(both).toBeGreaterThan(alone - Math.log(4 / 3) - 1e-9);
  });

  it('leaves non-events of open windows out', () => {
    const open = pair([1000, 100], [1000, 100], { isMature: false });
    // Without non-events the second e-value is 1.
    const events = Math.exp(eventEvidence([open], 'more', 0));
    expect(Math.exp(eitherWayEvidence([open], 'more'))).toBeCloseTo(0.75 * events + 0.25, 12);
  });

  it('raises false alarms at most alpha under identical models, at rates low and high, at every look of a ramp', () => {
    const rng = seededRng(seed);
    const runs = 2000;
    const draw = (n: number, rate: number) => {
      let events = 0;
      for (let i = 0; i < n; i += 1) if (rng.next() < rate) events += 1;
      return events;
    };
    for (const rate of [0.05, 0.5, 0.93]) {
      let alarms = 0;
      for (let run = 0; run < runs; run += 1) {
        const pairs: ArmPair[] = [];
        for (const share of [0.05, 0.25, 0.5]) {
          const n = 120;
          const candidates = draw(n, share);
          pairs.push(
            pair([candidates, draw(candidates, rate)], [n - candidates, draw(n - candidates, rate)], { share }),
          );
          if (!(eitherWayEvidence(pairs, 'fewer') >= Math.log(20))) continue;
          alarms += 1;
          break;
        }
      }
      // alpha = 0.05; 2000 runs have a standard error of 0.005.
      expect(alarms / runs).toBeLessThan(0.05);
    }
  });
});
