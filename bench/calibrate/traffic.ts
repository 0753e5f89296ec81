import type { Rng } from '../../src/core/rng.js';
import { emptySums } from '../../src/evidence/cell.js';
import type { Cell, MetricSums } from '../../src/evidence/stratum.js';
import { emptySketch, type SketchBucket, type SketchJson } from '../../src/stats/sketch.js';
import { middleOf } from '../../src/stats/sketch-json.js';
import { drawBinomial, drawMultinomial } from './draw.js';
import { cellOf, type Counted, type Tick, type Traffic, type Watch } from './rollout.js';

/** A rate by the time since the roll-out began, in minutes; within a tick it is that of its middle. */
export type Level = (minute: number) => number;

/** Reports of a yes-or-no metric, of which only what happened is reported. */
export const yes = (count: number): MetricSums => ({
  ...emptySums,
  n: count,
  sum: count,
  sumSq: count,
  per: 'exposure',
});

const eventCell = (metric: string, n: number, events: number): Cell =>
  metric === 'error' ? cellOf(n, { errors: events }) : cellOf(n, { metrics: { [metric]: yes(events) } });

/** Requests that fail (`error`) or bring something (any other name), each for itself, at a rate of their time. */
export function eventTraffic(metric: string, rate: Level, candidateRate: (rate: number) => number): Traffic {
  return (tick, rng, watch) => {
    const { epoch, share, from, to, requests } = tick;
    const level = rate((from + to) / 2);
    const mine = candidateEvents(metric, tick, candidateRate(level), rng, watch);
    const n = requests - mine.n;
    const control = eventCell(metric, n, drawBinomial(rng, n, level));
    return [{ epoch, share, at: from, candidate: eventCell(metric, mine.n, mine.events), control }];
  };
}

/** Minute by minute while somebody watches, at once otherwise. */
function candidateEvents(metric: string, tick: Tick, rate: number, rng: Rng, watch: Watch | undefined) {
  const { share, from, to, requests } = tick;
  const steps = watch === undefined ? 1 : Math.max(1, Math.round(to - from));
  const sums = { n: 0, events: 0 };
  for (let step = 0; step < steps; step += 1) {
    // Whole requests in each minute, and together those of the tick.
    const arrived = Math.floor(((step + 1) * requests) / steps) - Math.floor((step * requests) / steps);
    const n = drawBinomial(rng, arrived, share);
    const events = drawBinomial(rng, n, rate);
    watch?.((to - from) / steps, n, metric === 'error' ? n - events : events);
    sums.n += n;
    sums.events += events;
  }
  return sums;
}

/** What is still to come of the exposures of one tick. */
interface Pending {
  readonly epoch: number;
  readonly share: number;
  readonly at: number;
  candidate: number;
  control: number;
}

/**
 * Conversions that come with a delay of `meanMinutes` on average, memoryless, and are counted at their exposure. What comes more than
 * `windowMinutes` after it is late, and not counted. A watch sees what came in during a tick, which is what a dashboard shows.
 */
export function delayedTraffic(rate: Level, meanMinutes: number, windowMinutes: number): Traffic {
  let open: Pending[] = [];
  return ({ epoch, share, from, to, requests }, rng, watch) => {
    const arrives = -Math.expm1(-(to - from) / meanMinutes);
    const n = drawBinomial(rng, requests, share);
    const level = rate((from + to) / 2);
    const converts = (count: number) => drawBinomial(rng, count, level);
    open.push({ epoch, share, at: from, candidate: converts(n), control: converts(requests - n) });
    open = open.filter(({ at }) => from - at <= windowMinutes);
    let seen = 0;
    const counted = open.map((pending): Counted => {
      const candidate = drawBinomial(rng, pending.candidate, arrives);
      const control = drawBinomial(rng, pending.control, arrives);
      pending.candidate -= candidate;
      pending.control -= control;
      seen += candidate;
      const isNew = pending.at === from;
      return {
        ...pending,
        candidate: eventCell('clicked', isNew ? n : 0, candidate),
        control: eventCell('clicked', isNew ? requests - n : 0, control),
      };
    });
    watch?.(to - from, n, seen);
    return counted;
  };
}

/** A distribution of amounts over a sketch's buckets: each bucket stands for its middle. */
export interface Amounts {
  readonly buckets: readonly number[];
  /** P(this bucket or a lower one), ascending to 1. */
  readonly upTo: readonly number[];
}

