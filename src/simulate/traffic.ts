import { type Check, all, duration, either, listOf, must, object, optional, positive } from '../core/options.js';

/** A smooth day: the rate is highest at `peakHour` and `peakToTrough` times as high as twelve hours later. */
export interface DailyWave {
  /** An hour in [0, 24), UTC. */
  readonly peakHour: number;
  /** 1 or more. */
  readonly peakToTrough: number;
}

/** A time in which the rate is another. */
export interface Burst {
  /** Milliseconds after the start. */
  readonly atMs: number;
  readonly forMs: number;
  /** What the rate is multiplied with: 10 for a rush, 0 for silence. Bursts that overlap multiply. */
  readonly factor: number;
}

/** Requests that come by themselves, one independent of the other (a Poisson process), at a rate that may change. */
export interface Traffic {
  /** Requests an hour, on the average of the curves below and without bursts. */
  readonly perHour: number;
  /** The course of a day in UTC: 24 weights, one an hour, or a wave. Default: level. */
  readonly daily?: readonly number[] | DailyWave;
  /** The course of a week: 7 weights, Monday first. Default: level. */
  readonly weekly?: readonly number[];
  readonly bursts?: readonly Burst[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** 1970 began on a Thursday; three days later it is Monday. */
const mondayMs = 4 * dayMs;

/** The rates of a traffic, which are constant between the moments of `changesAfter`. */
export interface Rates {
  /** Requests a millisecond at a moment, ms since 1970. */
  at(wallMs: number): number;
  /** The first moment after `wallMs` at which the rate may be another. */
  changeAfter(wallMs: number): number;
}

/** Curves are followed in steps of a minute: a request does not know the difference. */
const stepMs = 60_000;

export function ratesOf({ perHour, daily, weekly, bursts = [] }: Traffic, startMs: number): Rates {
  const perMs = perHour / hourMs;
  const hourly = dayCurve(daily);
  const weights = weekly === undefined ? undefined : normalized(weekly);
  const spans = bursts.map(({ atMs, forMs, factor }) => ({ from: startMs + atMs, to: startMs + atMs + forMs, factor }));
  const edges = spans.flatMap(({ from, to }) => [from, to]).sort((a, b) => a - b);
  return {
    at: (wallMs) => {
      let rate = perMs * hourly(((wallMs % dayMs) / hourMs + 24) % 24);
      if (weights !== undefined) rate *= weights[Math.floor((wallMs - mondayMs) / dayMs + 7) % 7] as number;
      for (const { from, to, factor } of spans) if (wallMs >= from && wallMs < to) rate *= factor;
      return rate;
    },
    changeAfter: (wallMs) => {
      const next = (Math.floor(wallMs / stepMs) + 1) * stepMs;
      const edge = edges.find((at) => at > wallMs);
      return edge !== undefined && edge < next ? edge : next;
    },
  };
}

function dayCurve(daily: Traffic['daily']): (hour: number) => number {
  if (daily === undefined) return () => 1;
  if ('peakHour' in daily) {
    const { peakHour, peakToTrough } = daily;
    const swing = (peakToTrough - 1) / (peakToTrough + 1);
    return (hour) => 1 + swing * Math.cos(((hour - peakHour) / 24) * 2 * Math.PI);
  }
  const weights = normalized(daily);
  return (hour) => weights[Math.floor(hour)] as number;
}

/** Weights with a mean of 1. */
function normalized(weights: readonly number[]): readonly number[] {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
}

const isNumberFrom = (least: number, below: number) => (value: unknown) =>
  typeof value === 'number' && value >= least && value < below;

const hasWeight = must(
  'weights of which at least one is over 0',
  (value) => Array.isArray(value) && value.some((weight) => weight > 0),
);
const weightsCheck = (length: number): Check =>
  all(listOf(must('a number, 0 or more', isNumberFrom(0, Infinity)), { min: length, max: length }), hasWeight);

const waveCheck = object({
  peakHour: must('an hour in [0, 24)', isNumberFrom(0, 24)),
  peakToTrough: must('a number, 1 or more', isNumberFrom(1, Infinity)),
});

/** The check of a traffic. */
export const trafficCheck: Check = object({
  perHour: positive,
  daily: optional(either('24 weights, or { peakHour, peakToTrough }', weightsCheck(24), waveCheck)),
  weekly: optional(weightsCheck(7)),
  bursts: optional(
    listOf(object({ atMs: duration, forMs: positive, factor: must('a number, 0 or more', isNumberFrom(0, Infinity)) })),
  ),
});
