import { all, listOf, must, object, openFraction, optional, positive, verify } from '../core/options.js';
import { isObject } from '../core/json.js';
import { detectableProportionDifference, sampleSizeTwoProportions } from '../stats/planning/proportions.js';
import { hours, points } from './phrases.js';

/** What a ramp should be able to do. */
export interface StagesGoal {
  /** Requests an hour, each by a unit of its own. */
  readonly perHour: number;
  /** The rate of the baseline: of conversions, or of errors. In (0, 1). */
  readonly rate: number;
  /** The least loss that is to be found before the promotion: as a fraction, 0.01 for a point. */
  readonly loss: number;
  /** What is worse: `'down'` (default), as for conversions, or `'up'`, as for errors. */
  readonly direction?: 'down' | 'up';
  /** How long the roll-out may take. Default: as long as it needs. */
  readonly withinMs?: number;
  /** How often such a loss is to be found. Default 0.8. */
  readonly power?: number;
  /** The level of the guardrail. Default 0.01, as `noWorseThan`. */
  readonly alpha?: number;
  /** The shares that stages may have, ascending. Default 1, 5, 25 and 50 %. */
  readonly shares?: readonly number[];
  /** How long until a metric is known: no stage is shorter. Default 0. */
  readonly windowMs?: number;
}

/** A stage that `new Canary({ stages })` takes. */
export interface SuggestedStage {
  readonly share: number;
  readonly minAgeMs: number;
  readonly minOutcomes: number;
}

/** What a stage will come to. */
export interface StageForecast {
  readonly share: number;
  readonly forMs: number;
  /** Requests of the candidate meanwhile. */
  readonly outcomes: number;
  /** The least loss that is found by its end, earlier stages included, with the wanted power. Infinity: none. */
  readonly findsLoss: number;
}

export interface StagesSuggestion {
  readonly stages: readonly SuggestedStage[];
  readonly forecast: readonly StageForecast[];
  readonly totalMs: number;
  /** False when the goal cannot be met within its time: the stages are then the best there are. */
  readonly isFeasible: boolean;
  /** What to know about it, in words. */
  readonly notes: readonly string[];
}

const hourMs = 3_600_000;
const leastStageMs = 10 * 60_000;
/**
 * How many times as many observations the sequential guardrails need as one test at the end: what watching all the
 * time costs. Measured by rehearsing suggested ramps at rates of 1 to 50 %: 1.7 to 2.4 for a power of 0.8, rounded up.
 */
const sequentialCost = 2.5;
/** Each earlier stage is to find a loss so many times as large: what is worse shows sooner, to fewer. */
const coarser = 2;

const goalCheck = all(
  object({
    perHour: positive,
    rate: openFraction,
    loss: openFraction,
    direction: optional(must("'down' or 'up'", (value) => value === 'down' || value === 'up')),
    withinMs: optional(positive),
    power: optional(openFraction),
    alpha: optional(openFraction),
    shares: optional(listOf(openFraction, { min: 1, max: 20 })),
    windowMs: optional(must('a time in milliseconds, 0 or more', (value) => typeof value === 'number' && value >= 0)),
  }),
  (value, path, issues) => {
    const {
      rate = 0,
      loss = 0,
      direction = 'down',
      shares = [],
    } = (isObject(value) ? value : {}) as Partial<StagesGoal>;
    const most = direction === 'down' ? rate : 1 - rate;
    if (!(loss < most)) issues.push({ path: `${path}.loss`, message: `must be under ${most}, which is all there is.` });
    if (!shares.every((share, index) => index === 0 || share > (shares[index - 1] as number))) {
      issues.push({ path: `${path}.shares`, message: 'must grow.' });
    }
  },
);

/**
 * Proposes the stages of a ramp whose last one finds the wanted loss, and whose earlier ones find twice, four times,
 * … that loss, each as short as it can be.
 *
 * A stage of share s gathers s (1 - s) of information per request; one test needs n/2 for n units per arm, and a
 * sequential one 2.5 times as much (measured). Rehearse the result: traffic that is not even, and units who come again,
 * are not in it. Throws ConfigError.
 */
