import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../../src/core/errors.js';
import { alertMark, boundedHistory, entriesOf, nextRecord, parseRecord } from '../../../src/runtime/control/record.js';
import { type HistoryEntry, type RolloutRecord, recordFormat } from '../../../src/runtime/control/store.js';
import type { Notice } from '../../../src/strategies/strategy.js';

const record: RolloutRecord = {
  format: recordFormat,
  revision: 3,
  nodes: { r: 'a' },
  state: { x: 1 },
  history: [],
  updatedAt: 5,
  updatedBy: 'a',
};
const entry = (revision: number, why = 'because'): HistoryEntry => ({
  revision,
  at: 1,
  replica: 'a',
  node: 'r',
  from: 'x',
  to: 'y',
  why,
  facts: {},
});
const transition: Notice = { type: 'transition', node: 'r', data: { from: 'x', to: 'y', why: 'because', share: 0.5 } };

const codeOf = (json: unknown) => {
  try {
    parseRecord(json as RolloutRecord);
    return 'read';
  } catch (error) {
    return isTurnoutError(error) ? error.code : 'another error';
  }
};

describe('a stored record', () => {
  test('is read when it is whole', () => {
    expect(parseRecord({ ...record, history: [entry(2)] })).toMatchObject({ revision: 3 });
  });

  test('of another format is refused as such, before anything else in it is looked at', () => {
    for (const format of [0, 2, '1', undefined]) expect(codeOf({ ...record, format })).toBe('state-format');
    expect(codeOf({ format: 2 })).toBe('state-format');
    expect(codeOf(null)).toBe('state-format');
    expect(() => parseRecord({ ...record, format: 2 })).toThrow(/has format 2, and this version of turnout reads 1/);
  });

  test.each([
    ['revision', -1],
    ['revision', 1.5],
    ['nodes', null],
    ['nodes', { r: 1 }],
    ['history', {}],
    ['history', [{}]],
    ['history', [{ ...entry(1), replica: '' }]],
    ['updatedBy', 7],
    ['history', [{ ...entry(1), alert: { id: 'a', kind: 'k' } }]],
  ])('with a bad %s is refused', (key, value) => {
    expect(codeOf({ ...record, [key]: value })).toBe('state-unreadable');
  });

  test('is read with keys that a later version of turnout has put in it', () => {
    const alert = { id: 'a', kind: 'k', severity: 'info' as const, page: 'x' };
    const later = {
      ...record,
      region: 'eu',
      history: [
        { ...entry(2), trace: 'x' },
        { ...entry(3), alert },
      ],
    };
    expect(parseRecord(later)).toEqual(later);
    const { record: next } = nextRecord(later, { state: 1, notices: [], nodes: {} }, 9, 'b');
    // What was said of an entry goes on to be true; what was said of the state does not.
    expect(next.history).toEqual(later.history);
    expect(next).not.toHaveProperty('region');
  });

  test('grows by one revision, with the transitions and alerts of the change in its history', () => {
    const alert: Notice = { type: 'alert', node: 'r', data: { why: 'odd', n: 1 } };
    const change = { state: { x: 2 }, notices: [transition, alert], nodes: { r: 'b' } };
    const { record: next, entries } = nextRecord(record, change, 9, 'b');
    const mark = { id: 'r@4:alert', kind: 'alert', severity: 'warning' };
    const stamp = { revision: 4, at: 9, replica: 'b', node: 'r' };
    expect(entries).toEqual(next.history);
    expect(next).toEqual({
      format: recordFormat,
      revision: 4,
      nodes: { r: 'b' },
      state: { x: 2 },
      history: [
        { ...stamp, from: 'x', to: 'y', why: 'because', facts: { share: 0.5 } },
        { ...stamp, from: '', to: '', why: 'odd', alert: mark, facts: { n: 1 } },
      ],
      updatedAt: 9,
      updatedBy: 'b',
    });
  });

  test('marks an alert by where, when, what and about what', () => {
    const data = { alert: 'held', severity: 'critical', rule: 'maxErrorRate(0.02)', why: 'so', attempt: 2 };
    const [first] = entriesOf([{ type: 'alert', node: 'r/a', data }], { revision: 7, at: 2, replica: 'a' });
    expect(first?.alert).toEqual({ id: 'r/a@7:held:maxErrorRate(0.02)', kind: 'held', severity: 'critical' });
    expect(first?.facts).toEqual({ rule: 'maxErrorRate(0.02)', attempt: 2 });
  });

  test.each([undefined, '', 3, null])('an alert of the kind %s is still one', (kind) => {
    expect(alertMark('r@1', kind, 'loud', 4)).toEqual({ id: 'r@1:alert', kind: 'alert', severity: 'warning' });
  });

  test('keeps the id of an alert short enough for its receivers', () => {
    expect(alertMark('r@1', 'held', 'info', 'x'.repeat(999)).id).toHaveLength(255);
  });

  test('refuses an alert of an unknown severity', () => {
    const alert = { id: 'r@1:held', kind: 'held', severity: 'info' };
    expect(codeOf({ ...record, history: [{ ...entry(1), alert }] })).toBe('read');
    expect(codeOf({ ...record, history: [{ ...entry(1), alert: { ...alert, severity: 'loud' } }] })).toBe(
      'state-unreadable',
    );
  });

  test('takes transitions without from and to', () => {
    const [first] = entriesOf([{ type: 'transition', node: 'r', data: { why: 'so' } }], {
      revision: 1,
      at: 2,
      replica: 'a',
    });
    expect(first).toMatchObject({ from: '', to: '', why: 'so' });
  });
});

describe('the history of a record', () => {
  test('keeps the newest 100 entries in their order', () => {
    const entries = Array.from({ length: 130 }, (_, index) => entry(index));
    expect(boundedHistory(entries).map(({ revision }) => revision)).toEqual(
      entries.slice(30).map(({ revision }) => revision),
    );
    expect(boundedHistory(entries.slice(0, 100))).toEqual(entries.slice(0, 100));
  });

  test('keeps what fits into 64 kB, and always the newest entry', () => {
    const large = Array.from({ length: 10 }, (_, index) => entry(index, 'x'.repeat(10_000)));
    const kept = boundedHistory(large);
    expect(kept.map(({ revision }) => revision)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(boundedHistory([entry(1), entry(2, 'x'.repeat(100_000))]).map(({ revision }) => revision)).toEqual([2]);
  });
});
