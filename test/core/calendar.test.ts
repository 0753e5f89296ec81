import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
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

describe('an empty calendar', () => {
  it('always allows promotions, and nothing will change that', () => {
    expect(promotionAllowed({}, at('2026-06-01T12:00Z'))).toEqual({ allowed: true });
    expect(promotionAllowed({ freezes: [] }, 0)).toEqual({ allowed: true });
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [-8.1e15]])('allows none at %d, which is no time', (now) => {
    expect(promotionAllowed({}, now)).toEqual({ allowed: false, why: 'the time is not known' });
  });
});

describe('a window', () => {
  // 2026-06-01 is a Monday.
  const office: Calendar = { windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }] };

  it('opens at its first minute and is shut at its last', () => {
    expect(allowed(office, '2026-06-01T08:59:59.999Z')).toBe(false);
    expect(allowed(office, '2026-06-01T09:00Z')).toBe(true);
    expect(allowed(office, '2026-06-01T16:59:59.999Z')).toBe(true);
    expect(allowed(office, '2026-06-01T17:00Z')).toBe(false);
  });

  it('is open on its days only', () => {
    const open = [1, 2, 3, 4, 5, 6, 7].map((day) => allowed(office, `2026-06-0${day}T12:00Z`));
    expect(open).toEqual([true, true, true, true, true, false, false]);
  });

  it.each(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const)('knows %s, before 1970 too', (day) => {
    const name = (instant: number) =>
      new Date(instant).toLocaleDateString('en-US', { weekday: 'short', timeZone: 'UTC' }).toLowerCase();
    for (let days = -40; days < 40; days += 1) {
      const noon = (days + 0.5) * 86_400_000;
      expect(promotionAllowed({ windows: [{ days: [day], from: '00:00', to: '24:00' }] }, noon).allowed).toBe(
        name(noon) === day,
      );
    }
  });

  it('is open every day unless days are named, and until midnight at 24:00', () => {
    expect(allowed(daily('22:30', '24:00'), '2026-06-06T23:59:59.999Z')).toBe(true);
    expect(allowed(daily('22:30', '24:00'), '2026-06-07T00:00Z')).toBe(false);
    expect(allowed(daily('22:30', '24:00'), '2026-06-07T22:29Z')).toBe(false);
    expect(allowed(daily('9:05', '9:06'), '2026-06-07T09:05Z')).toBe(true);
  });

  it('that passes midnight belongs to the day on which it starts', () => {
    const night: Calendar = { windows: [{ days: ['fri'], from: '22:00', to: '02:00' }] };
    expect(allowed(night, '2026-06-05T21:59Z')).toBe(false);
    expect(allowed(night, '2026-06-05T22:00Z')).toBe(true);
    expect(allowed(night, '2026-06-06T01:59:59.999Z')).toBe(true);
    expect(allowed(night, '2026-06-06T02:00Z')).toBe(false);
    expect(allowed(night, '2026-06-05T01:00Z')).toBe(false);
    expect(allowed(night, '2026-06-06T22:00Z')).toBe(false);
    const sunday: Calendar = { windows: [{ days: ['sun'], from: '22:00', to: '02:00' }] };
    expect(allowed(sunday, '2026-06-08T01:00Z')).toBe(true);
    expect(allowed(sunday, '2026-06-07T01:00Z')).toBe(false);
  });

  it('adds to the others', () => {
    const two: Calendar = {
      windows: [
        { from: '09:00', to: '10:00' },
        { days: ['mon'], from: '14:00', to: '15:00' },
      ],
    };
    const open = ['09:30', '12:00', '14:30'].map((time) => allowed(two, `2026-06-01T${time}Z`));
    expect(open).toEqual([true, false, true]);
    expect(allowed(two, '2026-06-02T14:30Z')).toBe(false);
  });

  it('says when it is shut, and when it opens and shuts', () => {
    const berlin = { ...office, timeZone: 'Europe/Berlin' };
    expect(promotionAllowed(berlin, at('2026-06-05T15:00Z'))).toEqual({
      allowed: false,
      why: 'outside the windows for promotions (Europe/Berlin)',
      nextChange: at('2026-06-08T07:00Z'),
    });
    expect(promotionAllowed(berlin, at('2026-06-05T14:59Z'))).toEqual({
      allowed: true,
      nextChange: at('2026-06-05T15:00Z'),
    });
    expect(promotionAllowed(office, at('2026-06-05T17:00Z')).why).toBe('outside the windows for promotions (UTC)');
  });

  it('may follow another without a gap, which is no change', () => {
    const joined: Calendar = {
      windows: [
        { from: '09:00', to: '12:00' },
        { from: '12:00', to: '17:00' },
      ],
    };
    expect(next(joined, '2026-06-01T10:00Z')).toBe('2026-06-01T17:00Z');
    expect(promotionAllowed(daily('00:00', '24:00'), at('2026-06-01T10:00Z'))).toEqual({ allowed: true });
  });

  it('is read off the clocks of its zone, whose day may be another', () => {
    const monday: Calendar = { timeZone: 'Pacific/Auckland', windows: [{ days: ['mon'], from: '08:00', to: '09:00' }] };
    expect(allowed(monday, '2026-05-31T20:30Z')).toBe(true);
    expect(allowed(monday, '2026-06-01T08:30Z')).toBe(false);
  });
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

