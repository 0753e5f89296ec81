import { normal } from '../../src/stats/distributions/normal.js';
import {
  addScores,
  bernoulliMixture,
  emptyScore,
  eventBinomial,
  groupSequentialBounds,
  type Harm,
  inversePropensityBetting,
  scoreMixture,
  scoreResult,
  stratifiedScore,
} from '../../src/stats/sequential/index.js';
import { type Day, plannedInformation } from './scenario.js';

export const alphas = [0.05, 0.01, 0.001] as const;

/**
 * What a method promises about false alarms: `measured` is held to alpha like `exact`, although no proof says so; `none` is
 * shown beside the others to see what goes wrong.
 */
export type Claim = 'exact' | 'measured' | 'group-sequential' | 'asymptotic' | 'none';

/** The day of the first alarm at each alpha, or -1. */
export type Alarms = readonly number[];

export interface Method {
  readonly name: string;
  readonly claim: Claim;
  /** Made once per baseline; the function it returns looks at every day of one roll-out. */
  prepare(baseline: (day: number) => number): (rollout: readonly Day[]) => Alarms;
}

const look = (rollout: readonly Day[], logE: (part: readonly Day[]) => number): Alarms => {
  const first = alphas.map(() => -1);
  rollout.forEach((_, day) => {
    const evidence = logE(rollout.slice(0, day + 1));
    alphas.forEach((alpha, at) => {
      if (first[at] === -1 && evidence >= -Math.log(alpha)) first[at] = day;
    });
  });
  return first;
};

const zOn = (rollout: readonly Day[]): { z: number; score: number; variance: number }[] => {
  let sums = emptyScore;
  return rollout.map((day) => {
    sums = addScores(sums, stratifiedScore([day], 'binary'));
    return scoreResult(sums);
  });
};

const eProcess = (name: string, claim: Claim, logE: (part: readonly Day[]) => number): Method => ({
  name,
  claim,
  prepare: () => (rollout) => look(rollout, logE),
});

const eventsOf = (part: readonly Day[]) =>
  part.map(({ share, treatment, control }) => ({ share, treatment: treatment.events, control: control.events }));

const scoreProcess = (name: string, rho: number, harm?: Harm): Method => ({
  name,
  claim: 'asymptotic',
  prepare: () => (rollout) => {
    const scores = zOn(rollout);
    return look(rollout, ({ length }) => {
      const { score, variance } = scores[length - 1] as { score: number; variance: number };
      return scoreMixture({ score, variance }, harm === undefined ? { rho } : { rho, harm }).logE;
    });
  },
});

const lanDeMets: Method = {
  name: 'Lan-DeMets O’Brien-Fleming, planned V',
  claim: 'group-sequential',
  prepare: (baseline) => {
    const information = plannedInformation(baseline);
    const bounds = alphas.map((alpha) => groupSequentialBounds({ alpha, information, spending: 'obrien-fleming' }).z);
    return (rollout) => {
      const scores = zOn(rollout);
      return bounds.map((bound) => scores.findIndex(({ z }, day) => Math.abs(z) >= (bound[day] as number)));
    };
  },
};

const fixedHorizon: Method = {
  name: 'z once, at the end',
  claim: 'none',
  prepare: () => (rollout) => {
    const last = zOn(rollout).at(-1)?.z ?? 0;
    return alphas.map((alpha) => (Math.abs(last) >= normal.isf(alpha / 2) ? rollout.length - 1 : -1));
  },
};

const peeking: Method = {
  name: 'z on every day, uncorrected',
  claim: 'none',
  prepare: () => (rollout) => {
    const scores = zOn(rollout);
    return alphas.map((alpha) => scores.findIndex(({ z }) => Math.abs(z) >= normal.isf(alpha / 2)));
  },
};

export const methods: readonly Method[] = [
  eProcess('event-binomial, harm is fewer', 'exact', (part) => eventBinomial(eventsOf(part), { harm: 'fewer' }).logE),
  eProcess('event-binomial, harm is more', 'exact', (part) => eventBinomial(eventsOf(part), { harm: 'more' }).logE),
  eProcess(
    'betting, harm is fewer',
    'exact',
    (part) => inversePropensityBetting(part, { harm: 'fewer', margin: 0 }).logE,
  ),
  eProcess(
    'betting, harm is more',
    'exact',
    (part) => inversePropensityBetting(part, { harm: 'more', margin: 0 }).logE,
  ),
  {
    name: 'rate against its highest value',
    claim: 'exact',
    prepare: (baseline) => (rollout) => {
      const limit = Math.max(...rollout.map((_, day) => baseline(day)));
      return look(rollout, (part) => {
        const n = part.reduce((sum, { treatment }) => sum + treatment.n, 0);
        const events = part.reduce((sum, { treatment }) => sum + treatment.events, 0);
        return bernoulliMixture({ n, events, limit, harm: 'more' }).logE;
      });
    },
  },
  scoreProcess('score mixture, one-sided, rho 5', 5, 'fewer'),
  scoreProcess('score mixture, one-sided, rho 10', 10, 'fewer'),
  scoreProcess('score mixture, two-sided, rho 10', 10),
  lanDeMets,
  fixedHorizon,
  peeking,
];

/** The same event rate on the wrong side of a margin: the null's boundary, where the level is tightest. */
export const atMargin: readonly (Method & { readonly candidateRate: (rate: number) => number })[] = [
  {
    ...eProcess(
      'event-binomial at a margin of 10 %',
      'exact',
      (part) => eventBinomial(eventsOf(part), { harm: 'fewer', margin: 0.1 }).logE,
    ),
    candidateRate: (rate) => 0.9 * rate,
  },
  {
    ...eProcess(
      'betting at a margin of 1 point',
      'exact',
      (part) => inversePropensityBetting(part, { harm: 'more', margin: 0.01 }).logE,
    ),
    candidateRate: (rate) => rate + 0.01,
  },
];
