import { describe, expect, it } from 'vitest';
import { assignmentBatches, sampleRatio, unitsDue } from '../../src/analysis/sample-ratio.js';
import { sampleRatioProcess } from '../../src/stats/sequential/sample-ratio.js';
import { foldAll, judgedOf, minute } from './judged.js';
import { binomial } from './simulate.js';
import { seededRng } from '../../src/core/rng.js';

const epoch = (at: number, share: number, b: number, a: number) => ({
  epoch: at,
  from: at * minute,
  to: (at + 1) * minute,
  shares: { b: share, a: 1 - share },
  cells: { b: { units: b, exposed: 10 * b }, a: { units: a, exposed: 10 * a } },
});

describe('sampleRatio', () => {
  it('fails when the e-value reaches 1/alpha, and not just below', () => {
    let lost = 0;
    const at = (missing: number) =>
      sampleRatioProcess([{ shares: { b: 0.5, a: 0.5 }, counts: { b: 500 - missing, a: 500 } }]);
    while (at(lost).logE < Math.log(100)) lost += 1;
    const judge = (missing: number) => sampleRatio().judge(judgedOf([epoch(1, 0.5, 500 - missing, 500)]));
    expect(judge(lost - 1)).toMatchObject({ outcome: 'inconclusive', alpha: 0.01, n: 501 - lost });
    const verdict = judge(lost);
    expect(verdict).toMatchObject({
      rule: 'sampleRatio',
      outcome: 'fail',
      test: 'tilted Dirichlet e-process',
      n: 500 - lost,
    });
    expect(verdict.eValue).toBeCloseTo(Math.exp(at(lost).logE), 6);
    expect(verdict.reason).toMatch(
      new RegExp(
        `^units do not arrive in their shares: ${500 - lost} to b where ${Math.round(500 - lost / 2)} were due, 500 to a where`,
      ),
    );
    expect(judge(lost - 1).reason).toMatch(/^units are not shown to miss their shares: /);
  });

  it('is not misled by a ramp, in whose sum the shares are wrong', () => {
    const ramp = [epoch(1, 0.01, 10, 990), epoch(2, 0.05, 50, 950), epoch(3, 0.5, 500, 500)];
    expect(sampleRatio().judge(judgedOf(ramp))).toMatchObject({ outcome: 'inconclusive', n: 560 });
  });

  it('is the same folded, in any order of strata, and over the buckets of an epoch', () => {
    const strata = [
      epoch(1, 0.1, 90, 910),
      epoch(2, 0.5, 400, 500),
      { ...epoch(2, 0.5, 30, 50), from: 9 * minute, to: 10 * minute },
    ];
    const judged = judgedOf(strata);
    const verdict = sampleRatio().judge(judged);
    expect(sampleRatio().judge({ ...judged, strata: foldAll(judged.strata) })).toEqual(verdict);
    expect(sampleRatio().judge({ ...judged, strata: [...judged.strata].reverse() })).toEqual(verdict);
    expect(assignmentBatches(judged.strata)).toEqual([
      { shares: { b: 0.1, a: 0.9 }, counts: { b: 90, a: 910 } },
      { shares: { b: 0.5, a: 0.5 }, counts: { b: 430, a: 550 } },
    ]);
  });

  it('remembers a mismatch of an earlier epoch, after which later units would hide it', () => {
    const bad = epoch(1, 0.5, 400, 600);
    const { maxLogE, logE } = sampleRatioProcess(
      assignmentBatches(judgedOf([bad, epoch(2, 0.5, 30_100, 29_900)]).strata),
    );
    expect(logE).toBeLessThan(Math.log(100));
    expect(maxLogE).toBeGreaterThan(Math.log(100));
    expect(sampleRatio().judge(judgedOf([bad, epoch(2, 0.5, 30_100, 29_900)])).outcome).toBe('fail');
  });

  it('fails at once where an arm without a share got units', () => {
    const verdict = sampleRatio().judge(judgedOf([epoch(1, 0, 1, 100)]));
    expect(verdict).toMatchObject({ outcome: 'fail', reason: 'units were counted for b, which had no share' });
    expect(verdict.eValue).toBeLessThan(Infinity);
    expect(sampleRatio().judge(judgedOf([])).outcome).toBe('insufficient-data');
    expect(sampleRatio({ minOutcomes: 200 }).judge(judgedOf([epoch(1, 0.5, 100, 99)])).reason).toBe('199 of 200 units');
  });

  it('says what was due of shares that need not sum to 1, over epochs', () => {
    const batch = (b: number, a: number) => ({ shares: { b: 1, a: 3 }, counts: { b, a } });
    expect(unitsDue([batch(20, 20), batch(60, 100)])).toBe('80 to b where 50 were due, 120 to a where 150 were due');
  });

  it('alarms at most as often as alpha under a ramp that is looked at in every batch', () => {
    const rng = seededRng(5);
    let alarms = 0;
    for (let run = 0; run < 400; run += 1) {
      const strata: ReturnType<typeof epoch>[] = [];
      for (const [at, share] of [0.01, 0.05, 0.25, 0.5].entries()) {
        const b = binomial(rng, 1000, share);
        strata.push(epoch(at, share, b, 1000 - b));
        if (sampleRatio({ alpha: 0.05 }).judge(judgedOf(strata)).outcome !== 'fail') continue;
        alarms += 1;
        break;
      }
    }
    expect(alarms / 400).toBeLessThanOrEqual(0.05);
  });
});