describe('a freeze', () => {
  const holidays = { from: '2026-12-24', to: '2027-01-01', why: 'nobody is here' };

  it('of dates lasts from the first moment of the one to the last of the other, in the zone', () => {
    const berlin: Calendar = { timeZone: 'Europe/Berlin', freezes: [holidays] };
    expect(allowed(berlin, '2026-12-23T22:59:59.999Z')).toBe(true);
    expect(allowed(berlin, '2026-12-23T23:00Z')).toBe(false);
    expect(allowed(berlin, '2027-01-01T22:59:59.999Z')).toBe(false);
    expect(allowed(berlin, '2027-01-01T23:00Z')).toBe(true);
  });

  it('says why, and when it ends; before it, when it begins', () => {
    expect(promotionAllowed({ freezes: [holidays] }, at('2026-12-31T12:00Z'))).toEqual({
      allowed: false,
      why: 'frozen from 2026-12-24 to 2027-01-01: nobody is here',
      nextChange: at('2027-01-02T00:00Z'),
    });
    expect(promotionAllowed({ freezes: [{ from: '2026-12-24', to: '2026-12-24' }] }, at('2026-12-24T12:00Z')).why).toBe(
      'frozen from 2026-12-24 to 2026-12-24',
    );
    expect(promotionAllowed({ freezes: [holidays] }, at('2026-01-01T00:00Z'))).toEqual({
      allowed: true,
      nextChange: at('2026-12-24T00:00Z'),
    });
    expect(promotionAllowed({ freezes: [holidays] }, at('2027-01-02T00:00Z'))).toEqual({ allowed: true });
  });

  it('of dates and times ends at that time, in the zone unless an offset is given', () => {
    const ends = (to: string) =>
      next({ timeZone: 'Europe/Berlin', freezes: [{ from: '2026-06-01', to }] }, '2026-06-02T00:00Z');
    expect(ends('2026-06-03T18:30')).toBe('2026-06-03T16:30Z');
    expect(ends('2026-06-03T18:30:00.000')).toBe('2026-06-03T16:30Z');
    expect(ends('2026-06-03T18:30Z')).toBe('2026-06-03T18:30Z');
    expect(ends('2026-06-03T18:30:00.000Z')).toBe('2026-06-03T18:30Z');
    expect(ends('2026-06-03T18:30-05:00')).toBe('2026-06-03T23:30Z');
    expect(ends('2026-06-03')).toBe('2026-06-03T22:00Z');
  });

  it('is the longer one where clocks show its edges twice, and begins and ends at the change where they skip them', () => {
    const timeZone = 'Europe/Berlin';
    const twice: Calendar = { timeZone, freezes: [{ from: '2026-10-25T02:15', to: '2026-10-25T02:30' }] };
    expect(next(twice, '2026-10-24T12:00Z')).toBe('2026-10-25T00:15Z');
    expect(next(twice, '2026-10-25T00:15Z')).toBe('2026-10-25T01:30Z');
    const skipped: Calendar = { timeZone, freezes: [{ from: '2026-03-29T02:15', to: '2026-03-29T12:00' }] };
    expect(next(skipped, '2026-03-28T12:00Z')).toBe('2026-03-29T01:00Z');
    expect(next(skipped, '2026-03-29T01:00Z')).toBe('2026-03-29T10:00Z');
  });

  it('wins over an open window, and its end may fall outside of all', () => {
    const calendar: Calendar = {
      windows: [{ days: ['mon'], from: '09:00', to: '17:00' }],
      freezes: [{ from: '2026-06-01', to: '2026-06-06' }],
    };
    expect(promotionAllowed(calendar, at('2026-06-01T12:00Z'))).toEqual({
      allowed: false,
      why: 'frozen from 2026-06-01 to 2026-06-06',
      nextChange: at('2026-06-08T09:00Z'),
    });
    const noon = { ...calendar, freezes: [{ from: '2026-06-01T12:00', to: '2026-06-01T13:00' }] };
    expect(next(noon, '2026-06-01T10:00Z')).toBe('2026-06-01T12:00Z');
    expect(next(noon, '2026-06-01T12:00Z')).toBe('2026-06-01T13:00Z');
    expect(next(noon, '2026-06-01T13:00Z')).toBe('2026-06-01T17:00Z');
  });

  it('may overlap others', () => {
    const freezes = [
      { from: '2026-06-01', to: '2026-06-03' },
      { from: '2026-06-02', to: '2026-06-05' },
      { from: '2026-06-06', to: '2026-06-06' },
    ];
    expect(next({ freezes }, '2026-06-01T12:00Z')).toBe('2026-06-07T00:00Z');
    expect(next({ freezes }, '2026-05-01T12:00Z')).toBe('2026-06-01T00:00Z');
  });

  it('may be years away and years long', () => {
    const freezes = [{ from: '2030-01-01', to: '9999-12-31' }];
    expect(next({ freezes }, '2026-06-01T12:00Z')).toBe('2030-01-01T00:00Z');
    expect(next({ freezes, windows: [{ from: '09:00', to: '10:00' }] }, '2030-06-01T09:30Z')).toBe(
      '+010000-01-01T09:00Z',
    );
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

describe('the types', () => {
  it('refuse what is no time of day and no weekday', () => {
    expectTypeOf<'nine'>().not.toExtend<TimeOfDay>();
    expectTypeOf<'monday'>().not.toExtend<Weekday>();
    expectTypeOf<'09:00'>().toExtend<TimeOfDay>();
  });
});
