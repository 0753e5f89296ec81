import { all, fraction, must, object, optional, verify } from '../core/options.js';
import type { Stage } from './stages.js';

type StageDefaults<Q extends string> = Omit<Stage<Q>, 'name' | 'share'>;

const limit = 100;
const notZero = must('over 0', (value) => value !== 0);

function rampOf<Q extends string>(
  what: string,
  { from, to }: { readonly from: number; readonly to: number },
  next: (share: number) => number,
  stage: StageDefaults<Q>,
): Stage<Q>[] {
  verify(
    what,
    'ramp.from',
    from,
    must(`over 0 and at most \`to\`, ${to}`, () => from > 0 && from <= to),
  );
  const shares: number[] = [];
  // The last stage is `to` itself: a step that does not divide the way must not overshoot.
  for (let share = from; share < to - 1e-9 && shares.length < limit; share = next(share))
    shares.push(Number(share.toPrecision(12)));
  // Cut short, the ramp would jump from wherever it was to its end.
  verify(
    what,
    'ramp',
    shares.length + 1,
    must(`one of at most ${limit} stages`, () => shares.length < limit),
  );
  return [...shares, to].map((share) => Object.assign({}, stage, { share }));
}

/** Stages that grow by equal steps: `linear({ step: 0.1, minAgeMs: 600_000 })` is 10 %, 20 % … 100 %. */
export function linear<const Q extends string = never>(
  options: StageDefaults<Q> & { readonly from?: number; readonly step: number; readonly to?: number },
): Stage<Q>[] {
  const { from, step, to = 1, ...stage } = options;
  verify(
    'linear',
    'ramp',
    { from, step, to },
    object({ from: optional(fraction), step: all(fraction, notZero), to: fraction }),
  );
  return rampOf('linear', { from: from ?? Math.min(step, to), to }, (share) => share + step, stage);
}

/** Stages that grow by a factor: `exponential({ from: 0.01, factor: 5 })` is 1 %, 5 %, 25 %, 100 %. */
export function exponential<const Q extends string = never>(
  options: StageDefaults<Q> & { readonly from: number; readonly factor: number; readonly to?: number },
): Stage<Q>[] {
  const { from, factor, to = 1, ...stage } = options;
  const grows = must(
    'a number of at least 1.1',
    (value) => typeof value === 'number' && value >= 1.1 && value < Infinity,
  );
  verify('exponential', 'ramp', { from, factor, to }, object({ from: fraction, factor: grows, to: fraction }));
  return rampOf('exponential', { from, to }, (share) => share * factor, stage);
}
