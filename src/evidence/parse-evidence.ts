import { parseCell } from './cell.js';
import { canonical, type Dropped, epochsMax, type Evidence, liveStrataMax } from './evidence.js';
import { folded } from './fold.js';
import {
  latestTime,
  parseCount,
  parseList,
  parseNumber,
  parseObject,
  parseRecord,
  parseText,
  textMax,
  unreadable,
} from './parse.js';
import type { FoldedScore, Scores, Stratum } from './stratum.js';
import { parseByCluster } from './unit-clusters.js';

const armsMax = 1024;
const metricsMax = 256;

/**
 * Parses evidence that a store or another replica sent, into canonical form. It never throws anything but `state-unreadable`,
 * which says what is wrong and where; a part that cannot be believed makes all of it unreadable.
 */
export function parseEvidence(json: unknown): Evidence {
  const { strata, foldBefore, dropped } = parseObject('evidence', json);
  return canonical(
    parseList('evidence.strata', strata, epochsMax + 2 * liveStrataMax, parseStratum),
    parseNumber('evidence.foldBefore', foldBefore, 0, latestTime),
    parseDropped('evidence.dropped', dropped),
  );
}

function parseDropped(where: string, json: unknown): Dropped {
  const { exposed, outcomes, reports, foldedEarly } = parseObject(where, json);
  return {
    exposed: parseCount(`${where}.exposed`, exposed),
    outcomes: parseCount(`${where}.outcomes`, outcomes),
    reports: parseCount(`${where}.reports`, reports),
    foldedEarly: parseCount(`${where}.foldedEarly`, foldedEarly),
  };
}

function parseStratum(where: string, json: unknown): Stratum {
  const { node, epoch, from, to, salt, shares, arms, cells, scores } = parseObject(where, json);
  const isFolded = from === folded;
  const start = isFolded ? folded : parseNumber(`${where}.from`, from, 0, latestTime);
  const end = parseNumber(`${where}.to`, to, 0, 2 * latestTime);
  if (!(end > start)) unreadable(`${where}.to`, `a time after its beginning at ${start}`, to);
  if (!isFolded && scores !== undefined) unreadable(`${where}.scores`, 'none in a stratum that is not folded', scores);
  return {
    node: parseText(`${where}.node`, node),
    epoch: parseCount(`${where}.epoch`, epoch),
    from: start,
    to: end,
    salt: parseSalt(`${where}.salt`, salt),
    shares: parseRecord(`${where}.shares`, shares, armsMax, (at, share) => parseNumber(at, share, 0, 1)),
    ...(arms === undefined ? {} : { arms: parseList(`${where}.arms`, arms, armsMax, parseText) }),
    cells: parseRecord(`${where}.cells`, cells, armsMax, parseCell),
    ...(scores === undefined ? {} : { scores: parseScores(`${where}.scores`, scores) }),
  };
}

/** A salt may be empty. */
function parseSalt(where: string, json: unknown): string {
  return typeof json === 'string' && json.length <= textMax
    ? json
    : unreadable(where, `a text of at most ${textMax} characters`, json);
}

function parseScores(where: string, json: unknown): Scores {
  // Two more than the metrics: `error` and `latency`.
  return parseRecord(where, json, metricsMax + 2, (metric, arms) => parseRecord(metric, arms, armsMax, parseScore));
}

function parseScore(where: string, json: unknown): FoldedScore {
  const { score, variance, weight, residuals, ownResiduals, covariate } = parseObject(where, json);
  return {
    score: parseFinite(`${where}.score`, score),
    variance: parseNumber(`${where}.variance`, variance, 0, Number.MAX_VALUE),
    weight: parseNumber(`${where}.weight`, weight, 0, Number.MAX_VALUE),
    ...(residuals === undefined ? {} : { residuals: parseByCluster(`${where}.residuals`, residuals) }),
    ...(ownResiduals === undefined ? {} : { ownResiduals: parseByCluster(`${where}.ownResiduals`, ownResiduals) }),
    ...(covariate === undefined ? {} : { covariate: parseCovariate(`${where}.covariate`, covariate) }),
  };
}

function parseCovariate(where: string, json: unknown): NonNullable<FoldedScore['covariate']> {
  const { score, variance, covariance, residuals } = parseObject(where, json);
  return {
    score: parseFinite(`${where}.score`, score),
    variance: parseNumber(`${where}.variance`, variance, 0, Number.MAX_VALUE),
    covariance: parseFinite(`${where}.covariance`, covariance),
    ...(residuals === undefined ? {} : { residuals: parseByCluster(`${where}.residuals`, residuals) }),
  };
}

const parseFinite = (where: string, json: unknown) => parseNumber(where, json, -Number.MAX_VALUE, Number.MAX_VALUE);
