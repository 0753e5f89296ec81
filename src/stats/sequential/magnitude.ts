import { need } from '../domain.js';

/** Magnitudes beyond these are no measurements, and their squares and quotients would leave what a number holds. */
const least = 1e-100;
const greatest = 1e100;

export function needAmount(where: string, name: string, value: number): void {
  need(Math.abs(value) <= greatest, where, name, 'a finite number of at most 1e100 in size', value);
}

export function needNonNegative(where: string, name: string, value: number): void {
  need(value >= 0 && value <= greatest, where, name, 'a number from 0 to 1e100', value);
}

export function needOverZero(where: string, name: string, value: number): void {
  need(value >= least && value <= greatest, where, name, 'a number over 0, up to 1e100', value);
}

/** Throws `domain` unless the quantile is one that a number of observations could ever tell from 0 and 1. */
export function needQuantile(where: string, value: number): void {
  need(
    value >= 1e-9 && value <= 1 - 1e-9,
    where,
    'quantile',
    'a number in (0, 1), at least 1e-9 from both ends',
    value,
  );
}

/** Whether an arm had a share at all: shares are multiples of 2^-32, so less than 1e-12 is rounding. */
export function isShared(share: number): boolean {
  return share >= 1e-12 && share <= 1 - 1e-12;
}
