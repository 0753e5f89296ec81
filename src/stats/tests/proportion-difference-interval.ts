import { standardQuantile } from '../distributions/normal.js';
import { need } from '../domain.js';
import { wilson } from './proportion-interval.js';
import { type Interval, readOptions } from './result.js';
import { needTwoProportions, type TwoProportions } from './two-proportion-z.js';

export type DifferenceMethod = 'newcombe' | 'score' | 'agresti-caffo' | 'wald' | 'wald-continuity';

/** Where a statement turns from true to false, by bisection: it is true at `low`'s end of the interval. */
function turn(low: number, high: number, holds: (x: number) => boolean): number {
  let [from, to] = [low, high];
  for (let count = 0; count < 60; count += 1) {
    const middle = (from + to) / 2;
    if (holds(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}

/** The first proportion at its likeliest when the second is `delta` more: where the falling slope of the likelihood is 0. */
function likeliest(delta: number, { x1, n1, x2, n2 }: TwoProportions): number {
  const part = (count: number, p: number): number => (count === 0 ? 0 : count / Math.max(p, 0));
  const slope = (p: number): number =>
    part(x1, p) - part(n1 - x1, 1 - p) + part(x2, p + delta) - part(n2 - x2, 1 - p - delta);
  return turn(Math.max(0, -delta), Math.min(1, 1 - delta), (p) => slope(p) > 0);
}

/** The score statistic of a difference `delta`, with the variance of Miettinen and Nurminen (1985). */
function scoreAt(delta: number, counts: TwoProportions): number {
  const { x1, n1, x2, n2 } = counts;
  const p1 = likeliest(delta, counts);
  const p2 = Math.min(1, Math.max(0, p1 + delta));
  const variance = (((p1 * (1 - p1)) / n1 + (p2 * (1 - p2)) / n2) * (n1 + n2)) / (n1 + n2 - 1);
  const distance = x2 / n2 - x1 / n1 - delta;
  return distance === 0 ? 0 : distance / Math.sqrt(Math.max(variance, Number.MIN_VALUE));
}

function wald({ x1, n1, x2, n2 }: TwoProportions, z: number): [number, number] {
  const [p1, p2] = [x1 / n1, x2 / n2];
  const reach = z * Math.sqrt((p1 * (1 - p1)) / n1 + (p2 * (1 - p2)) / n2);
  return [p2 - p1 - reach, p2 - p1 + reach];
}

function ends(method: DifferenceMethod, counts: TwoProportions, level: number): readonly [number, number] {
  const { x1, n1, x2, n2 } = counts;
  const z = -standardQuantile((1 - level) / 2);
  switch (method) {
    case 'newcombe': {
      const [first, second] = [wilson(x1, n1, level), wilson(x2, n2, level)];
      const [p1, p2] = [x1 / n1, x2 / n2];
      const below = Math.hypot(p2 - second.lower, first.upper - p1);
      return [p2 - p1 - below, p2 - p1 + Math.hypot(second.upper - p2, p1 - first.lower)];
    }
    case 'score': {
      const observed = x2 / n2 - x1 / n1;
      return [
        turn(-1, observed, (delta) => scoreAt(delta, counts) > z),
        turn(observed, 1, (delta) => scoreAt(delta, counts) > -z),
      ];
    }
    case 'agresti-caffo':
      return wald({ x1: x1 + 1, n1: n1 + 2, x2: x2 + 1, n2: n2 + 2 }, z);
    case 'wald':
      return wald(counts, z);
    case 'wald-continuity': {
      const [lower, upper] = wald(counts, z);
      // As much as Yates' correction takes from each count, never more than the difference itself.
      const more = Math.min((1 / n1 + 1 / n2) / 2, Math.abs(x2 / n2 - x1 / n1));
      return [lower - more, upper + more];
    }
    default:
      need(
        false,
        'proportionDifferenceInterval',
        'method',
        "'newcombe', 'score', 'agresti-caffo', 'wald' or 'wald-continuity'",
        method,
      );
  }
}

/**
 * A confidence interval for p2 - p1.
 *
 * `newcombe` (the default; R. G. Newcombe's hybrid of two Wilson intervals, 1998) and `score` (Miettinen and Nurminen,
 * 1985) hold at small counts and at 0 of n; `agresti-caffo` (2000) nearly so; `wald` is what old reports hold, widened by `-continuity` as R does. An empty
 * arm gives [-1, 1].
 */
export function proportionDifferenceInterval(
  input: TwoProportions & { readonly method?: DifferenceMethod; readonly level?: number },
): Interval {
  const { method = 'newcombe', level = 0.95 } = input;
  needTwoProportions('proportionDifferenceInterval', input);
  readOptions('proportionDifferenceInterval', { level });
  if (input.n1 === 0 || input.n2 === 0) return { lower: -1, upper: 1, level };
  const [lower, upper] = ends(method, input, level);
  return { lower: Math.max(-1, lower), upper: Math.min(1, upper), level };
}
