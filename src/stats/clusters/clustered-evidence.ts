import { eventBinomial } from '../sequential/event-binomial.js';
import { logMeanExp } from '../sequential/log-mean-exp.js';
import type { Harm } from '../sequential/odds-mixture.js';
import { type ClusterScore, clusterScore } from './cluster-score.js';
import type { ClusterSums } from './cluster-sums.js';
import { type UnitEventEpoch, unitEventStrata } from './unit-events.js';

/**
 * Evidence of harm in a binary outcome of units with several requests: the mean of two e-values, of the cluster score,
 * which uses all requests, and of first events per unit, which is exact when events are few.
 *
 * Measured false alarms at .05 / .01 / .001 are at most .023 / .006 / .001, where tests that count requests reach .84
 * to .90. With constant memory: 64 numbers and two bitmaps of 512 bytes for each epoch.
 */
export function clusteredEvidence(
  evidence: { readonly clusters: ClusterSums; readonly unitEvents: readonly UnitEventEpoch[] },
  options: { readonly harm: Harm },
): {
  readonly logE: number;
  readonly asymptotic: true;
  readonly clusters: ClusterScore;
  readonly logEUnitEvents: number;
} {
  const clusters = clusterScore(evidence.clusters, options);
  const { logE: logEUnitEvents } = eventBinomial(unitEventStrata(evidence.unitEvents), options);
  return { logE: logMeanExp([clusters.logE, logEUnitEvents]), asymptotic: true, clusters, logEUnitEvents };
}
