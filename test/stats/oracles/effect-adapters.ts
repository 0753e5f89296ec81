import * as stats from '../../../src/stats/index.js';
import { type Adapter, alternative, ends } from './inputs.js';

const lift = (result: stats.LiftResult) => ({
  expected: result.estimate,
  ci: ends(result.interval),
  uplift: { dist: 'normal', mean: result.estimate, stddev: result.standardError },
  errorMessage: null,
  pValue: result.pValue,
  pValueErrorMessage: null,
});

type GbSums = { sum: number; sum_squares: number; n: number };
const sums = ({ sum, sum_squares: sumSq, n }: GbSums) => ({ sum, sumSq, n });

/** GrowthBook's frequentist tests: Welch's t for a difference, the delta method with Welch's df for a lift. */
const growthbookMean: Adapter = ({ control, treatment, differenceType, sided }) => {
  const input = { control: sums(control), treatment: sums(treatment), alternative: alternative(sided) };
  if (differenceType === 'relative')
    return lift(stats.relativeLift({ ...input, method: 'delta', reference: stats.student }));
  const { estimate, interval, pValue, statistic } = stats.welchTTest({
    a: input.treatment,
    b: input.control,
    alternative: input.alternative,
  });
  const standardError = (estimate ?? 0) / (statistic ?? 1);
  return lift({ estimate, interval, pValue, standardError } as stats.LiftResult);
};

/** A proportion as sums, of which GrowthBook takes p (1 - p) as the variance. */
const growthbookProportion: Adapter = ({ control, treatment }) => {
  const arm = ({ sum, n }: { sum: number; n: number }) => ({ x: sum, n });
  const input = {
    control: arm(control),
    treatment: arm(treatment),
    method: 'delta',
    reference: stats.student,
  } as const;
  return lift(stats.relativeLift(input));
};

const pairs = ({ n, post, pre, sumOfProducts }: { n: number; post: GbSums; pre: GbSums; sumOfProducts: number }) => ({
  n,
  x: pre.sum,
  xx: pre.sum_squares,
  y: post.sum,
  yy: post.sum_squares,
  xy: sumOfProducts,
});

const bayesian = (estimate: number, standardError: number, prior: unknown) => {
  const given = prior as { mean: number; variance: number } | string;
  const belief = stats.normalPosterior({
    estimate,
    standardError,
    ...(typeof given === 'string' ? {} : { prior: { mean: given.mean, sd: Math.sqrt(given.variance) } }),
  });
  const { probPositive, lossOfTreatment, lossOfControl } = stats.normalEffect(belief);
  return {
    expected: belief.mean,
    ci: ends(stats.credibleInterval(belief)),
    uplift: { dist: 'normal', mean: belief.mean, stddev: belief.sd },
    errorMessage: null,
    chanceToWin: probPositive,
    risk: [lossOfControl, lossOfTreatment],
    riskType: 'relative',
  };
};

