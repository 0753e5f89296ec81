import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Suppression } from '../../../src/runtime/recording/suppression.js';

describe('Suppression', () => {
  it('suppresses and covers nothing until it is on', () => {
    const suppression = new Suppression(1000);
    expect([suppression.suppresses(5), suppression.covers(5), suppression.requests]).toEqual([false, false, 0]);
    suppression.set(false);
    expect(suppression.suppresses(5)).toBe(false);
  });

  it('covers what was exposed from the first to the last suppressed request, afterwards too', () => {
    const suppression = new Suppression(1000);
    suppression.set(true);
    expect([10, 30, 20].map((now) => suppression.suppresses(now))).toEqual([true, true, true]);
    expect([9, 10, 20, 30, 31].map((at) => suppression.covers(at))).toEqual([false, true, true, true, false]);
    suppression.set(false);
    expect(suppression.suppresses(40)).toBe(false);
    expect([9, 10, 20, 30, 31, 40].map((at) => suppression.covers(at))).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(suppression.requests).toBe(3);
  });

  it('follows a clock that goes back', () => {
    const suppression = new Suppression(1000);
    suppression.set(true);
    suppression.suppresses(50);
    suppression.suppresses(20);
    expect([19, 20, 35, 50, 51].map((at) => suppression.covers(at))).toEqual([false, true, true, true, false]);
  });

  it('keeps spans apart, and one span through repeated orders', () => {
    const suppression = new Suppression(1000);
    for (const now of [10, 20]) {
      suppression.set(true);
      suppression.suppresses(now);
    }
    suppression.set(false);
    suppression.set(true);
    suppression.suppresses(40);
    expect([10, 15, 20, 30, 40].map((at) => suppression.covers(at))).toEqual([true, true, true, false, true]);
  });

  it('forgets spans when nothing of them can come any more', () => {
    const suppression = new Suppression(1000);
    const span = (now: number) => {
      suppression.set(true);
      suppression.suppresses(now);
      suppression.set(false);
    };
    span(10);
    span(1010);
    expect(suppression.covers(10)).toBe(true);
    span(1011);
    expect([10, 1010, 1011].map((at) => suppression.covers(at))).toEqual([false, true, true]);
  });

  it('remembers every suppressed moment, however many spans there were', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(999), { minLength: 1, maxLength: 60 }), (moments) => {
        const suppression = new Suppression(1000);
        for (const now of moments) {
          suppression.set(true);
          suppression.suppresses(now);
          suppression.set(false);
        }
        expect(moments.filter((at) => !suppression.covers(at))).toEqual([]);
      }),
    );
  });

  it('keeps 16 spans exactly, and joins the two oldest beyond that', () => {
    const suppression = new Suppression(1e6);
    const span = (now: number) => {
      suppression.set(true);
      suppression.suppresses(now);
      suppression.set(false);
    };
    for (let i = 0; i < 16; i += 1) span(i * 10);
    expect(suppression.covers(5)).toBe(false);
    span(160);
    expect([5, 15, 155].map((at) => suppression.covers(at))).toEqual([true, false, false]);
    span(170);
    expect([5, 15, 25].map((at) => suppression.covers(at))).toEqual([true, true, false]);
  });
});
