import { type ScoreStratum, type ScoreResult, stratifiedScore, type ValueSums } from '../sequential/score.js';
import type { EventCount } from '../sequential/event-count.js';
import type { Proportion } from './arms.js';

/** Both arms in one epoch and time bucket, in which the shares were constant. */
export interface TestStratum<Sums> {
  readonly control: Sums;
  readonly treatment: Sums;
}

export function binaryScore(strata: readonly TestStratum<Proportion>[]): ScoreResult {
  const count = ({ x, n }: Proportion): EventCount => ({ events: x, n });
  return stratifiedScore(
    strata.map(({ control, treatment }) => ({ control: count(control), treatment: count(treatment) })),
    'binary',
  );
}

export function meanScore(strata: readonly TestStratum<ValueSums>[]): ScoreResult {
  return stratifiedScore(
    strata.map(({ control, treatment }): ScoreStratum<ValueSums> => ({ control, treatment })),
    'mean',
  );
}
