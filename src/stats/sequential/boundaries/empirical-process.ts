import { need, needOpenProbability } from '../../domain.js';
import { bisect } from '../bisect.js';
import { needNonNegative } from '../magnitude.js';

/**
 * How far an empirical distribution function may be from the true one, anywhere and at all times from `nMin` on: a
 * bound that shrinks like sqrt(ln ln n / n) (Howard and Ramdas 2022, theorem 2). `slope` is the constant in front, over
 * 1 / sqrt 2, default 0.85; before `nMin` observations nothing is known and the bound is Infinity.
 */
export function empiricalProcessBound(options: {
  readonly n: number;
  readonly alpha: number;
  readonly nMin: number;
  readonly slope?: number;
}): number {
  const { n, alpha, nMin, slope = 0.85 } = options;
  needNonNegative('empiricalProcessBound', 'n', n);
  needOpenProbability('empiricalProcessBound', 'alpha', alpha);
  need(nMin >= 1 && nMin <= 1e100, 'empiricalProcessBound', 'nMin', 'a number from 1', nMin);
  need(slope > Math.SQRT1_2 && slope < 100, 'empiricalProcessBound', 'slope', 'a number over 0.7072, below 100', slope);
  if (!(n >= nMin)) return Infinity;
  let high = 2;
  while (leastError(high, slope) > alpha) high *= 2;
  const offset = bisect(0, high, (c) => leastError(c, slope) <= alpha);
  return slope * Math.sqrt((Math.log1p(Math.log(n / nMin)) + offset) / n);
}

/**
 * The least probability of a crossing that the theorem proves for an offset `c`, over the length `eta` of its epochs.
 */
function leastError(c: number, slope: number): number {
  const error = (eta: number): number => {
    const root = slope - Math.sqrt((2 * (eta - 1)) / c);
    const rate = (2 / eta) * root * root;
    return root > 0 && rate > 1 ? 4 * Math.exp(-rate * c) * (1 + 1 / ((rate - 1) * Math.log(eta))) : Infinity;
  };
  // Golden sections on ln(eta - 1): the error falls, then rises.
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(1e-9), Math.log(2 * slope * slope - 1)];
  for (let count = 0; count < 90; count += 1) {
    const width = golden * (high - low);
    // Where both are Infinity the epochs are too long, so the minimum lies below.
    if (error(1 + Math.exp(high - width)) <= error(1 + Math.exp(low + width))) high = low + width;
    else low = high - width;
  }
  return error(1 + Math.exp((low + high) / 2));
}
