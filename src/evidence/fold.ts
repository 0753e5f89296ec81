import { own } from '../core/json.js';
import { addScores, type ScoreSums, stratifiedScore } from '../stats/sequential/score.js';
import { addCells, emptyCell, emptySums, joinRecords } from './cell.js';
import type { Cell, MetricSums, Scores, Stratum } from './stratum.js';

/** What marks a stratum whose time buckets were added up. */
export const folded = -1;

/** The plan's order of a stratum's arms, the baseline last. */
export function armsOf({ arms, shares }: Stratum): readonly string[] {
  return arms ?? Object.keys(shares);
}

interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly sumSq: number;
}

/** A mean's sums over what it is a mean of. Reports without their exposure (it travels in another delta) are their own n. */
function sumsOf(cell: Cell, metric: string, perExposure: boolean): Sums {
  const { n, sum, sumSq }: MetricSums = own(cell.metrics, metric) ?? emptySums;
  const over = perExposure ? Math.max(n, cell.exposed) : n;
  // No values have a smaller sum of squares than their mean's: what rounding or a damaged store took away is put back.
  return { n: over, sum, sumSq: over > 0 ? Math.max(sumSq, (sum / over) * sum) : 0 };
}

/** Values are only ever 0 or 1 when their sum is that of their squares: then the exact variance of counts is known. */
const isCount = ({ n, sum, sumSq }: Sums) => sum === sumSq && Number.isInteger(sum) && sum <= n;

function compare(treatment: Sums, control: Sums): ScoreSums {
  const events = ({ n, sum }: Sums) => ({ n, events: sum });
  const { score, variance, weight } =
    isCount(treatment) && isCount(control)
      ? stratifiedScore([{ treatment: events(treatment), control: events(control) }], 'binary')
      : stratifiedScore([{ treatment, control }], 'mean');
  // Without z and the estimate: only sums add up.
  return { score, variance, weight };
}

function errorsOf({ outcomes, errors }: Cell): Sums {
  const sum = Math.min(errors, outcomes);
  return { n: outcomes, sum, sumSq: sum };
}

function scoresOf(stratum: Stratum): Scores {
  const arms = armsOf(stratum);
  const control = own(stratum.cells, arms.at(-1) ?? '') ?? emptyCell;
  const cells = arms.slice(0, -1).map((arm) => [arm, own(stratum.cells, arm) ?? emptyCell] as const);
  const metrics = new Set([control, ...cells.map(([, cell]) => cell)].flatMap((cell) => Object.keys(cell.metrics)));
  const perExposure = (metric: string) =>
    [control, ...cells.map(([, cell]) => cell)].some((cell) => own(cell.metrics, metric)?.per === 'exposure');
  const errors = cells.map(([arm, cell]) => [arm, compare(errorsOf(cell), errorsOf(control))] as const);
  const scores = [...metrics].map((metric) => {
    const over = perExposure(metric);
    const byArm = cells.map(([arm, cell]) => [arm, compare(sumsOf(cell, metric, over), sumsOf(control, metric, over))]);
    return [metric, Object.fromEntries(byArm)];
  });
  return Object.fromEntries([...scores, ['error', Object.fromEntries(errors)]]);
}

/**
 * A closed time bucket in the form in which buckets of one epoch may be added up: its score sums are taken first, since counts
 * that are pooled over buckets would confound them (Simpson's paradox). Shares are constant in an epoch, so tests that need only
 * counts and shares lose nothing. Folding a folded stratum changes nothing.
 */
export function fold(stratum: Stratum): Stratum {
  return stratum.from === folded ? stratum : { ...stratum, from: folded, scores: scoresOf(stratum) };
}

/** The sum of two strata of one node, epoch and bucket. Should their terms differ, which no plan does, the lesser text stands. */
export function addStrata(a: Stratum, b: Stratum): Stratum {
  const terms = termsOf(a) <= termsOf(b) ? a : b;
  const scores = a.scores && b.scores ? joinRecords(a.scores, b.scores, addByArm) : (a.scores ?? b.scores);
  return {
    ...terms,
    to: Math.max(a.to, b.to),
    cells: joinRecords(a.cells, b.cells, addCells),
    ...(scores === undefined ? {} : { scores }),
  };
}

const addByArm = (a: Readonly<Record<string, ScoreSums>>, b: Readonly<Record<string, ScoreSums>>) =>
  joinRecords(a, b, addScores);

function termsOf(stratum: Stratum): string {
  // Not sorted by arm: without `arms` the order of the shares says which is the baseline.
  return JSON.stringify([stratum.salt, Object.entries(stratum.shares), stratum.arms ?? null]);
}
