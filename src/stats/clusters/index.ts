export { type ClusterScore, clusterScore, designEffectOf, widenedScore } from './cluster-score.js';
export {
  addClusterSums,
  clusterResiduals,
  type ClusterCounts,
  type ClusterEpoch,
  type ClusterStratum,
  type ClusterSums,
  emptyClusterSums,
  foldClusters,
} from './cluster-sums.js';
export { clusteredEvidence } from './clustered-evidence.js';
export { UnitEventBitmap, type UnitEventEpoch, unitEventStrata } from './unit-events.js';
export {
  clusterCount,
  clusterOf,
  clusterOfMark,
  eventBitOfMark,
  unitEventBitOf,
  unitEventBits,
  unitMarkOf,
  unitMarks,
} from './unit-hash.js';
