import { describe, expect, it } from 'vitest';
import { type Validation, validated } from '../../src/analysis/validated.js';
import { judgedOf } from './judged.js';

const signal = new AbortController().signal;
const gateOf = (report: unknown) => validated('golden', async () => report as Validation);

describe('validated', () => {
  it('waits for its check', () => {
    const gate = gateOf({ ok: true });
    expect(gate.judge(judgedOf([]))).toEqual({
      rule: 'validated(golden)',
      outcome: 'insufficient-data',
      reason: 'the validation has not ended',
      n: 0,
    });
    expect(gate.judge(judgedOf([], { checks: { other: { ok: true, at: 1, detail: { ok: true } } } })).outcome).toBe(
      'insufficient-data',
    );
    expect(gate.check).toMatchObject({ name: 'golden', timeoutMs: 600_000 });
    expect(gate.gate && Object.isFrozen(gate) && Object.isFrozen(gate.check)).toBe(true);
  });

  it.each([
    ['pass', { ok: true, score: 0.9, n: 10, summary: 'good' }, 'good'],
    ['fail', { ok: false, score: 0.5, n: 10, summary: 'bad' }, 'bad'],
    ['cancelled', { ok: false, cancelled: true, summary: 'stopped' }, 'stopped'],
    ['pass', undefined, 'the validation passed'],
    ['pass', { ok: true }, 'the validation passed'],
    ['fail', { ok: false }, 'the validation failed'],
    ['fail', {}, 'the validation failed'],
    ['cancelled', { ok: true, cancelled: true }, 'the validation was cancelled'],
  ] as const)('says %s of %j', async (outcome, report, reason) => {
    const gate = gateOf(report);
    const detail = (await gate.check?.run(signal)) ?? null;
    const verdict = gate.judge(judgedOf([], { checks: { golden: { ok: true, at: 5, detail } } }));
    expect(verdict).toMatchObject({ outcome, reason });
    expect(verdict.n).toBe(report !== undefined && 'n' in report ? 10 : 0);
    expect(verdict.estimate).toBe(report !== undefined && 'score' in report ? report.score : undefined);
  });

  it('is in error where the check could not be run', () => {
    const ended = (detail: never) =>
      gateOf({ ok: true }).judge(judgedOf([], { checks: { golden: { ok: false, at: 5, detail } } }));
    expect(ended({ error: 'timed out' } as never)).toMatchObject({ outcome: 'error', reason: 'timed out' });
    expect(ended(null as never)).toMatchObject({ outcome: 'error', reason: 'the validation could not be run' });
  });

  it('stores what is JSON of a report, and passes the signal and a rejection on', async () => {
    const gate = gateOf({ ok: true, score: Number.NaN, n: Infinity, summary: 5, failures: [new Date(0)] });
    expect(await gate.check?.run(signal)).toEqual({ ok: true });
    let given: AbortSignal | undefined;
    const failing = validated('x', async (abort) => {
      given = abort;
      throw new Error('no file');
    });
    await expect(failing.check?.run(signal)).rejects.toThrow('no file');
    expect(given).toBe(signal);
  });

  it('refuses what it cannot run', () => {
    expect(() => validated('', async () => {})).toThrow('name: must be a text');
    expect(() => validated('x', 5 as never)).toThrow('run: must be a function');
    expect(() => validated('x', async () => {}, { timeoutMs: 0 })).toThrow(
      'options.timeoutMs: must be a number over 0',
    );
    expect(validated('x', async () => {}, { timeoutMs: 5 }).check?.timeoutMs).toBe(5);
  });
});