export function suggestStages(goal: StagesGoal): StagesSuggestion {
  verify('suggestStages', 'goal', goal, goalCheck);
  const { withinMs = Infinity, shares = [0.01, 0.05, 0.25, 0.5] } = goal;
  // Beginning with all of them, the smallest are left out until the rest fits.
  for (let skipped = 0; skipped < shares.length; skipped += 1) {
    const planned = planOf(goal, shares.slice(skipped));
    if (planned.totalMs <= withinMs) return finished(goal, planned.forecast, skipped, true);
  }
  const last = shares.slice(-1);
  return finished(goal, planOf(goal, last, withinMs).forecast, shares.length - 1, false);
}

interface Planned {
  readonly forecast: readonly StageForecast[];
  readonly totalMs: number;
}

function planOf(goal: StagesGoal, shares: readonly number[], atMostMs = Infinity): Planned {
  const { perHour, loss, windowMs = 0 } = goal;
  const perMs = perHour / hourMs;
  const forecast: StageForecast[] = [];
  let information = 0;
  for (const [index, share] of shares.entries()) {
    const wanted = informationFor(goal, loss * coarser ** (shares.length - 1 - index));
    const gathered = share * (1 - share) * perMs;
    const needed = Math.max(0, wanted - information) / gathered;
    const forMs = Math.min(atMostMs, Math.max(leastStageMs, windowMs, needed));
    information += gathered * forMs;
    forecast.push({ share, forMs, outcomes: Math.round(share * perMs * forMs), findsLoss: lossFor(goal, information) });
  }
  return { forecast, totalMs: forecast.reduce((sum, { forMs }) => sum + forMs, 0) };
}

/** The largest loss that there can be, short of everything. */
function mostLoss({ rate, direction = 'down' }: StagesGoal): number {
  return 0.9 * (direction === 'down' ? rate : 1 - rate);
}

function informationFor(goal: StagesGoal, loss: number): number {
  const { rate, power = 0.8, alpha = 0.01, direction = 'down' } = goal;
  const bounded = Math.min(loss, mostLoss(goal));
  const p2 = direction === 'down' ? rate - bounded : rate + bounded;
  const { nPerArm } = sampleSizeTwoProportions({ p1: rate, p2, power, alpha, twoSided: false });
  return (sequentialCost * nPerArm) / 2;
}

function lossFor({ rate, power = 0.8, alpha = 0.01, direction = 'down' }: StagesGoal, information: number): number {
  const nPerArm = (2 * information) / sequentialCost;
  if (!(nPerArm >= 2)) return Infinity;
  return detectableProportionDifference({ p1: rate, nPerArm, power, alpha, twoSided: false, direction }).difference;
}

function finished(
  goal: StagesGoal,
  forecast: readonly StageForecast[],
  skipped: number,
  isFeasible: boolean,
): StagesSuggestion {
  const { withinMs = Infinity, loss } = goal;
  const totalMs = forecast.reduce((sum, { forMs }) => sum + forMs, 0);
  const notes: string[] = [];
  const last = forecast.at(-1);
  if (!isFeasible && last !== undefined) {
    const needed = planOf(goal, [last.share]).totalMs;
    const found = last.findsLoss < Infinity ? `finds ${points(last.findsLoss)}` : 'finds nothing';
    notes.push(
      `A loss of ${points(loss)} needs ${hours(needed)} even at a share of ${last.share * 100} %; ` +
        `within ${hours(withinMs)} the ramp ${found}.`,
    );
  }
  if (skipped > 0) {
    const which = skipped === 1 ? 'smallest stage is' : `${skipped} smallest stages are`;
    notes.push(`The ${which} left out: there is no time for more.`);
  }
  for (const { share, findsLoss, forMs } of forecast) {
    const found = findsLoss < Infinity ? `a loss of ${points(findsLoss)}` : 'no loss';
    notes.push(`${share * 100} %: ${hours(forMs)}, by its end ${found} is found.`);
  }
  return {
    stages: forecast.map(({ share, forMs, outcomes }) => ({
      share,
      minAgeMs: Math.ceil(forMs),
      // Some less than expected: traffic that comes a little thinner must not hold the stage up.
      minOutcomes: Math.floor(0.9 * outcomes),
    })),
    forecast,
    totalMs,
    isFeasible,
    notes,
  };
}
