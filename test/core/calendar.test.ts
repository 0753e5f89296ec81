import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Calendar, promotionAllowed, type TimeOfDay, type Weekday } from '../../src/core/calendar.js';

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

  it('is still shut a fraction of a millisecond before it opens', () => {
    const opening = at('2026-06-01T09:00Z');
    expect(promotionAllowed(office, opening - 0.5)).toMatchObject({ allowed: false, nextChange: opening });
    expect(promotionAllowed(office, opening + 0.5).allowed).toBe(true);
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

  it('is the longer one where clocks show its edges twice, and keeps to the change where they skip them', () => {
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

describe('the types', () => {
  it('refuse what is no time of day and no weekday', () => {
    expectTypeOf<'nine'>().not.toExtend<TimeOfDay>();
    expectTypeOf<'monday'>().not.toExtend<Weekday>();
    expectTypeOf<'09:00'>().toExtend<TimeOfDay>();
  });
});
