import type { ScoreSums } from '../stats/sequential/score.js';
import type { SketchJson } from '../stats/sketch.js';
import type { ByCluster, UnitClusters } from './unit-clusters.js';

/** Sums of the second value x that belongs to each value y of a metric: a ratio's denominator, or a covariate. */
export type PairedSums = {
  readonly sum: number;
  readonly sumSq: number;
  /** The sum of x times y. */
  readonly product: number;
};

/** Sums of what was reported of one metric in one cell. */
export type MetricSums = {
  /** How many reports there were. */
  readonly n: number;
  readonly sum: number;
  readonly sumSq: number;
  /** Reports that came after the metric's window had closed: counted, not used. */
  readonly late: number;
  /** The metric is per exposure: its rate has the cell's `exposed` below the line, not `n`. */
  readonly per?: 'exposure';
  /** For capped metrics: the distribution of min(value, cap). */
  readonly sketch?: SketchJson;
  /** The metric is a ratio of sums, over the denominators in `paired`. */
  readonly ratio?: true;
  readonly paired?: PairedSums;
};

/** Everything that was counted of one arm in one stratum. All of it adds up, so that replicas can be merged in any order. */
export type Cell = {
  /** Requests that were given this arm by chance. */
  readonly exposed: number;
  /** First exposures: units not seen before by this node in this attempt (a bitmap of 65 536 bits, so slightly few). */
  readonly units: number;
  /** Requests whose arm was forced by a pin; in nothing else. */
  readonly pinned: number;
  /** Calls that settled, by an answer, an error or a time-out. */
  readonly outcomes: number;
  readonly errors: number;
  /** Outcomes that another model answered, because this arm's failed. */
  readonly fellBack: number;
  /** Milliseconds until the answer was complete. */
  readonly latency: SketchJson;
  /** Milliseconds until a stream's first item. */
  readonly firstItem: SketchJson;
  /** Pairs of a shadow's and its primary's output that were compared, and those that differed. */
  readonly compared: number;
  readonly mismatches: number;
  readonly metrics: Readonly<Record<string, MetricSums>>;
  /** The same by cluster of units; only where units may come back, and not of a folded stratum. */
  readonly clusters?: UnitClusters;
  /** The units whose first event this was, by metric (or `error`), as `UnitEventBitmap` writes them. */
  readonly unitEvents?: Readonly<Record<string, string>>;
  /** Exposures of a sample of units, and how many of them were of units that had been here before. */
  readonly sampled?: number;
  readonly returned?: number;
};

/** What folded buckets add to a comparison: the score, and what a variance over units and a covariate need. */
export type FoldedScore = ScoreSums & {
  /** By cluster of units, both arms together: what was observed beyond the mean of the bucket. */
  readonly residuals?: ByCluster;
  /** Of a node with three arms or more: what this arm's clusters exceeded the mean of all arms by, for comparisons with any other. */
  readonly ownResiduals?: ByCluster;
  /** The same score of the covariate, and its covariance with the metric's. */
  readonly covariate?: {
    readonly score: number;
    readonly variance: number;
    readonly covariance: number;
    readonly residuals?: ByCluster;
  };
};

/**
 * An interval in which a node's shares were constant, cut again at a time bucket. Comparisons are made inside a stratum only:
 * pooling over a ramp is wrong (Simpson's paradox).
 */
export interface Stratum {
  readonly node: string;
  readonly epoch: number;
  /** When the bucket began and ends, ms since 1970; a folded stratum has `-1` and the end of the last bucket in it. */
  readonly from: number;
  readonly to: number;
  readonly salt: string;
  /** The shares that were in force. */
  readonly shares: Readonly<Record<string, number>>;
  /** The arms in the plan's order, the baseline last. Without it the order of `shares` stands. */
  readonly arms?: readonly string[];
  readonly cells: Readonly<Record<string, Cell>>;
  /**
   * Only when folded: for `error` and each metric, for each arm but the baseline, what the folded buckets add to the stratified
   * score against the baseline. The counts of a folded stratum must not be compared by a score test, these sums may.
   */
  readonly scores?: Scores;
}

/** Score sums by metric (or `error`; with clusters also `latency`, of logarithms), then by arm. */
export type Scores = Readonly<Record<string, Readonly<Record<string, FoldedScore>>>>;
