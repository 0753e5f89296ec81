import type { Rng } from '../../core/rng.js';
import { need, needNumber, needProbability } from '../domain.js';
import type { Tails } from '../special/tails.js';

/** What continuous and discrete distributions share. `P` are the parameters, as in `cdf(x, ...parameters)`. */
export interface Distribution<P extends readonly (number | undefined)[]> {
  /** P(X <= x). */
  cdf(x: number, ...parameters: P): number;
  /** P(X > x), never computed as 1 - cdf: it is right down to 1e-300, where p-values of large tests lie. */
  sf(x: number, ...parameters: P): number;
  /** ln P(X <= x), finite also where the probability is too small for a number. */
  logCdf(x: number, ...parameters: P): number;
  /** ln P(X > x), finite also where the probability is too small for a number. */
  logSf(x: number, ...parameters: P): number;
  /** The x with cdf(x) = p; for counts the smallest one with cdf(x) >= p. */
  quantile(p: number, ...parameters: P): number;
  /** The x with sf(x) = p; for counts the smallest one with sf(x) <= p. Small `p` keep digits that 1 - p would lose. */
  isf(p: number, ...parameters: P): number;
  /** One draw, with all chance from `rng`. */
  sample(rng: Rng, ...parameters: P): number;
}

/** A distribution of real numbers. All functions throw a TurnoutError of code `domain` rather than return NaN. */
export interface ContinuousDistribution<P extends readonly (number | undefined)[]> extends Distribution<P> {
  /** The density at x. */
  pdf(x: number, ...parameters: P): number;
}

/** A distribution of counts. A count that is not whole is an error, never rounded. */
export interface DiscreteDistribution<P extends readonly (number | undefined)[]> extends Distribution<P> {
  /** P(X = k). */
  pmf(k: number, ...parameters: P): number;
}

/** The parts that differ between distributions. Only `check` looks at the parameters; the rest may trust them. */
interface Source<P extends readonly (number | undefined)[]> {
  readonly name: string;
  check(where: string, ...parameters: P): void;
  tails(x: number, ...parameters: P): Tails;
  /** The x at which the lower (or else the upper) tail is exp(logTail), which is at most about 1/2. */
  point(logTail: number, isLower: boolean, ...parameters: P): number;
}

interface ContinuousSource<P extends readonly (number | undefined)[]> extends Source<P> {
  logPdf(x: number, ...parameters: P): number;
  /** A draw; by inversion of the quantile when left out. */
  draw?(rng: Rng, ...parameters: P): number;
}

interface DiscreteSource<P extends readonly (number | undefined)[]> extends Source<P> {
  logPmf(k: number, ...parameters: P): number;
}

/** One uniform number in (0, 1); a generator's 0 stands for half its smallest step. */
export function uniform(where: string, rng: Rng): number {
  const value = rng.next();
  need(value >= 0 && value < 1, where, 'rng.next()', 'a number in [0, 1)', value);
  return Math.max(value, 2 ** -54);
}

function parts<P extends readonly (number | undefined)[]>(source: Source<P>, argument: 'x' | 'k'): Distribution<P> {
  const { name } = source;
  const tailsAt = (method: string, x: number, parameters: P): Tails => {
    const where = `${name}.${method}`;
    if (argument === 'x') needNumber(where, 'x', x);
    else need(Number.isSafeInteger(x), where, 'k', 'a whole number', x);
    source.check(where, ...parameters);
    return source.tails(x, ...parameters);
  };
  const pointAt = (method: string, p: number, isLower: boolean, parameters: P): number => {
    const where = `${name}.${method}`;
    needProbability(where, 'p', p);
    source.check(where, ...parameters);
    // The smaller tail is the one that keeps its digits. 1 - p is exact for p above 1/2.
    return p <= 0.5
      ? source.point(Math.log(p), isLower, ...parameters)
      : source.point(Math.log(1 - p), !isLower, ...parameters);
  };
  return {
    cdf: (x, ...parameters) => tailsAt('cdf', x, parameters).lower,
    sf: (x, ...parameters) => tailsAt('sf', x, parameters).upper,
    logCdf: (x, ...parameters) => tailsAt('logCdf', x, parameters).logLower,
    logSf: (x, ...parameters) => tailsAt('logSf', x, parameters).logUpper,
    quantile: (p, ...parameters) => pointAt('quantile', p, true, parameters),
    isf: (p, ...parameters) => pointAt('isf', p, false, parameters),
    sample: (rng, ...parameters) => pointAt('sample', uniform(`${name}.sample`, rng), true, parameters),
  };
}

export function continuous<P extends readonly (number | undefined)[]>(
  source: ContinuousSource<P>,
): ContinuousDistribution<P> {
  const { draw } = source;
  const shared = parts(source, 'x');
  return {
    ...shared,
    sample: (rng, ...parameters) => {
      if (draw === undefined) return shared.sample(rng, ...parameters);
      source.check(`${source.name}.sample`, ...parameters);
      return draw(rng, ...parameters);
    },
    pdf: (x, ...parameters) => {
      needNumber(`${source.name}.pdf`, 'x', x);
      source.check(`${source.name}.pdf`, ...parameters);
      return Math.exp(source.logPdf(x, ...parameters));
    },
  };
}

export function discrete<P extends readonly (number | undefined)[]>(
  source: DiscreteSource<P>,
): DiscreteDistribution<P> {
  return {
    ...parts(source, 'k'),
    pmf: (k, ...parameters) => {
      need(Number.isSafeInteger(k), `${source.name}.pmf`, 'k', 'a whole number', k);
      source.check(`${source.name}.pmf`, ...parameters);
      return Math.exp(source.logPmf(k, ...parameters));
    },
  };
}
