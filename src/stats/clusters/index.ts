export { type ClusterScore, clusterScore } from './cluster-score.js';
export {
  addClusterSums,
  type ClusterCounts,
  type ClusterEpoch,
  type ClusterStratum,
  type ClusterSums,
  emptyClusterSums,
  foldClusters,
} from './cluster-sums.js';
export { clusteredEvidence } from './clustered-evidence.js';
export { UnitEventBitmap, type UnitEventEpoch, unitEventStrata } from './unit-events.js';
export { clusterCount, clusterOf, unitEventBitOf, unitEventBits } from './unit-hash.js';
