import type { ABTestOptions } from './ab-test/options.js';
import type { BanditOptions } from './bandit/options.js';
import type { BlueGreenOptions } from './blue-green-options.js';
import type { CanaryOptions } from './canary-options.js';
import type { DarkLaunchOptions } from './dark-launch-options.js';
import type { FeatureFlagOptions } from './feature-flag.js';
import type { LeaveRule } from './pipeline-options.js';
import type { RollingOptions } from './rolling/options.js';
import type { ShadowOptions } from './shadow-options.js';
import type { Stage } from './stages.js';

// Only types are imported: choosing a strategy must not bring all of them into a bundle.

/** What a strategy can begin with, as data: spread it into the options of its class, beside the models. */
export type Start =
  | { readonly kind: 'canary'; readonly options: Required<Pick<CanaryOptions<never, never, never, never>, 'stages'>> }
  | {
      readonly kind: 'blue-green';
      readonly options: Pick<BlueGreenOptions<never, never, never>, 'switch' | 'bakeMs' | 'minOutcomes'>;
    }
  | {
      readonly kind: 'rolling';
      readonly options: Required<
        Pick<RollingOptions<never, never, never>, 'maxUnavailable' | 'minReadyMs' | 'onFailure'>
      >;
    }
  | { readonly kind: 'shadow'; readonly options: Pick<ShadowOptions<never, never, never, never>, 'share' | 'until'> }
  | {
      readonly kind: 'dark-launch';
      readonly options: Pick<DarkLaunchOptions<never, never, never, never>, 'audience' | 'execute' | 'reveal'>;
    }
  | { readonly kind: 'feature-flag'; readonly options: Pick<FeatureFlagOptions<never, never, never>, 'share'> }
  | {
      readonly kind: 'ab-test';
      readonly options: Pick<ABTestOptions<never, never, never>, 'plannedUnits' | 'coverage'>;
    }
  | {
      readonly kind: 'bandit';
      readonly options: Pick<BanditOptions<never, never>, 'batchMs' | 'floor' | 'minExploration'>;
    }
  | {
      readonly kind: 'pipeline';
      readonly stages: Readonly<Record<string, Exclude<Start, { readonly kind: 'pipeline' }>>>;
      readonly leave: Readonly<Record<string, LeaveRule<never>>>;
    };

/** The start of one kind. */
export type StartOf<K extends Start['kind']> = Extract<Start, { readonly kind: K }>;

/** What the figures of a start depend on. */
export interface Facts {
  readonly riskTolerance: 'low' | 'medium' | 'high';
  readonly twoCopies: boolean;
  readonly requestsPerDay: number;
  /** 0 where no outcomes are waited for. */
  readonly feedbackDelayMs: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * Units over both arms that show a difference of one point at a rate of 10 %: 16 p (1 - p) / d² per arm (Lehr 1992).
 */
export const unitsToCompare = 28_800;

const ages = { low: 6 * hour, medium: hour, high: 10 * minute } as const;
const pauses = { low: 10 * minute, medium: 5 * minute, high: minute } as const;
const outcomes = { low: 500, medium: 200, high: 100 } as const;
const ladders = { low: [0.01, 0.05, 0.25, 0.5], medium: [0.05, 0.25, 0.5], high: [0.1, 0.5] } as const;

/** So many outcomes, but no more than a week brings at this share; at least 20. */
function outcomesWithinAWeek({ riskTolerance, requestsPerDay }: Facts, share: number): number {
  return Math.min(outcomes[riskTolerance], Math.max(20, Math.floor(7 * share * requestsPerDay)));
}

/**
 * Stages from the first share that sees 100 requests a day, or the last one; slower and more of them where less is
 * risked.
 */
function stagesFor(facts: Facts): readonly Stage<never>[] {
  const { riskTolerance, requestsPerDay, feedbackDelayMs } = facts;
  const ladder: readonly number[] = ladders[riskTolerance];
  const seen = ladder.filter((share) => share * requestsPerDay >= 100);
  const shares = seen.length > 0 ? seen : ladder.slice(-1);
  const minAgeMs = Math.max(ages[riskTolerance], feedbackDelayMs);
  return shares.map((share, index) => ({
    share,
    minAgeMs,
    minOutcomes: outcomesWithinAWeek(facts, share),
    ...(riskTolerance === 'low' && index === shares.length - 1 && { hold: true }),
  }));
}

/** Starting figures by kind, from what is needed. */
export const starts = {
  canary: (facts: Facts): StartOf<'canary'> => ({ kind: 'canary', options: { stages: stagesFor(facts) } }),
  blueGreen: (facts: Facts): StartOf<'blue-green'> => ({
    kind: 'blue-green',
    options: {
      switch: facts.riskTolerance === 'low' ? 'approved' : 'automatic',
      bakeMs: Math.max(ages[facts.riskTolerance], facts.feedbackDelayMs),
      minOutcomes: outcomesWithinAWeek(facts, 1),
    },
  }),
  // No surge: spares are servers, which only the user can name.
  rolling: ({ riskTolerance }: Facts): StartOf<'rolling'> => ({
    kind: 'rolling',
    options: {
      maxUnavailable: 1,
      minReadyMs: pauses[riskTolerance],
      onFailure: riskTolerance === 'low' ? 'pause' : 'reverse',
    },
  }),
  shadow: (facts: Facts): StartOf<'shadow'> => ({
    kind: 'shadow',
    options: {
      // About 10 000 a day show a mismatch rate to within a point.
      share: Math.min(1, Math.max(0.01, Number((10_000 / facts.requestsPerDay).toPrecision(1)))),
      until: { minAgeMs: day, minOutcomes: outcomesWithinAWeek(facts, 1) },
    },
  }),
  darkLaunch: (facts: Facts): StartOf<'dark-launch'> => ({
    kind: 'dark-launch',
    options: { audience: [], execute: 0.1, reveal: stagesFor(facts) },
  }),
  featureFlag: ({ riskTolerance }: Facts): StartOf<'feature-flag'> => ({
    kind: 'feature-flag',
    options: { share: ladders[riskTolerance][0] },
  }),
  abTest: ({ riskTolerance }: Facts): StartOf<'ab-test'> => ({
    kind: 'ab-test',
    options: { plannedUnits: unitsToCompare, coverage: riskTolerance === 'low' ? 0.2 : 1 },
  }),
  bandit: ({ riskTolerance, feedbackDelayMs }: Facts): StartOf<'bandit'> => ({
    kind: 'bandit',
    options: {
      batchMs: Math.max(hour, feedbackDelayMs),
      floor: riskTolerance === 'high' ? 0.05 : 0.01,
      minExploration: outcomes[riskTolerance],
    },
  }),
};
