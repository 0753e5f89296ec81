import { fraction, must, object, optional, verify } from '../core/options.js';
import type { Gate } from '../analysis/verdict.js';
import type { Stage } from './stages.js';

type StageDefaults<H> = Omit<Stage<H>, 'name' | 'share'>;

const limit = 100;

function rampOf<H>(from: number, to: number, next: (share: number) => number, stage: StageDefaults<H>): Stage<H>[] {
  const shares: number[] = [];
  // The last stage is `to` itself: a step that does not divide the way must not overshoot.
  for (let share = from; share < to - 1e-9 && shares.length < limit; share = next(share))
    shares.push(Number(share.toPrecision(12)));
  return [...shares, to].map((share) => ({ ...stage, share }));
}

/** Stages that grow by equal steps: `linear({ step: 0.1, minAgeMs: 600_000 })` is 10 %, 20 % … 100 %. */
export function linear<const H extends Gate = never>(
  options: StageDefaults<H> & { readonly from?: number; readonly step: number; readonly to?: number },
): Stage<H>[] {
  const { from, step, to = 1, ...stage } = options;
  verify('linear', 'ramp', { from, step, to }, object({ from: optional(fraction), step: fraction, to: fraction }));
  verify(
    'linear',
    'ramp',
    step,
    must(`a step that gives at most ${limit} stages`, () => step * limit >= to),
  );
  return rampOf(from ?? step, to, (share) => share + step, stage);
}

/** Stages that grow by a factor: `exponential({ from: 0.01, factor: 5 })` is 1 %, 5 %, 25 %, 100 %. */
export function exponential<const H extends Gate = never>(
  options: StageDefaults<H> & { readonly from: number; readonly factor: number; readonly to?: number },
): Stage<H>[] {
  const { from, factor, to = 1, ...stage } = options;
  const grows = must(
    'a number of at least 1.1',
    (value) => typeof value === 'number' && value >= 1.1 && value < Infinity,
  );
  const starts = must(
    'a fraction in [0.000001, 1]',
    (value) => typeof value === 'number' && value >= 1e-6 && value <= 1,
  );
  verify('exponential', 'ramp', { from, factor, to }, object({ from: starts, factor: grows, to: fraction }));
  return rampOf(from, to, (share) => share * factor, stage);
}
