import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Calendar, promotionAllowed, type TimeOfDay, type Weekday } from '../../src/core/calendar.js';

const minuteMs = 60_000;
const at = (text: string) => Date.parse(text);
const allowed = (calendar: Calendar, text: string) => promotionAllowed(calendar, at(text)).allowed;
const next = (calendar: Calendar, text: string) => {
  const { nextChange } = promotionAllowed(calendar, at(text));
  return nextChange === undefined ? undefined : new Date(nextChange).toISOString().replace(':00.000Z', 'Z');
};
const daily = (from: TimeOfDay, to: TimeOfDay, timeZone?: string): Calendar => ({
  windows: [{ from, to }],
  ...(timeZone === undefined ? {} : { timeZone }),
});

describe('when the clocks change', () => {
  it.each([
    ['Europe/Berlin', '2026-03-28T08:00Z', '2026-03-29T07:00Z', '2026-03-30T07:00Z'],
    ['Europe/Berlin', '2026-10-24T07:00Z', '2026-10-25T08:00Z', '2026-10-26T08:00Z'],
    ['America/New_York', '2026-03-07T14:00Z', '2026-03-08T13:00Z', '2026-03-09T13:00Z'],
    ['America/New_York', '2026-10-31T13:00Z', '2026-11-01T14:00Z', '2026-11-02T14:00Z'],
    ['Australia/Lord_Howe', '2026-04-03T22:00Z', '2026-04-04T22:30Z', '2026-04-05T22:30Z'],
    ['Australia/Lord_Howe', '2026-10-02T22:30Z', '2026-10-03T22:00Z', '2026-10-04T22:00Z'],
  ])('a window in %s still opens at nine (%s, %s, %s)', (zone, ...openings) => {
    const nine = daily('09:00', '10:00', zone);
    for (const opening of openings) {
      expect(promotionAllowed(nine, at(opening) - 1)).toMatchObject({ allowed: false, nextChange: at(opening) });
      expect(allowed(nine, opening)).toBe(true);
      expect(promotionAllowed(nine, at(opening) - 12 * 60 * minuteMs).nextChange).toBe(at(opening));
    }
  });

  it('a window of an hour that clocks skip does not open that day', () => {
    const skipped = daily('02:15', '02:45', 'Europe/Berlin');
    expect(next(skipped, '2026-03-28T01:45Z')).toBe('2026-03-30T00:15Z');
    expect(next(skipped, '2026-03-28T00:00Z')).toBe('2026-03-28T01:15Z');
  });

  it('a window shuts at the change if its end is skipped, and opens at it if its start is', () => {
    expect(next(daily('01:00', '02:30', 'Europe/Berlin'), '2026-03-29T00:30Z')).toBe('2026-03-29T01:00Z');
    expect(next(daily('02:30', '05:00', 'Europe/Berlin'), '2026-03-29T00:30Z')).toBe('2026-03-29T01:00Z');
    expect(next(daily('02:10', '05:00', 'Australia/Lord_Howe'), '2026-10-03T15:00Z')).toBe('2026-10-03T15:30Z');
  });

  it('a window of an hour that clocks show twice is open twice', () => {
    const twice = daily('02:15', '02:45', 'Europe/Berlin');
    const edges = [
      '2026-10-25T00:15Z',
      '2026-10-25T00:45Z',
      '2026-10-25T01:15Z',
      '2026-10-25T01:45Z',
      '2026-10-26T01:15Z',
    ];
    for (let i = 1; i < edges.length; i += 1) expect(next(twice, edges[i - 1]!)).toBe(edges[i]);
    const halfHour = daily('01:40', '02:00', 'Australia/Lord_Howe');
    expect(next(halfHour, '2026-04-04T14:40Z')).toBe('2026-04-04T15:00Z');
    expect(next(halfHour, '2026-04-04T15:00Z')).toBe('2026-04-04T15:10Z');
    expect(next(halfHour, '2026-04-04T15:10Z')).toBe('2026-04-04T15:30Z');
  });
});

describe('nextChange', () => {
  it('is the first time at which the answer is another, for any calendar, zone and time', () => {
    const time = fc.integer({ min: 0, max: 95 }).map((quarter) => {
      const two = (value: number) => String(value).padStart(2, '0');
      return `${two(Math.floor(quarter / 4))}:${two((quarter % 4) * 15)}` as TimeOfDay;
    });
    const days = fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] satisfies Weekday[], { minLength: 1 });
    const windows = fc.array(
      fc.record({ days, from: time, to: time }).filter(({ from, to }) => from !== to),
      { minLength: 1, maxLength: 3 },
    );
    const timeZone = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Africa/Cairo',
    );
    const freezes = fc.constantFrom(
      [],
      [{ from: '2026-03-29T03:30', to: '2026-03-29T04:00' }],
      [{ from: '2026-10-25', to: '2026-10-25' }],
    );
    const change = fc.constantFrom(
      '2026-03-29T01:00Z',
      '2026-10-25T01:00Z',
      '2026-03-08T07:00Z',
      '2026-11-01T06:00Z',
      '2026-04-04T15:00Z',
      '2026-10-03T15:30Z',
      '2026-04-23T22:00Z',
    );
    const offset = fc.integer({ min: -60, max: 20 });
    fc.assert(
      fc.property(fc.record({ windows, timeZone, freezes }), change, offset, (calendar, near, quarters) => {
        const now = at(near) + quarters * 15 * minuteMs + 1;
        const answer = promotionAllowed(calendar, now);
        const end = Math.min(answer.nextChange ?? Number.POSITIVE_INFINITY, now + 2 * 86_400_000);
        // Every edge and every change of clocks falls on a quarter of an hour, so no answer hides between these.
        for (let later = now - 1 + 15 * minuteMs; later < end; later += 15 * minuteMs)
          expect(promotionAllowed(calendar, later).allowed).toBe(answer.allowed);
        if (answer.nextChange === undefined) return;
        expect(promotionAllowed(calendar, answer.nextChange).allowed).toBe(!answer.allowed);
        expect(promotionAllowed(calendar, answer.nextChange - 1).allowed).toBe(answer.allowed);
      }),
      { numRuns: 60 },
    );
  });

  it('is left out rather than searched for without end', () => {
    const always: Calendar = {
      windows: [{ from: '00:00', to: '24:00' }],
      freezes: [{ from: '2030-01-01', to: '2030-01-02' }],
    };
    expect(promotionAllowed(always, at('2026-06-01T00:00Z'))).toEqual({ allowed: true });
    // One edge a day: 400 steps reach the 400th midnight, the start of the freeze, and not the 401st.
    expect(next(always, '2028-11-27T12:00Z')).toBe('2030-01-01T00:00Z');
    expect(next(always, '2028-11-26T12:00Z')).toBeUndefined();
  });
});
