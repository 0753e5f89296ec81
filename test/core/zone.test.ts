import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { instantsOf, isTimeZone, offsetAt, offsetChange } from '../../src/core/zone.js';

const hourMs = 3_600_000;
const at = (text: string) => Date.parse(text);
const hours = (zone: string, text: string) => offsetAt(zone, at(text)) / hourMs;

// When the clocks change, by the tz database: the instant, and the hours they add to UTC before and after.
const changes = [
  ['Europe/Berlin', '2026-03-29T01:00Z', 1, 2],
  ['Europe/Berlin', '2026-10-25T01:00Z', 2, 1],
  ['America/New_York', '2026-03-08T07:00Z', -5, -4],
  ['America/New_York', '2026-11-01T06:00Z', -4, -5],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z', 11, 10.5],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z', 10.5, 11],
  ['Pacific/Apia', '2011-12-30T10:00Z', -10, 14],
] as const;

describe('offsetAt', () => {
  it.each(changes)('knows the change of %s at %s to the millisecond', (zone, change, before, after) => {
    expect(offsetAt(zone, at(change) - 1) / hourMs).toBe(before);
    expect(offsetAt(zone, at(change)) / hourMs).toBe(after);
  });

  it('is 0 for UTC, before 1970 and at any millisecond too', () => {
    for (const instant of [0, 1, 999, -1, -1001, at('1969-07-20T20:17:40.123Z'), at('2026-02-28T23:59:59.999Z')])
      expect(offsetAt('UTC', instant)).toBe(0);
  });

  it('knows quarters of an hour, and seconds where clocks followed the sun', () => {
    expect(hours('Asia/Kathmandu', '2026-01-01T00:00Z')).toBe(5.75);
    expect(hours('America/St_Johns', '2026-01-01T00:00Z')).toBe(-3.5);
    expect(offsetAt('Africa/Monrovia', at('1960-01-01T00:00Z'))).toBe(-(44 * 60 + 30) * 1000);
  });

  it('agrees with what the platform writes as GMT±hh:mm, in any zone at any time', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    const instant = fc.integer({ min: at('1990-01-01T00:00Z'), max: at('2040-01-01T00:00Z') });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, (timeZone, now) => {
        const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
        const name = format.formatToParts(now).find(({ type }) => type === 'timeZoneName')?.value ?? '';
        const [, sign = '+', hour = '0', minute = '0', second = '0'] =
          /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? [];
        const written = (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * (sign === '-' ? -1000 : 1000);
        expect(offsetAt(timeZone, now)).toBe(written || 0);
      }),
      { numRuns: 300 },
    );
  });

  it('makes one formatter for a zone, and keeps no more than 32', async () => {
    const zones = Intl.supportedValuesOf('timeZone').slice(0, 33);
    let made = 0;
    class Counted extends Intl.DateTimeFormat {
      constructor(locale: string, options: Intl.DateTimeFormatOptions) {
        super(locale, options);
        made += 1;
      }
    }
    vi.stubGlobal('Intl', { DateTimeFormat: Counted });
    vi.resetModules();
    const fresh = await import('../../src/core/zone.js');
    const madeFor = (list: readonly string[]) => {
      made = 0;
      for (const zone of list) fresh.offsetAt(zone, 0);
      return made;
    };
    expect(madeFor(zones.slice(0, 32))).toBe(32);
    expect(madeFor(zones.slice(0, 32))).toBe(0);
    expect(madeFor(zones.slice(32))).toBe(1);
    expect(madeFor(zones.slice(0, 1))).toBe(1);
    expect(madeFor(zones.slice(32))).toBe(0);
    vi.unstubAllGlobals();
  });

  it('throws for an unknown zone and for what is no time', () => {
    expect(() => offsetAt('Mars/Olympus', 0)).toThrow(RangeError);
    expect(() => offsetAt('UTC', Number.NaN)).toThrow(RangeError);
  });
});

describe('isTimeZone', () => {
  it('knows zones of the tz database, and nothing else', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Argentina/Buenos_Aires'])
      expect(isTimeZone(zone)).toBe(true);
    for (const zone of ['', 'Mars/Olympus', 'Europe/Berlin ', '__proto__']) expect(isTimeZone(zone)).toBe(false);
  });
});

describe('offsetChange', () => {
  it.each(changes)('finds the change of %s at %s from any distance', (zone, change) => {
    for (const distance of [1, 2, 1000, 86_400_000, 30 * 86_400_000])
      expect(offsetChange(zone, at(change) - distance, at(change) + distance)).toBe(at(change));
    expect(offsetChange(zone, at(change) - 1, at(change))).toBe(at(change));
  });
});

describe('instantsOf', () => {
  const range = (zone: string, wall: string) => {
    const { first, last } = instantsOf(zone, at(`${wall}Z`));
    return [new Date(first).toISOString(), new Date(last).toISOString()];
  };
  const one = (instant: string) => [new Date(instant).toISOString(), new Date(instant).toISOString()];

  it('is the one instant at which clocks show a time, on the days of a change too', () => {
    expect(range('Europe/Berlin', '2026-03-29T01:59:59.999')).toEqual(one('2026-03-29T00:59:59.999Z'));
    expect(range('Europe/Berlin', '2026-03-29T03:00')).toEqual(one('2026-03-29T01:00Z'));
    expect(range('Europe/Berlin', '2026-03-29T12:00')).toEqual(one('2026-03-29T10:00Z'));
    expect(range('Europe/Berlin', '2026-10-25T01:59')).toEqual(one('2026-10-24T23:59Z'));
    expect(range('Europe/Berlin', '2026-10-25T03:00')).toEqual(one('2026-10-25T02:00Z'));
    expect(range('America/New_York', '2026-07-04T09:00')).toEqual(one('2026-07-04T13:00Z'));
    expect(range('Pacific/Kiritimati', '2026-01-01T00:00')).toEqual(one('2025-12-31T10:00Z'));
  });

  it('is both instants of a time that clocks show twice', () => {
    expect(range('Europe/Berlin', '2026-10-25T02:00')).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
    ]);
    expect(range('America/New_York', '2026-11-01T01:30')).toEqual([
      '2026-11-01T05:30:00.000Z',
      '2026-11-01T06:30:00.000Z',
    ]);
    expect(range('Australia/Lord_Howe', '2026-04-05T01:45')).toEqual([
      '2026-04-04T14:45:00.000Z',
      '2026-04-04T15:15:00.000Z',
    ]);
    expect(range('Australia/Lord_Howe', '2026-04-05T01:29')).toEqual(one('2026-04-04T14:29Z'));
  });

  it('is the instant of the change for a time that clocks skip', () => {
    for (const wall of ['2026-03-29T02:00', '2026-03-29T02:59'])
      expect(range('Europe/Berlin', wall)).toEqual(one('2026-03-29T01:00Z'));
    expect(range('Australia/Lord_Howe', '2026-10-04T02:15')).toEqual(one('2026-10-03T15:30Z'));
    expect(range('Australia/Lord_Howe', '2026-10-04T02:30')).toEqual(one('2026-10-03T15:30Z'));
    // Samoa had no 30th of December 2011.
    expect(range('Pacific/Apia', '2011-12-30T12:00')).toEqual(one('2011-12-30T10:00Z'));
  });
});
