import { ExitRecursion } from './exit-recursion.js';
import { type GroupSequentialBounds, type GroupSequentialLooks, needLooks } from './group-sequential.js';

/**
 * The shape of the bounds over looks: constant (Pocock 1977), or falling like 1 / sqrt(information) (O'Brien and
 * Fleming 1979).
 */
export type ClassicalShape = 'obrien-fleming' | 'pocock';

/**
 * The classical bounds, for looks that are all planned in advance: one shape, scaled so that the chance of a false stop
 * at any look is alpha. Unlike alpha spending they change when a look is added. Throws `domain` as
 * `groupSequentialBounds` does.
 */
export function classicalBounds(
  options: GroupSequentialLooks & { readonly shape: ClassicalShape },
): GroupSequentialBounds {
  const { alpha, sides = 2, information, shape } = options;
  needLooks('classicalBounds', options);
  const last = information.at(-1) as number;
  const shapes = information.map((at) => (shape === 'pocock' ? 1 : Math.sqrt(last / at)));
  const spentAt = (scale: number): number[] => {
    const recursion = new ExitRecursion(sides);
    let spent = 0;
    return information.map((at, look) => {
      const bound = scale * (shapes[look] as number);
      spent += Math.exp(recursion.exitAt(at)(bound).log);
      const next = information[look + 1];
      if (next !== undefined) recursion.stay(at, bound, next);
      return spent;
    });
  };
  // The chance falls as the scale grows, from 1 at 0 to nothing at 40: secants that halve the weight of an end that stays.
  let [low, high] = [0, 40];
  let [lowGap, highGap] = [Math.log(sides === 2 ? 1 / alpha : information.length / alpha), -800];
  let scale = 2.5;
  for (let count = 0; count < 100 && high - low > 1e-12; count += 1) {
    const gap = Math.log((spentAt(scale).at(-1) as number) / alpha);
    if (Math.abs(gap) < 1e-12) break;
    if (gap > 0) [low, lowGap, highGap] = [scale, gap, highGap / 2];
    else [high, highGap, lowGap] = [scale, gap, lowGap / 2];
    const secant = low + ((high - low) * lowGap) / (lowGap - highGap);
    scale = secant > low && secant < high ? secant : (low + high) / 2;
  }
  return { z: shapes.map((one) => scale * one), spent: spentAt(scale) };
}
