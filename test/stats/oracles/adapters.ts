import * as stats from '../../../src/stats/index.js';
import { effectAdapters } from './effect-adapters.js';
import { type Adapter, alternative, ends } from './inputs.js';

/** R writes a vector of one number as a number. */
const list = (values: number[] | number): number[] => (typeof values === 'number' ? [values] : values);

const swapped = ({ lower, upper }: stats.Interval) => [-upper, -lower];

/** The names that R and statsmodels give to intervals. */
const methodNames: Record<string, string> = {
  normal: 'wald',
  agresti_coull: 'agresti-coull',
  beta: 'clopper-pearson',
  newcomb: 'newcombe',
};

function tTest(test: typeof stats.welchTTest): Adapter {
  return ({ a, b, alternative: word }) => {
    const result = test({ a: list(a), b: list(b), alternative: alternative(word) });
    const { statistic: t, df, pValue, estimate, interval } = result;
    return { t, df, pValue, meanDiff_a_minus_b: estimate, ci95: ends(interval) };
  };
}

function chiSquare(yates: boolean): Adapter {
  return (inputs) => {
    const { x1, n1, x2, n2 } = inputs;
    const result = stats.chiSquareTest({ x1, n1, x2, n2, yates });
    const method = yates ? 'wald-continuity' : 'wald';
    const table = [
      [x1, n1 - x1],
      [x2, n2 - x2],
    ];
    return {
      chi2: result.statistic,
      df: result.df,
      pValue: result.pValue,
      diffCi95_p1_minus_p2: swapped(stats.proportionDifferenceInterval({ x1, n1, x2, n2, method })),
      fisherP: stats.fisherExactTest({ table }).pValue,
    };
  };
}

/** Departments A to F of UCBAdmissions (Bickel et al., Science 187, 1975): admitted and rejected men, then women. */
const admissions = [
  [512, 313, 89, 19],
  [353, 207, 17, 8],
  [120, 205, 202, 391],
  [138, 279, 131, 244],
  [53, 138, 94, 299],
  [22, 351, 24, 317],
] as const;

