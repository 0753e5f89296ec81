export { expectedLoss, probBest, probBGreaterA } from './bayes/compare.js';
export {
  type Belief,
  type BetaBelief,
  betaPosterior,
  credibleInterval,
  type NormalBelief,
  normalEffect,
  normalPosterior,
  regionProbabilities,
} from './bayes/posterior.js';
export { beta } from './distributions/beta.js';
export { binomial } from './distributions/binomial.js';
export { chisquare } from './distributions/chisquare.js';
export type { ContinuousDistribution, DiscreteDistribution, Distribution } from './distributions/distribution.js';
export { f } from './distributions/f.js';
export { gamma } from './distributions/gamma.js';
export { hypergeometric } from './distributions/hypergeometric.js';
export { noncentralT } from './distributions/noncentral-t.js';
export { normal } from './distributions/normal.js';
export { poisson } from './distributions/poisson.js';
export { studentizedRange } from './distributions/studentized-range.js';
export { t } from './distributions/t.js';
export { type DurationForecast, durationForecast, type RampStage } from './planning/duration.js';
export { detectableMeanDifference, powerTwoMeans, sampleSizeTwoMeans } from './planning/means.js';
export {
  cohenH,
  detectableProportionDifference,
  powerTwoProportions,
  sampleSizeTwoProportions,
} from './planning/proportions.js';
export { type Adjustment, adjustPValues } from './tests/adjust-p-values.js';
export type { Arm, Proportion } from './tests/arms.js';
export { binomialTest } from './tests/binomial.js';
export { type BootstrapInput, bootstrap } from './tests/bootstrap.js';
export { chiSquareTest, gTest } from './tests/chi-square.js';
export { type CupedInput, type CupedResult, cuped } from './tests/cuped.js';
export { type FisherInput, fisherExactTest } from './tests/fisher-exact.js';
export { kolmogorovSmirnovTest } from './tests/kolmogorov-smirnov.js';
export { kruskalWallisTest } from './tests/kruskal-wallis.js';
export { type MannWhitneyInput, mannWhitneyUTest } from './tests/mann-whitney.js';
export { mantelHaenszelTest } from './tests/mantel-haenszel.js';
export { type EquivalenceResult, equivalenceTest, nonInferiorityTest } from './tests/non-inferiority.js';
export { poissonRateTest } from './tests/poisson-rate.js';
export { proportionDifferenceInterval } from './tests/proportion-difference-interval.js';
export { proportionInterval } from './tests/proportion-interval.js';
export { type QuantileInterval, quantileInterval, quantileRanks } from './tests/quantile-interval.js';
export { type PairSums, ratioMetric, type RatioResult } from './tests/ratio-metric.js';
export { standardNormal, student } from './tests/reference.js';
export { type LiftResult, relativeLift } from './tests/relative-lift.js';
export type { Alternative, Degenerate, Interval, Reference, TestOptions, TestResult } from './tests/result.js';
export type { Sample } from './tests/sample.js';
export { stratifiedScoreTest } from './tests/stratified-score.js';
export type { TestStratum } from './tests/strata.js';
export { pairedTTest, studentTTest, welchTTest } from './tests/t-tests.js';
export { twoProportionZTest } from './tests/two-proportion-z.js';
export * from './alpha-ledger.js';
export * from './clusters/index.js';
export * from './sequential/index.js';
export * from './sketch.js';
