import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amountAxis, logAxis, spanned, stageAxis, timeAxis } from '../../src/report/axes.js';
import { apart } from '../../src/report/chart.js';
import { fitted, textWidth } from '../../src/report/drawing.js';
import { hour, monday } from './inputs.js';

describe('axes', () => {
  test('place linear amounts linearly and powers evenly, and nothing outside', () => {
    const axis = amountAxis([0, 1], [100, 0], 'fraction', 'share');
    expect([0, 0.25, 1, 2, -1].map((value) => axis.place(value))).toEqual([100, 75, 0, 0, 100]);
    expect(axis.ticks.map(({ text }) => text)).toEqual(['0', '20', '40', '60', '80', '100']);
    const log = logAxis([0.001, 1], [0, 300], String, 'alpha');
    expect([0.001, 0.01, 1, 10, 0].map((value) => Math.round(log.place(value)))).toEqual([0, 100, 300, 300, 0]);
    expect(log.ticks.map(({ text }) => text)).toEqual(['0.001', '0.01', '0.1', '1']);
    expect(logAxis([0.001, 1], [300, 0], String, 'alpha').ticks.map(({ text }) => text)).toEqual([
      '0.001',
      '0.01',
      '0.1',
      '1',
    ]);
    expect(logAxis([20, 20], [0, 300], String, 'one').place(20)).toBe(0);
  });

  test.each([
    [2 * 86_400_000, 'days since the start'],
    [86_400_000, 'hours since the start'],
    [2 * hour, 'hours since the start'],
    [2 * hour - 1, 'minutes since the start'],
    [100_000, 'seconds since the start'],
    [1000, 'milliseconds since the start'],
  ])('name the unit of %d ms since a start', (until, title) => {
    expect(timeAxis('since-start', [0, until], [0, 300]).title).toBe(title);
  });

  test('tell the day where ticks are hours, and show times and dates', () => {
    const day = timeAxis('utc', [monday, monday + 12 * hour], [0, 300]);
    expect([day.title, day.ticks[1]?.text]).toEqual(['5 Jan 2026, UTC', '03:00']);
    expect(day.place(monday + 6 * hour)).toBe(150);
    const days = timeAxis('utc', [monday, monday + 48 * hour], [0, 600]);
    expect(days.ticks.map(({ text }) => text)).toEqual([
      '5 Jan',
      '06:00',
      '12:00',
      '18:00',
      '6 Jan',
      '06:00',
      '12:00',
      '18:00',
      '7 Jan',
    ]);
    const weeks = timeAxis('utc', [monday, monday + 21 * 24 * hour], [0, 300]);
    expect(weeks.title).toBe('5 Jan 2026 to 26 Jan 2026, UTC');
    expect(weeks.ticks.every(({ text }) => /^\d+ Jan$/.test(text))).toBe(true);
    expect(timeAxis('utc', [monday, monday + 5000], [0, 300]).ticks[0]?.text).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  test('never let texts of ticks touch', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e11 }));
    fc.assert(
      fc.property(span, fc.integer({ min: 80, max: 1000 }), fc.boolean(), ([from, length], width, isUtc) => {
        const { ticks } = timeAxis(isUtc ? 'utc' : 'since-start', [from, from + length], [0, width]);
        for (const [index, { at, text }] of ticks.entries()) {
          const next = ticks[index + 1];
          if (next) expect(next.at - at).toBeGreaterThan((textWidth(text) + textWidth(next.text)) / 2);
        }
      }),
    );
  });

  test('give a range without a length one', () => {
    expect(spanned([3, 3], 2)).toEqual([2, 4]);
    expect(spanned([3, 4], 2)).toEqual([3, 4]);
  });

  test('leave names of stages out where there is no room', () => {
    const names = Array.from({ length: 20 }, (_, index) => `stage ${index}`);
    expect(stageAxis(names, [0, 2000], 'stage').ticks).toHaveLength(20);
    const few = stageAxis(names, [0, 200], 'stage');
    expect(few.ticks.length).toBeLessThan(10);
    expect(few.place(1)).toBeGreaterThan(few.place(0));
    expect(stageAxis(['one'], [0, 200], 'stage').place(0)).toBe(100);
  });
});

describe('names beside lines', () => {
  test('are moved apart, as little as need be, in their order', () => {
    expect(apart([10, 50], 14, 0, 100)).toEqual([10, 50]);
    expect(apart([10, 12], 14, 0, 100)).toEqual([10, 24]);
    expect(apart([98, 99], 14, 0, 100)).toEqual([86, 100]);
    expect(apart([], 14, 0, 100)).toEqual([]);
    const heights = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 7 });
    fc.assert(
      fc.property(heights, (wanted) => {
        const places = apart(
          [...wanted].sort((a, b) => a - b),
          14,
          0,
          100,
        );
        for (const [index, place] of places.entries()) {
          expect(place).toBeGreaterThanOrEqual(-1e-9);
          expect(place).toBeLessThanOrEqual(100);
          if (index > 0) expect(place - (places[index - 1] as number)).toBeGreaterThanOrEqual(14 - 1e-9);
        }
      }),
    );
  });

  test('fit into their room', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 15, max: 300 }), (text, room) => {
        expect(textWidth(fitted(text, room))).toBeLessThanOrEqual(room);
      }),
    );
    expect(fitted('short', 100)).toBe('short');
  });
});