/** Each kind of case by what a user of the module would call. The keys of the answer are those of the expectation. */
export const adapters: Record<string, Adapter> = {
  ...effectAdapters,
  fisherExact: ({ table, alternative: word }) => {
    const result = stats.fisherExactTest({ table, alternative: alternative(word) });
    return { pValue: result.pValue, conditionalOddsRatio: result.estimate, ci95: ends(result.interval) };
  },
  chiSquare2x2: chiSquare(false),
  chiSquare2x2Yates: chiSquare(true),
  chiSquareContingency: ({ table }) => {
    const { statistic: chi2, df, pValue } = stats.chiSquareTest({ table });
    return { chi2, df, pValue };
  },
  chiSquareGof: (inputs) => {
    const { statistic: chi2, df, pValue } = stats.chiSquareTest(inputs as never);
    return { chi2, df, pValue };
  },
  gTest: ({ table }) => {
    const { statistic: g, df, pValue } = stats.gTest({ table });
    return { g, df, pValue };
  },
  welchT: tTest(stats.welchTTest),
  studentT: tTest(stats.studentTTest),
  pairedT: ({ a, b }) => {
    const { statistic: t, df, pValue, interval } = stats.pairedTTest({ a, b });
    return { t, df, pValue, ci95: ends(interval) };
  },
  welchSummary: ({ mean1, sd1, n1, mean2, sd2, n2 }) => {
    const [a, b] = [
      { mean: mean2, sd: sd2, n: n2 },
      { mean: mean1, sd: sd1, n: n1 },
    ];
    const { statistic: t, df, pValue, log10PValue: log10p } = stats.welchTTest({ a, b });
    return { t, df, pValue, log10p };
  },
  welchFromSums: ({ control, treatment }) => {
    const { statistic, pValue } = stats.welchTTest({ a: control, b: treatment });
    return { t_control_minus_treatment: statistic, pValue };
  },
  meanTestFromSums: ({ control, treatment }) => {
    const { estimate: difference, interval, pValue } = stats.welchTTest({ a: treatment, b: control });
    return { difference, lower: interval?.lower, upper: interval?.upper, pValue };
  },
  mannWhitneyU: ({ a, b, alternative: word, method }) => {
    const result = stats.mannWhitneyUTest({
      a: list(a),
      b: list(b),
      alternative: alternative(word),
      method: method === 'exact' ? 'exact' : 'normal',
      continuity: method !== 'normal_nocc',
    });
    // R gives NaN when all values are alike; the fixed rule is a p-value of 1 with a reason.
    const pValue = result.reason === 'no-variance' && result.pValue === 1 ? null : result.pValue;
    return { U_a: result.statistic, pValue };
  },
  ksTwoSample: ({ a, b }) => {
    const { statistic: D, pValue } = stats.kolmogorovSmirnovTest({ a, b });
    return { D, pValue };
  },
  kruskalWallis: ({ groups }) => {
    const { statistic: H, df, pValue } = stats.kruskalWallisTest({ groups });
    return { H, df, pValue };
  },
  pAdjust: ({ p, method }) => ({ adjusted: stats.adjustPValues(p, method) }),
  clopperPearson: ({ x, n, level }) => ({
    ci: ends(stats.proportionInterval({ x, n, level, method: 'clopper-pearson' })),
  }),
  wilson: ({ x, n, level }) => ({ ci: ends(stats.proportionInterval({ x, n, level, method: 'wilson' })) }),
  proportionCi: ({ x, n, level, method }) => {
    const name = methodNames[method] ?? method;
    const { lower, upper } = stats.proportionInterval({ x, n, level, method: name as 'wald' });
    return { lower, upper };
  },
  diffProportionsCi: ({ x1, n1, x2, n2, level, method }) => {
    const name = (methodNames[method] ?? method) as 'wald';
    const { lower, upper } = stats.proportionDifferenceInterval({ x1, n1, x2, n2, level, method: name });
    return { lower, upper };
  },
  binomTest: ({ x, n, p0 }) => ({ pValue: stats.binomialTest({ x, n, p0 }).pValue }),
  poissonRateTest: ({ x1, t1, x2, t2 }) => {
    const { pValue, estimate: rateRatio, interval } = stats.poissonRateTest({ x1, t1, x2, t2 });
    return { pValue, rateRatio, ci95: ends(interval) };
  },
  mantelHaenszel: ({ strata }) => {
    const arms = (strata as { control: number[]; treatment: number[] }[]).map(({ control, treatment }) => ({
      control: { x: control[0] as number, n: control[1] as number },
      treatment: { x: treatment[0] as number, n: treatment[1] as number },
    }));
    const { statistic: chi2, pValue, estimate } = stats.mantelHaenszelTest({ strata: arms });
    return { chi2, pValue, commonOddsRatio_control_over_treatment: 1 / (estimate ?? 1) };
  },
  mantelHaenszelR: () => {
    const strata = admissions.map(([men, menOut, women, womenOut]) => ({
      treatment: { x: men, n: men + menOut },
      control: { x: women, n: women + womenOut },
    }));
    const result = stats.mantelHaenszelTest({ strata, continuity: true });
    return { chi2: result.statistic, pValue: result.pValue, commonOddsRatio: result.estimate };
  },
  stratifiedScore: ({ strata }) => {
    const { score: U, variance: V, statistic: z } = stats.stratifiedScoreTest({ kind: 'binary', strata });
    const rates = (strata as { control: stats.Proportion; treatment: stats.Proportion }[]).map(
      ({ control, treatment }) => treatment.x / treatment.n - control.x / control.n,
    );
    const total = (arm: 'control' | 'treatment', key: 'x' | 'n') =>
      (strata as Record<string, stats.Proportion>[]).reduce((sum, stratum) => sum + (stratum[arm]?.[key] ?? 0), 0);
    const pooled = stats.twoProportionZTest({
      x1: total('control', 'x'),
      n1: total('control', 'n'),
      x2: total('treatment', 'x'),
      n2: total('treatment', 'n'),
    });
    return {
      U,
      V,
      z,
      day1Diff: rates[0],
      day2Diff: rates[1],
      pooledDiff: pooled.estimate,
      pooledZ: pooled.statistic,
    };
  },
  'tukey.cdf': ({ q, k, df }) => ({ value: stats.studentizedRange.cdf(q, k, df) }),
  twoProportionZ: (inputs) => {
    const input = inputs as unknown as Parameters<typeof stats.twoProportionZTest>[0];
    const { statistic: z, pValue, log10PValue: log10p } = stats.twoProportionZTest(input);
    const pLess = stats.twoProportionZTest({ ...input, alternative: 'less' }).pValue;
    const pGreater = stats.twoProportionZTest({ ...input, alternative: 'greater' }).pValue;
    return { z, pValue, log10p, pLess, pGreater };
  },
  twoProportionZDegenerate: (inputs) => {
    const input = inputs as unknown as Parameters<typeof stats.twoProportionZTest>[0];
    const { pValue, reason } = stats.twoProportionZTest(input);
    return { pValue, reason };
  },
  diffProportionsWald: ({ x1, n1, x2, n2, absolute }) => {
    const test = stats.twoProportionZTest({ x1, n1, x2, n2 });
    if (absolute) {
      return {
        difference: test.estimate,
        lower: test.interval?.lower,
        upper: test.interval?.upper,
        pValue: test.pValue,
      };
    }
    // Spotify divides the difference and its interval by the control's rate, as if that were known.
    const scale = n1 / x1;
    const [difference, lower, upper] = [test.estimate, test.interval?.lower, test.interval?.upper].map(
      (value) => (value ?? 0) * scale,
    );
    return { difference, lower, upper, pValue: test.pValue };
  },
};
