import { own, recordOf } from '../core/json.js';
import {
  addFoldedScores,
  type ArmSums,
  armSumsOf,
  logSumsOf,
  ownResidualsOf,
  residualsOf,
  scoreArms,
  withResiduals,
} from './arm-score.js';
import { addCells, emptyCell, emptySums } from './cell.js';
import { joinRecords } from './records.js';
import type { Cell, FoldedScore, Scores, Stratum } from './stratum.js';
import type { Denominator } from './unit-clusters.js';

/** What marks a stratum whose time buckets were added up. */
export const folded = -1;

/** The plan's order of a stratum's arms, the baseline last. */
export function armsOf({ arms, shares }: Stratum): readonly string[] {
  return arms ?? Object.keys(shares);
}

function errorsOf({ outcomes, errors }: Cell): ArmSums {
  const sum = Math.min(errors, outcomes);
  return { n: outcomes, sum, sumSq: sum };
}

/** What a metric is, as the cells of a stratum tell. */
function metricsOf(cells: readonly Cell[]): ReadonlyMap<string, 'exposed' | 'own'> {
  const metrics = new Map<string, 'exposed' | 'own'>();
  for (const cell of cells) {
    for (const [metric, { per }] of Object.entries(cell.metrics)) {
      if (per === 'exposure' || !metrics.has(metric)) metrics.set(metric, per === 'exposure' ? 'exposed' : 'own');
    }
  }
  return metrics;
}

function scoresOf(stratum: Stratum): Scores {
  const arms = armsOf(stratum);
  const control = own(stratum.cells, arms.at(-1) ?? '') ?? emptyCell;
  const cells = arms.slice(0, -1).map((arm) => [arm, own(stratum.cells, arm) ?? emptyCell] as const);
  const all = [control, ...cells.map(([, cell]) => cell)];
  const byArm = (metric: string, over: Denominator, sumsOf: (cell: Cell) => ArmSums) =>
    recordOf(
      cells.map(([arm, cell]) => {
        const score = scoreArms(sumsOf(cell), sumsOf(control));
        const ofArm = cells.length > 1 ? ownResidualsOf(cell, all, metric, over) : undefined;
        const pair = withResiduals(score, residualsOf([cell, control], metric, over));
        return [arm, ofArm === undefined ? pair : { ...pair, ownResiduals: ofArm }] as const;
      }),
    );
  const scores = [...metricsOf(all)].map(([metric, over]) => {
    const sums = (cell: Cell) => armSumsOf(own(cell.metrics, metric) ?? emptySums, over === 'exposed', cell.exposed);
    return [metric, byArm(metric, over, sums)] as const;
  });
  const latency = ({ latency: sketch }: Cell) => logSumsOf(sketch);
  return recordOf([
    ...scores,
    ['error', byArm('error', 'outcomes', errorsOf)] as const,
    // Comparisons of latencies need it for no more than how alike a unit's calls are.
    ...(all.some(({ clusters }) => clusters !== undefined)
      ? [['latency', byArm('latency', 'outcomes', latency)] as const]
      : []),
  ]);
}

/** Clusters end in the residuals; all else of a cell adds up over the buckets of an epoch. */
function closed(cells: Stratum['cells']): Stratum['cells'] {
  return recordOf(Object.entries(cells).map(([arm, { clusters: _, ...cell }]) => [arm, cell] as const));
}

/**
 * A closed time bucket in the form in which buckets of one epoch may be added up: its score sums are taken first, since counts
 * that are pooled over buckets would confound them (Simpson's paradox). Shares are constant in an epoch, so tests that need only
 * counts and shares lose nothing. Folding a folded stratum changes nothing.
 */
export function fold(stratum: Stratum): Stratum {
  return stratum.from === folded
    ? stratum
    : { ...stratum, from: folded, cells: closed(stratum.cells), scores: scoresOf(stratum) };
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

const addByArm = (a: Readonly<Record<string, FoldedScore>>, b: Readonly<Record<string, FoldedScore>>) =>
  joinRecords(a, b, addFoldedScores);

function termsOf(stratum: Stratum): string {
  // Not sorted by arm: without `arms` the order of the shares says which is the baseline.
  return JSON.stringify([stratum.salt, Object.entries(stratum.shares), stratum.arms ?? null]);
}
