import { describe, expect, it } from 'vitest';
import { calendarCheck } from '../../src/core/calendar.js';
import type { Issue } from '../../src/core/errors.js';

function messages(calendar: unknown): readonly string[] {
  const issues: Issue[] = [];
  calendarCheck(calendar, 'calendar', issues);
  return issues.map(({ path, message }) => `${path}: ${message}`);
}

const withWindow = (window: object) => messages({ windows: [{ from: '09:00', to: '17:00', ...window }] });
const withFreeze = (freeze: object) => messages({ freezes: [{ from: '2026-06-01', to: '2026-06-05', ...freeze }] });
const many = (count: number, item: object) => Array.from({ length: count }, () => item);

describe('calendarCheck', () => {
  it('passes calendars that can be read', () => {
    expect(messages({})).toEqual([]);
    expect(
      messages({
        timeZone: 'Europe/Berlin',
        windows: [
          { days: ['mon', 'sun'], from: '9:00', to: '17:00' },
          { from: '22:00', to: '02:00' },
          { from: '00:00', to: '24:00' },
        ],
        freezes: [
          { from: '2026-12-24', to: '2026-12-24', why: 'holiday' },
          { from: '2026-01-01T10:00', to: '2026-01-01T10:00:00.001' },
        ],
      }),
    ).toEqual([]);
  });

  it('refuses what is no calendar, and unknown keys', () => {
    expect(messages(undefined)).toEqual(['calendar: must be an object (was undefined).']);
    expect(messages({ timezone: 'UTC' })).toEqual(['calendar.timezone: is not an option. Did you mean timeZone?']);
    expect(withWindow({ day: ['mon'] })).toEqual(['calendar.windows[0].day: is not an option. Did you mean days?']);
    expect(withFreeze({ reason: 'x' })[0]).toMatch(/^calendar\.freezes\[0\]\.reason: is not an option\./);
  });

  it.each(['Mars/Olympus', '', 7, null])('refuses the zone %j', (timeZone) => {
    expect(messages({ timeZone })).toHaveLength(1);
    expect(messages({ timeZone })[0]).toMatch(
      /^calendar\.timeZone: must be an IANA time zone such as Europe\/Berlin \(was /,
    );
  });

  it.each(['00:00', '0:00', '9:59', '09:00', '19:59', '20:00', '23:59'])('takes %s as an edge of a window', (from) => {
    expect(withWindow({ from, to: '08:07' })).toEqual([]);
    expect(withWindow({ from: '08:07', to: from })).toEqual([]);
  });

  it.each(['24:01', '25:00', '9:60', '9:5', '9', '09:00:00', ' 9:00', '9:00 ', '-1:00', '', 900, null, undefined])(
    'refuses %j as an edge of a window',
    (edge) => {
      expect(withWindow({ from: edge })[0]).toMatch(
        /^calendar\.windows\[0\]\.from: must be a time of day such as 09:00 \(was /,
      );
      expect(withWindow({ to: edge })[0]).toMatch(
        /^calendar\.windows\[0\]\.to: must be a time of day such as 17:00 \(was /,
      );
    },
  );

  it('takes 24:00 as the end of a day, not as its start', () => {
    expect(withWindow({ to: '24:00' })).toEqual([]);
    expect(withWindow({ from: '24:00' })).toEqual([
      "calendar.windows[0].from: must be a time of day such as 09:00 (was '24:00').",
    ]);
  });

  it('refuses a window of no length, which might mean never or always', () => {
    const message = 'calendar.windows[0].to: must not equal from. A whole day is 00:00 to 24:00.';
    expect(withWindow({ to: '09:00' })).toEqual([message]);
    expect(withWindow({ to: '9:00' })).toEqual([message]);
  });

  it('refuses days that are none, or none at all', () => {
    expect(withWindow({ days: ['mon', 'Tue'] })).toHaveLength(1);
    expect(withWindow({ days: [] })).toEqual([
      'calendar.windows[0].days: must be a list of 1 to 7 items (was a list of 0).',
    ]);
    expect(withWindow({ days: many(8, { length: 1 }) })).toHaveLength(1);
    expect(withWindow({ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] })).toEqual([]);
  });

  it.each([
    '2026-02-29',
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-06-31',
    '2026-6-1',
    '20260601',
    '2026-06-01T24:00',
    '2026-06-01T10',
    '2026-06-01T10:60',
    '2026-06-01T10:00:60',
    '2026-06-01T10:00+2',
    '2026-06-01T10:00+25:00',
    '2026-06-01Z',
    '2026-06-01+02:00',
    '2026-02-30T10:00Z',
    '2026-06-01 10:00',
    '2026-06-01T10:00z',
    ' 2026-06-01',
    '2026-06-01 ',
    '',
    1780000000000,
    null,
    undefined,
  ])('refuses %j as an edge of a freeze', (edge) => {
    expect(withFreeze({ from: edge })).toHaveLength(1);
    expect(withFreeze({ from: edge })[0]).toMatch(
      /^calendar\.freezes\[0\]\.from: must be a date such as 2026-12-24, or a date and time/,
    );
    expect(withFreeze({ to: edge })[0]).toMatch(/^calendar\.freezes\[0\]\.to: must be a date such as /);
  });

  it.each([
    '2024-02-29',
    '2026-06-01T00:00',
    '2026-06-01T23:59:59',
    '2026-06-01T10:00:00.5',
    '2026-06-01T10:00Z',
    '2026-06-01T10:00-12:00',
  ])('takes %s as the start of a freeze', (from) => expect(withFreeze({ from })).toEqual([]));

  it('refuses a freeze of no length', () => {
    expect(withFreeze({ to: '2026-05-31' })).toEqual([
      "calendar.freezes[0].to: must be after from (was '2026-05-31').",
    ]);
    expect(withFreeze({ from: '2026-06-01T10:00', to: '2026-06-01T10:00' })).toHaveLength(1);
    // Ten in Berlin is eight in UTC, so this ends where it starts.
    const freezes = [{ from: '2026-06-01T10:00', to: '2026-06-01T08:00Z' }];
    expect(messages({ timeZone: 'Europe/Berlin', freezes })).toHaveLength(1);
    expect(messages({ timeZone: 'Europe/London', freezes })).toHaveLength(1);
    expect(messages({ timeZone: 'Asia/Tokyo', freezes })).toEqual([]);
  });

  it('refuses an empty reason', () => {
    expect(withFreeze({ why: '' })).toEqual(["calendar.freezes[0].why: must be a text that is not empty (was '')."]);
  });

  it('allows 1 to 50 windows and up to 200 freezes', () => {
    const [window, freeze] = [
      { from: '09:00', to: '10:00' },
      { from: '2026-06-01', to: '2026-06-01' },
    ];
    expect(messages({ windows: many(50, window), freezes: many(200, freeze) })).toEqual([]);
    expect(messages({ windows: [] })).toEqual(['calendar.windows: must be a list of 1 to 50 items (was a list of 0).']);
    expect(messages({ windows: many(51, window) })).toHaveLength(1);
    expect(messages({ freezes: many(201, freeze) })).toHaveLength(1);
    expect(messages({ freezes: [] })).toEqual([]);
  });

  it('reports every mistake, each in its place', () => {
    expect(
      messages({
        windows: [{ from: '9', to: '9' }],
        freezes: [
          { from: 'x', to: '2026-06-01' },
          { from: '2026-06-01', to: 'y' },
        ],
      }).map((message) => message.split(':')[0]),
    ).toEqual([
      'calendar.windows[0].from',
      'calendar.windows[0].to',
      'calendar.freezes[0].from',
      'calendar.freezes[1].to',
    ]);
    expect(
      messages({
        windows: [
          { from: '09:00', to: '10:00' },
          { from: '09:00', to: '09:00' },
        ],
        freezes: [{ from: '2026-06-02', to: '2026-06-01' }],
      }),
    ).toHaveLength(2);
  });
});
