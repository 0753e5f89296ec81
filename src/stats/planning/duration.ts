import { need, needPositive } from '../domain.js';

/** Shares that are in force for some days. */
export interface RampStage {
  /** Fractions of the traffic, which may sum to less than 1: the rest is in no arm. */
  readonly control: number;
  readonly treatment: number;
  /** The last stage has none: it lasts until the end. */
  readonly days?: number;
}

export interface DurationInput {
  /** From a sample-size function, for two arms of equal size. */
  readonly nPerArm: number;
  readonly unitsPerDay: number;
  /** One allocation, or the stages of a ramp in order; at most 1000. */
  readonly allocation: RampStage | readonly RampStage[];
}

export interface DurationForecast {
  /** Days until the information of `nPerArm` units in each arm is reached; Infinity when the ramp ends before. */
  readonly days: number;
  /** The units in each arm by then. */
  readonly control: number;
  readonly treatment: number;
}

/**
 * How long a comparison will take under an unequal or growing allocation.
 *
 * What counts is information, n1 n2 / (n1 + n2) summed over stages, since arms are compared inside a stage only: two arms
 * of n have n/2 of it. A 1 % canary gathers 1/25 of the information per day that an even split gathers.
 */
export function durationForecast({ nPerArm, unitsPerDay, allocation }: DurationInput): DurationForecast {
  const where = 'durationForecast';
  needPositive(where, 'nPerArm', nPerArm);
  needPositive(where, 'unitsPerDay', unitsPerDay);
  const stages: readonly RampStage[] = 'control' in allocation ? [allocation] : allocation;
  need(stages.length >= 1 && stages.length <= 1000, where, 'allocation', '1 to 1000 stages', stages.length);
  let missing = nPerArm / 2;
  let [days, ofControl, ofTreatment] = [0, 0, 0];
  for (const [index, { control, treatment, days: length = Infinity }] of stages.entries()) {
    const name = stages.length === 1 ? 'allocation' : `allocation[${index}]`;
    need(
      control >= 0 && treatment >= 0 && control + treatment <= 1 + 1e-9,
      where,
      name,
      'shares that sum to 1 or less',
      control + treatment,
    );
    need(length > 0, where, `${name}.days`, 'a number over 0', length);
    need(
      length < Infinity || index === stages.length - 1,
      where,
      `${name}.days`,
      'given for every stage but the last',
      length,
    );
    const both = control + treatment;
    const perDay = both > 0 ? unitsPerDay * control * (treatment / both) : 0;
    const lasts = perDay * length >= missing ? missing / perDay : length;
    if (lasts === Infinity) return { days: Infinity, control: Infinity, treatment: Infinity };
    days += lasts;
    ofControl += unitsPerDay * control * lasts;
    ofTreatment += unitsPerDay * treatment * lasts;
    missing -= perDay * lasts;
    if (lasts < length || missing <= 1e-12 * nPerArm) return { days, control: ofControl, treatment: ofTreatment };
  }
  return { days: Infinity, control: ofControl, treatment: ofTreatment };
}
