import { own } from '../core/json.js';
import { clusterCount } from '../stats/clusters/unit-hash.js';
import { parseList, parseNumber, parseObject, parseRecord } from './parse.js';
import { joinRecords } from './records.js';

/** One number for each of the 64 clusters of units. */
export type ByCluster = readonly number[];

/**
 * What was counted of one arm, by cluster of units, so that a test can tell how much a unit's requests have in common. Kept only
 * where units were placed, and until the time bucket is folded. Metrics are named as in the cell; what is all zeros is left out.
 */
export type UnitClusters = {
  readonly exposed?: ByCluster;
  readonly outcomes?: ByCluster;
  /** Reports of metrics per report; of ratios, the sums of their denominators. */
  readonly n: Readonly<Record<string, ByCluster>>;
  /** Sums of metrics, of `error`s, and for `latency` of ln(1 + ms). */
  readonly sum: Readonly<Record<string, ByCluster>>;
  /** Sums of the covariates of metrics that have one. */
  readonly covariate?: Readonly<Record<string, ByCluster>>;
};

/** What a mean divides by: exposures, calls, or what the metric itself counted. */
export type Denominator = 'exposed' | 'outcomes' | 'own';

const metricsMax = 258;
const none: ByCluster = Object.freeze(Array<number>(clusterCount).fill(0));
const plus = (a: ByCluster, b: ByCluster): ByCluster => a.map((value, at) => value + (b[at] as number));
const plusIfAny = (a: ByCluster | undefined, b: ByCluster | undefined) => (a && b ? plus(a, b) : (a ?? b));

export function addClusters(a: UnitClusters, b: UnitClusters): UnitClusters {
  const exposed = plusIfAny(a.exposed, b.exposed);
  const outcomes = plusIfAny(a.outcomes, b.outcomes);
  const covariate =
    a.covariate && b.covariate ? joinRecords(a.covariate, b.covariate, plus) : (a.covariate ?? b.covariate);
  return {
    ...(exposed && { exposed }),
    ...(outcomes && { outcomes }),
    n: joinRecords(a.n, b.n, plus),
    sum: joinRecords(a.sum, b.sum, plus),
    ...(covariate && { covariate }),
  };
}

/** What both arms counted of a metric, by cluster, or `undefined` where neither kept clusters. */
export function clustersOf(
  arms: readonly (UnitClusters | undefined)[],
  metric: string,
  over: Denominator,
): { readonly n: ByCluster; readonly sum: ByCluster; readonly covariate: ByCluster } | undefined {
  const kept = arms.filter((arm) => arm !== undefined);
  if (kept.length === 0) return undefined;
  const total = (of: (arm: UnitClusters) => ByCluster | undefined) =>
    kept.reduce((sum, arm) => plus(sum, of(arm) ?? none), none);
  return {
    n: total((arm) => (over === 'own' ? own(arm.n, metric) : arm[over])),
    sum: total((arm) => own(arm.sum, metric)),
    covariate: total((arm) => own(arm.covariate ?? {}, metric)),
  };
}

/** Parses 64 finite numbers; throws `state-unreadable`. */
export function parseByCluster(where: string, json: unknown): ByCluster {
  const { MAX_VALUE } = Number;
  const list = parseList(where, json, clusterCount, (at, value) => parseNumber(at, value, -MAX_VALUE, MAX_VALUE));
  // The list is at most so long already: a missing one is refused by its place.
  parseNumber(`${where}, its length`, list.length, clusterCount, clusterCount);
  return list;
}

export function parseClusters(where: string, json: unknown): UnitClusters {
  const { exposed, outcomes, n, sum, covariate } = parseObject(where, json);
  return {
    ...(exposed === undefined ? {} : { exposed: parseCounts(`${where}.exposed`, exposed) }),
    ...(outcomes === undefined ? {} : { outcomes: parseCounts(`${where}.outcomes`, outcomes) }),
    n: parseRecord(`${where}.n`, n, metricsMax, parseCounts),
    sum: parseRecord(`${where}.sum`, sum, metricsMax, parseByCluster),
    ...(covariate === undefined
      ? {}
      : { covariate: parseRecord(`${where}.covariate`, covariate, metricsMax, parseByCluster) }),
  };
}

function parseCounts(where: string, json: unknown): ByCluster {
  return parseByCluster(where, json).map((value, at) => parseNumber(`${where}[${at}]`, value, 0, Number.MAX_VALUE));
}