/** How a sketch would hold prices with this distribution function: every so many buckets apart, none over that of `last`. */
export function amountsOf(upTo: (amount: number) => number, first: number, last: number, apart = 1): Amounts {
  const prices = Math.floor((last - first) / apart) + 1;
  const buckets = Array.from({ length: prices }, (_, at) => last - (prices - 1 - at) * apart);
  const edge = Math.sqrt(middleOf(apart) / middleOf(0));
  return { buckets, upTo: buckets.map((bucket) => (bucket === last ? 1 : upTo(middleOf(bucket) * edge))) };
}

/** `n` amounts as a sketch, with their sums. */
export function drawAmounts(rng: Rng, n: number, { buckets, upTo }: Amounts): MetricSums & { sketch: SketchJson } {
  const counts = new Map<number, number>();
  for (let at = 0; at < n; at += 1) {
    const u = rng.next();
    let [low, high] = [0, upTo.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] as number) > u) high = middle;
      else low = middle + 1;
    }
    const bucket = buckets[low] as number;
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  const positive: SketchBucket[] = [...counts].sort(([a], [b]) => a - b);
  let [sum, sumSq] = [0, 0];
  for (const [bucket, count] of positive) {
    const value = middleOf(bucket);
    sum += count * value;
    sumSq += count * value * value;
  }
  return { ...emptySums, n, sum, sumSq, sketch: { ...emptySketch, positive } };
}

/** Some requests buy, for an amount each; of the candidate's so many times as many. */
export function purchaseTraffic(buyers: number, amounts: Amounts, candidateBuyers = 1): Traffic {
  return ({ epoch, share, from, requests }, rng) => {
    const n = drawBinomial(rng, requests, share);
    const cell = (count: number, factor: number) => {
      const revenue = drawAmounts(rng, drawBinomial(rng, count, buyers * factor), amounts);
      return cellOf(count, { metrics: { revenue: { ...revenue, per: 'exposure' } } });
    };
    return [{ epoch, share, at: from, candidate: cell(n, candidateBuyers), control: cell(requests - n, 1) }];
  };
}

/** Calls whose latency has this distribution. A watch sees how many took at most `limitMs`. */
export function latencyTraffic(amounts: Amounts, limitMs: number): Traffic {
  return ({ epoch, share, from, to, requests }, rng, watch) => {
    const n = drawBinomial(rng, requests, share);
    const latency = (count: number) => drawAmounts(rng, count, amounts).sketch;
    const mine = latency(n);
    const over = mine.positive.reduce((sum, [bucket, count]) => sum + (middleOf(bucket) > limitMs ? count : 0), 0);
    watch?.(to - from, n, n - over);
    const control = cellOf(requests - n, { latency: latency(requests - n) });
    return [{ epoch, share, at: from, candidate: cellOf(n, { latency: mine }), control }];
  };
}

/** The four things that `fourTraffic` brings. */
export const four = ['error', 'complained', 'refunded', 'reopened'] as const;

/**
 * Requests that bring four kinds of harm, each at `rate`, any two with this correlation: each kind is, with probability
 * sqrt(correlation), the request's common fate, and its own otherwise.
 */
export function fourTraffic(rate: number, correlation: number): Traffic {
  const copies = Math.sqrt(correlation);
  const chanceOf = (pattern: number, common: number) =>
    four.reduce((product, _, kind) => {
      const chance = copies * common + (1 - copies) * rate;
      return product * (((pattern >> kind) & 1) === 1 ? chance : 1 - chance);
    }, 1);
  const patterns = Array.from({ length: 16 }, (_, pattern) => pattern);
  const chances = patterns.map((pattern) => rate * chanceOf(pattern, 1) + (1 - rate) * chanceOf(pattern, 0));
  const cell = (rng: Rng, n: number) => {
    const counts = drawMultinomial(rng, n, chances);
    const [errors, ...rest] = four.map((_, kind) =>
      counts.reduce((sum, count, pattern) => sum + (((pattern >> kind) & 1) === 1 ? count : 0), 0),
    ) as [number, number, number, number];
    const metrics = Object.fromEntries(rest.map((count, at) => [four[at + 1] as string, yes(count)]));
    return cellOf(n, { errors, metrics });
  };
  return ({ epoch, share, from, requests }, rng) => {
    const n = drawBinomial(rng, requests, share);
    return [{ epoch, share, at: from, candidate: cell(rng, n), control: cell(rng, requests - n) }];
  };
}
