import { describe, expect, it } from 'vitest';
import { betterThan } from '../../src/analysis/better-than.js';
import { compareArms } from '../../src/analysis/compare.js';
import { type Difference, differenceOf } from '../../src/analysis/difference.js';
import { equivalent } from '../../src/analysis/equivalent.js';
import { type Measure, measureOf } from '../../src/analysis/measure.js';
import { nonInferior } from '../../src/analysis/non-inferior.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { clusterEvidence, designEffectIn } from '../../src/analysis/unit-evidence.js';
import type { Judged } from '../../src/analysis/verdict.js';
import { seededRng } from '../../src/core/rng.js';
import { binary, continuous } from '../../src/evidence/metric.js';
import { foldAll } from './judged.js';
import { type Roll, rollOut } from './sticky.js';

const metrics = { clicked: binary(), spent: continuous({ per: 'exposure', cap: 20 }) };

/** Units that come back three times an hour, some of which fail nearly always; `worse` adds errors to the candidate's. */
function looks(run: number, worse = 0, more: Partial<Roll> = {}): Generator<Judged> {
  return rollOut({
    rng: seededRng(100 + run),
    run,
    metrics,
    units: 300,
    shares: [0.2, 0.5, 0.5, 0.5],
    requests: () => 3,
    outcome: ({ trait, isCandidate }, rng) => ({
      error: rng.next() < (trait < 0.1 ? 0.9 : 0.02) + (isCandidate ? worse : 0),
      clicked: rng.next() < 0.3,
      spent: 10 * trait + rng.next(),
    }),
    ...more,
  });
}
const last = (run: number, worse = 0, more: Partial<Roll> = {}): Judged =>
  [...looks(run, worse, more)].at(-1) as Judged;

describe('a gate on units that come back', () => {
  it('is by clusters of units, with the same evidence folded', () => {
    const judged = { ...last(1), forecast: false } as const;
    const folded = { ...judged, strata: foldAll(judged.strata) };
    for (const gate of [
      nonInferior('error', { margin: 0.05 }),
      equivalent('spent', { margin: 4 }),
      nonInferior('clicked', { relativeMargin: 0.5 }),
    ]) {
      const verdict = gate.judge(judged);
      expect(verdict.test).toBe('clusters of units (asymptotic)');
      expect(Math.log(gate.judge(folded).eValue as number)).toBeCloseTo(Math.log(verdict.eValue as number), 6);
    }
    expect(betterThan('error').judge(judged).test).toBe('clusters of units (asymptotic), and their first events');
  });

  it('tests a bound as the guardrail tests its margin, turned round', () => {
    // Worse by more than 0.02 is what the guardrail shows of b against a; that a is not within 0.02 above b is the same claim.
    const judged = { ...last(2, 0.3), forecast: false } as const;
    const measure = measureOf(metrics, 'error') as Measure;
    const { difference } = compareArms(judged, 'a', measure, { direction: 'worse', margin: 0.02 });
    expect(difference?.estimate).toBeGreaterThan(0.1);
    const turned = { ...judged, arm: 'a', control: 'b' };
    // nonInferior(a) shows a < b + margin, which holds with room to spare; the e-value grows with the margin.
    const at = (margin: number) => nonInferior('error', { margin }).judge(turned).eValue as number;
    expect(at(0.02)).toBeGreaterThan(noWorseThan('error', { margin: 0.02 }).judge(judged).eValue as number);
    expect(at(0.1)).toBeGreaterThan(at(0.02));
  });

  it('has the evidence of the cluster score, shifted by its margin', () => {
    const judged = { ...last(6), forecast: false } as const;
    for (const [metric, margin, harm, type] of [
      ['error', 0.05, 'fewer', 'binary'],
      ['spent', 2, 'more', 'continuous'],
    ] as const) {
      const { observed } = compareArms(judged, 'a', measureOf(metrics, metric) as Measure, { direction: 'better' });
      const difference = differenceOf(observed) as Difference;
      const logE = clusterEvidence(difference, designEffectIn(observed.pairs), { harm, margin: -margin, type });
      const { eValue } = nonInferior(metric, { margin }).judge(judged);
      expect(Math.log(eValue as number)).toBeCloseTo(logE, 6);
      expect(designEffectIn(observed.pairs)).toBeGreaterThan(1.2);
    }
  });

  it('needs more than one on requests, whose variance is too small', () => {
    const shown = { ...last(3), forecast: false } as const;
    const bare = shown.strata.map((stratum) => ({
      ...stratum,
      cells: Object.fromEntries(
        Object.entries(stratum.cells).map(
          ([arm, { clusters: _, unitEvents: __, sampled: ___, returned: ____, ...cell }]) => [arm, cell],
        ),
      ),
    }));
    const gate = nonInferior('spent', { margin: 1, test: 'group-sequential', plannedOutcomes: 1000 });
    const width = (judged: Judged) => {
      const [low, high] = gate.judge(judged).interval as readonly [number, number];
      return high - low;
    };
    expect(width(shown)).toBeGreaterThan(1.3 * width({ ...shown, strata: bare }));
  });

  it('errs at most as often as alpha at the margin', () => {
    const runs = 60;
    const gates = [
      nonInferior('error', { margin: 0.05 }),
      nonInferior('error', { margin: 0.05, test: 'group-sequential', plannedOutcomes: 1200 }),
    ] as const;
    const passed = gates.map(() => new Set<number>());
    for (let run = 0; run < runs; run += 1)
      for (const judged of looks(run, 0.05))
        gates.forEach((gate, at) => {
          if (gate.judge({ ...judged, forecast: false }).outcome === 'pass') passed[at]?.add(run);
        });
    // At most alpha, and three standard errors of so few runs.
    for (const { size } of passed) expect(size / runs).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
  });

  it('is in error, without a forecast, where units come back although they were said not to', () => {
    const judged = last(4, 0, { visits: 'one', units: 2000 });
    const verdict = nonInferior('error', { margin: 0.05 }).judge(judged);
    expect(verdict.outcome).toBe('error');
    expect(verdict.reason).toMatch(/^units come back/);
    expect(verdict).not.toHaveProperty('forecast');
  });

  it('is forecast, too', () => {
    const verdict = nonInferior('error', { margin: 0.05 }).judge(last(5));
    expect(verdict.outcome).toBe('inconclusive');
    expect(verdict.forecast?.outcomes).toBeGreaterThan(100);
    expect(verdict.forecast?.outcomes).toBeLessThan(1e6);
  });
});
