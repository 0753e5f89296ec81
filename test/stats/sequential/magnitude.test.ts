import { describe, expect, it } from 'vitest';
import {
  isShared,
  needAmount,
  needNonNegative,
  needOverZero,
  needQuantile,
} from '../../../src/stats/sequential/magnitude.js';

const domain = (message: string) => expect.objectContaining({ code: 'domain', message });

describe('what measurements may be', () => {
  it('is up to 1e100 in size, with its sign where it has one', () => {
    for (const value of [0, 1e100, -1e100, 5e-324]) expect(() => needAmount('f', 'x', value)).not.toThrow();
    for (const value of [0, 1e100, 5e-324]) expect(() => needNonNegative('f', 'x', value)).not.toThrow();
    for (const value of [1e-100, 1e100]) expect(() => needOverZero('f', 'x', value)).not.toThrow();
    const tooBig = 'f: x must be a finite number of at most 1e100 in size (was 1.1e+100).';
    expect(() => needAmount('f', 'x', 1.1e100)).toThrow(domain(tooBig));
    expect(() => needAmount('f', 'x', Number.NaN)).toThrow('x must be');
    expect(() => needNonNegative('f', 'x', -1e-9)).toThrow(
      domain('f: x must be a number from 0 to 1e100 (was -1e-9).'),
    );
    expect(() => needNonNegative('f', 'x', 1.1e100)).toThrow('x must be');
    expect(() => needOverZero('f', 'x', 9e-101)).toThrow(
      domain('f: x must be a number over 0, up to 1e100 (was 9e-101).'),
    );
    expect(() => needOverZero('f', 'x', 1.1e100)).toThrow('x must be');
  });

  it('is a quantile at least 1e-9 from both ends', () => {
    for (const value of [1e-9, 0.5, 1 - 1e-9]) expect(() => needQuantile('f', value)).not.toThrow();
    const message = 'f: quantile must be a number in (0, 1), at least 1e-9 from both ends (was 0).';
    expect(() => needQuantile('f', 0)).toThrow(domain(message));
    expect(() => needQuantile('f', 1)).toThrow('quantile must be');
  });

  it('is a share of at least 1e-12, for both arms', () => {
    expect([0, 9e-13, 1e-12, 0.5, 1 - 1e-12, 1 - 1e-13, 1, Number.NaN].map(isShared)).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