/** Plans, beliefs and effects: the kinds of case that are about sizes, posteriors, lifts, ratios and covariates. */
export const effectAdapters: Record<string, Adapter> = {
  sampleSizeTwoProportions: (inputs) => stats.sampleSizeTwoProportions(inputs as never),
  powerTwoProportions: (inputs) => stats.powerTwoProportions(inputs as never),
  sampleSizeTwoMeans: (inputs) => stats.sampleSizeTwoMeans(inputs as never),
  powerTwoMeans: (inputs) => stats.powerTwoMeans(inputs as never),
  powerTTestInd: ({ effectSize, nPerArm, alpha, alternative: word }) =>
    stats.powerTwoMeans({ delta: effectSize, sd: 1, nPerArm, alpha, twoSided: alternative(word) === 'two-sided' }),
  powerNormalInd: ({ effectSize, nPerArm, alpha, alternative: word }) => {
    const twoSided = alternative(word) === 'two-sided';
    return stats.powerTwoMeans({ delta: effectSize, sd: 1, nPerArm, alpha, twoSided, knownSd: true });
  },
  cohenH: ({ p1, p2 }) => {
    const h = stats.cohenH(p1, p2);
    const { nPerArm } = stats.sampleSizeTwoMeans({ delta: h, sd: 1, knownSd: true, strict: true });
    return { h, nPerArm_alpha05_power80: nPerArm };
  },
  betaProbBGreaterA: ({ a, b }) => {
    const { chooseA, chooseB } = stats.expectedLoss(a, b);
    const probBGreaterA = stats.probBGreaterA(a, b);
    return { probBGreaterA, expectedLossChooseA: chooseA, expectedLossChooseB: chooseB };
  },
  betaProbBest: ({ arms }) => ({ probBest: stats.probBest(arms) }),
  cuped: ({ control, treatment }) => {
    const raw = stats.welchTTest({ a: (treatment as { y: number[] }).y, b: (control as { y: number[] }).y });
    const summary = (theta: 'pooled' | 'within') => {
      const result = stats.cuped({ control, treatment, theta });
      const { estimate: diff, standardError: se, statistic: z, pValue: pValueNormal } = result;
      return { theta: result.theta, diff, se, z, pValueNormal };
    };
    return {
      raw: { diff: raw.estimate, se: (raw.estimate ?? 0) / (raw.statistic ?? 1) },
      pooledTheta: summary('pooled'),
      withinTheta: summary('within'),
      varianceReduction_pooled: stats.cuped({ control, treatment, theta: 'pooled' }).varianceReduction,
    };
  },
  ratioDelta: ({ control, treatment }) => {
    const result = stats.ratioMetric({ control, treatment });
    return {
      ratio1: result.control.ratio,
      var1: result.control.variance,
      ratio2: result.treatment.ratio,
      var2: result.treatment.variance,
      diff: result.estimate,
      se: result.standardError,
      z: result.statistic,
    };
  },
  relativeLift: ({ mean1, sd1, n1, mean2, sd2, n2 }) => {
    const input = { control: { mean: mean1, sd: sd1, n: n1 }, treatment: { mean: mean2, sd: sd2, n: n2 } };
    const delta = stats.relativeLift({ ...input, method: 'delta' });
    const fieller = stats.relativeLift({ ...input, method: 'fieller' });
    return {
      lift: delta.estimate,
      seDelta: delta.standardError,
      ci95Delta: ends(delta.interval),
      ci95Fieller: ends(fieller.interval),
    };
  },
  nonInferiorityProportions: ({ p1, n1, p2, n2, margin, higherIsBetter }) => {
    const control = { x: Math.round(p1 * n1), n: n1 };
    const treatment = { x: Math.round(p2 * n2), n: n2 };
    const result = stats.nonInferiorityTest({ control, treatment, margin, higherIsBetter });
    const { pLower, pUpper, pValue } = stats.equivalenceTest({ control, treatment, margin });
    return {
      z: result.statistic,
      pValue: result.pValue,
      tost: { pLower, pUpper, pValue },
      ci90Lower: result.interval?.lower,
    };
  },
  quantileCiOrderStats: ({ n, q, level }) => {
    const { lowerRank, upperRank, coverage } = stats.quantileRanks({ n, q, level });
    return { lowerRank1based: lowerRank, upperRank1based: upperRank, coverage };
  },
  gbFrequentistMean: growthbookMean,
  gbFrequentistProportion: growthbookProportion,
  gbBayesianProportion: ({ control, treatment, prior }) => {
    const { estimate, standardError } = stats.relativeLift({ control, treatment, method: 'delta' });
    return bayesian(estimate ?? 0, standardError ?? 1, prior);
  },
  gbBayesianMean: ({ control, treatment, prior }) => {
    const input = { control: sums(control), treatment: sums(treatment), method: 'delta' } as const;
    const { estimate, standardError } = stats.relativeLift(input);
    return bayesian(estimate ?? 0, standardError ?? 1, prior);
  },
  gbCuped: ({ control, treatment }) => {
    const input = { control: pairs(control), treatment: pairs(treatment) };
    const result = stats.cuped({ ...input, theta: 'pooled', reference: stats.student });
    return lift(result as never);
  },
};
