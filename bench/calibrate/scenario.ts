import type { Rng } from '../../src/core/rng.js';
import { binomial } from '../../src/stats/distributions/binomial.js';
import type { EventCount } from '../../src/stats/sequential/event-count.js';

/** One day of a roll-out: a stratum of everything that is tested. */
export interface Day {
  readonly share: number;
  readonly treatment: EventCount;
  readonly control: EventCount;
}

export const days = 28;
export const usersPerDay = 4000;

/** 1 % for 3 days, 5 % for 4, 25 % for 7, 50 % for 14. */
export const shareOn = (day: number): number => (day < 3 ? 0.01 : day < 7 ? 0.05 : day < 14 ? 0.25 : 0.5);

/** The control's conversion rate on a day. */
export const baselines: Readonly<Record<string, (day: number) => number>> = {
  flat: () => 0.09,
  drift: (day) => 0.12 - (0.06 * day) / (days - 1),
  weekly: (day) => 0.09 + 0.03 * Math.cos((2 * Math.PI * day) / 7),
  step: (day) => (day < 14 ? 0.12 : 0.06),
};

/** A roll-out in which the treatment's rate is `candidateRate` of the control's. */
export function simulate(rng: Rng, baseline: (day: number) => number, candidateRate = (rate: number) => rate): Day[] {
  return Array.from({ length: days }, (_, day) => {
    const [share, rate] = [shareOn(day), baseline(day)];
    const n = binomial.sample(rng, usersPerDay, share);
    return {
      share,
      treatment: { n, events: binomial.sample(rng, n, candidateRate(rate)) },
      control: { n: usersPerDay - n, events: binomial.sample(rng, usersPerDay - n, rate) },
    };
  });
}

/** The information planned by each day: the expected variance of the score, as a fraction of that of the last day. */
export function plannedInformation(baseline: (day: number) => number): number[] {
  let sum = 0;
  const variance = Array.from({ length: days }, (_, day) => {
    const [share, rate] = [shareOn(day), baseline(day)];
    sum += usersPerDay * share * (1 - share) * rate * (1 - rate);
    return sum;
  });
  return variance.map((at) => at / sum);
}
