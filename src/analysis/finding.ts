import type { Comparison } from './compare.js';
import type { ArmPair } from './observe.js';
import { meanOf, milliseconds, unitsOf } from './words.js';

/**
 * What was observed of both arms, as the beginning of a sentence: `clicked 8.1 % against 10.2 % of 12040 exposures`. While no
 * window has closed there are no rates yet, and counts must do.
 */
export function findingOf({ observed, difference, n }: Comparison): string {
  const { measure, pairs, thresholdMs } = observed;
  const units = unitsOf(measure);
  if (difference === undefined) {
    const sums = (of: (pair: ArmPair) => { readonly n: number; readonly sum: number }) => {
      const sum = pairs.reduce((total, pair) => total + of(pair).sum, 0);
      return `${sum} in ${pairs.reduce((total, pair) => total + of(pair).n, 0)}`;
    };
    const counts = `${sums((pair) => pair.candidateSums)} against ${sums((pair) => pair.controlSums)}`;
    return `${measure.name} ${counts} ${units} so far`;
  }
  const means = `${meanOf(measure, difference.mean)} against ${meanOf(measure, difference.controlMean)} of ${n} ${units}`;
  return thresholdMs === undefined ? `${measure.name} ${means}` : `${means} took over ${milliseconds(thresholdMs)}`;
}
