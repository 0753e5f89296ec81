import { describe, expect, expectTypeOf, it } from 'vitest';
import { validated } from '../../../src/analysis/validated.js';
import { validate } from '../../../src/runtime/validation/validate.js';
import { scoreDifference } from '../../../src/runtime/validation/score-difference.js';
import type { ValidationReport } from '../../../src/runtime/validation/validation-report.js';
import type { Call } from '../../../src/runtime/calls/model.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const length = (text: string) => text.length;
const golden = ['a', 'bb', 'ccc', 'dddd'].map((input) => ({ input, expected: input.length }));

describe('validate', () => {
  it('scores outputs by deep equality with what is expected, and is ok when every case is right', async () => {
    const report = await validate(length, golden);
    expect(report).toMatchObject({ ok: true, cancelled: false, score: 1, n: 4, failed: 0, failures: [] });
    expect(report.summary).toBe('score 100 % on 4 of 4 cases, of which 0 failed');
    expect('difference' in report || 'stable' in report).toBe(false);
    const objects = await validate(
      (x: number) => ({ list: [x, { y: x }] }),
      [{ input: 1, expected: { list: [1, { y: 1 }] } }],
    );
    expect(objects.ok).toBe(true);
  });

  it('is ok at the least score, and not just below', async () => {
    const off = (text: string) => (text === 'bb' ? 7 : text.length);
    expect(await validate(off, golden, { minScore: 0.75 })).toMatchObject({ ok: true, score: 0.75, failed: 1 });
    const report = await validate(off, golden, { minScore: 0.76 });
    expect(report).toMatchObject({ ok: false, score: 0.75 });
    expect(report.summary).toBe('score 75 % on 4 of 4 cases, of which 1 failed; under the least of 76 %');
    expect(report.failures).toEqual([{ name: 'case 2', input: 'bb', expected: 2, output: 7, score: 0 }]);
  });

  it('takes graded scores, and counts as failures those under passAt', async () => {
    const scores = [0, 0.49, 0.5, 1];
    const cases = scores.map((input, at) => ({ input, name: `n${at}` }));
    const scorer = async (output: number) => output;
    const report = await validate((x: number) => x, cases, { scorer, minScore: 0.4 });
    expect(report).toMatchObject({ ok: true, n: 4, failed: 2 });
    expect(report.score).toBeCloseTo((0.49 + 0.5 + 1) / 4, 12);
    expect(report.failures.map(({ name }) => name)).toEqual(['n0', 'n1']);
    expect((await validate((x: number) => x, cases, { scorer, passAt: 0.51 })).failed).toBe(3);
  });

  it('scores a call that fails 0, with its message, and a scorer that fails or gives no fraction as well', async () => {
    const broken = (text: string) => {
      if (text === 'a') throw new Error('no a');
      return text.length;
    };
    const report = await validate(broken, golden);
    expect(report).toMatchObject({ ok: false, failed: 1, score: 0.75 });
    expect(report.failures).toEqual([{ name: 'case 1', input: 'a', expected: 1, score: 0, error: 'no a' }]);
    for (const score of [-0.1, 1.1, Number.NaN]) {
      const { failures, score: mean } = await validate(length, golden.slice(0, 1), { scorer: () => score });
      expect(mean).toBe(0);
      expect(failures[0]?.error).toBe(`the scorer gave ${score}, not a fraction in [0, 1]`);
    }
    const { failures } = await validate(length, golden.slice(0, 1), {
      scorer: () => Promise.reject(new Error('no judge')),
    });
    expect(failures[0]?.error).toBe('no judge');
  });

  it('keeps so many failures and counts the rest', async () => {
    const cases = Array.from({ length: 30 }, (_, input) => ({ input, expected: -1 }));
    const wrong = (x: number) => x;
    expect(await validate(wrong, cases)).toMatchObject({ failed: 30, failures: { length: 20 } });
    expect(await validate(wrong, cases, { failuresKept: 3 })).toMatchObject({ failed: 30, failures: { length: 3 } });
    expect(await validate(wrong, cases, { failuresKept: 0 })).toMatchObject({ failed: 30, failures: [] });
  });

  it('calls objects and plain values, as a check, with the case its context', async () => {
    const calls: Call[] = [];
    const model = {
      predict(input: string, call: Call) {
        calls.push(call);
        return input.length;
      },
    };
    const context = { targetingKey: 'u', country: 'DE' };
    const [first] = golden;
    expect((await validate(model, [{ ...(first as (typeof golden)[0]), context }])).ok).toBe(true);
    expect(calls[0]).toMatchObject({ mode: 'check', context });
    expect((await validate('constant', [{ input: 0, expected: 'constant' }])).ok).toBe(true);
  });

  it('has so many cases at work at once, and tells of each that is done', async () => {
    let [atWork, most] = [0, 0];
    const clock = new ManualClock();
    const model = async (text: string) => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 10));
      atWork -= 1;
      return text.length;
    };
    const told: number[] = [];
    const cases = Array.from({ length: 10 }, () => ({ input: 'x', expected: 1 }));
    const running = validate(model, cases, {
      concurrency: 3,
      clock,
      onProgress: ({ done, total, failed }) => {
        told.push(done);
        expect([total, failed]).toEqual([10, 0]);
        throw new Error('a listener');
      },
    });
    await clock.advanceAsync(1000);
    const report = await running;
    expect(report.ok).toBe(true);
    expect(most).toBe(3);
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(report.latencyMs.p50).toBeCloseTo(10, 0);
    expect(report.latencyMs.max).toBe(10);
    expect(clock.pending).toBe(0);
  });

  it('gives each case a time limit, aborts what is late, and goes on', async () => {
    const clock = new ManualClock();
    const reasons: unknown[] = [];
    const model = (text: string, { signal }: Call) =>
      text === 'bb'
        ? new Promise<number>(() => signal.addEventListener('abort', () => reasons.push(signal.reason)))
        : text.length;
    const running = validate(model, golden, { timeoutMs: 500, clock, concurrency: 1 });
    await clock.advanceAsync(499);
    expect(reasons).toEqual([]);
    await clock.advanceAsync(1);
    const report = await running;
    expect(report).toMatchObject({ ok: false, n: 4, failed: 1, cancelled: false, latencyMs: { max: 500 } });
    expect(report.failures[0]?.error).toBe('not done within 500 ms');
    expect(reasons).toMatchObject([{ code: 'timeout' }]);
  });

  it('ends early when it is aborted, with a report of what was run, which is not ok', async () => {
    const controller = new AbortController();
    const model = (text: string) => {
      if (text === 'ccc') {
        controller.abort();
        return new Promise<number>(() => {});
      }
      return text.length;
    };
    const report = await validate(model, golden, { signal: controller.signal, concurrency: 1 });
    expect(report).toMatchObject({ ok: false, cancelled: true, n: 2, score: 1 });
    expect(report.summary).toBe('score 100 % on 2 of 4 cases, of which 0 failed; cancelled');
    const none = await validate(length, golden, { signal: AbortSignal.abort(), minScore: 0 });
    expect(none).toMatchObject({ ok: false, cancelled: true, n: 0, score: 0, latencyMs: { p50: 0, max: 0 } });
  });

  it('runs the stable model on the same cases, in turn first and second, and compares case by case', async () => {
    const order: string[] = [];
    const named =
      (name: string, wrong: number) =>
      (x: number): number => {
        order.push(`${name}${x}`);
        return x === wrong ? -1 : x;
      };
    const cases = [0, 1, 2, 3].map((input) => ({ input, expected: input }));
    const report = await validate(named('new', 1), cases, {
      stable: named('old', -5),
      concurrency: 1,
      minScore: 0,
      alpha: 0.2,
    });
    expect(order).toEqual(['new0', 'old0', 'old1', 'new1', 'new2', 'old2', 'old3', 'new3']);
    expect(report).toMatchObject({ ok: true, score: 0.75, stable: { score: 1 }, difference: { estimate: -0.25 } });
    // Differences 0, -1, 0, 0: mean -0.25, sd 0.5, standard error 0.25, t(3) at 90 % is 1.637744.
    expect(report.difference?.interval[0]).toBeCloseTo(-0.25 - 1.637744353696211 * 0.25, 9);
    expect(report.difference?.interval[1]).toBeCloseTo(-0.25 + 1.637744353696211 * 0.25, 9);
  });

  it('with a margin is ok only if the loss is shown to be smaller', async () => {
    const cases = Array.from({ length: 40 }, (_, input) => ({ input, expected: input }));
    const same = (x: number) => x;
    // 40 pairs that agree: up to 1 - 0.025^(1/40) = 8.81 % may still differ.
    const at = async (margin: number) => (await validate(same, cases, { stable: same, margin })).ok;
    expect(await at(0.09)).toBe(true);
    expect(await at(0.088)).toBe(false);
    const report = await validate(same, cases, { stable: same, margin: 0.05 });
    expect(report.summary).toContain('not shown to lose less than 5 % against the stable model');
  });

  it('refuses what it cannot run', async () => {
    await expect(validate(length, [])).rejects.toThrow('cases: must be a list of 1 to 1000000 items');
    // @ts-expect-error - the key is misspelt
    await expect(validate(length, [{ inptu: 'x' }])).rejects.toThrow('Did you mean input?');
    await expect(validate(length, golden, { minScore: 2 })).rejects.toThrow('options.minScore');
    await expect(validate(length, golden, { margin: 0.1 })).rejects.toThrow(
      'options.stable: must be given with margin',
    );
    await expect(validate(length, golden, { concurrency: 0 })).rejects.toThrow('options.concurrency');
    await expect(validate(length, golden, { timeoutMs: 0 })).rejects.toThrow('options.timeoutMs');
    // @ts-expect-error - the model takes texts
    await validate(length, [{ input: 5 }]);
    expectTypeOf(validate(length, golden)).resolves.toEqualTypeOf<ValidationReport>();
  });

  it('is what the gate `validated` runs', async () => {
    const gate = validated('golden set', () => validate(length, golden), { timeoutMs: 1000 });
    const detail = await gate.check?.run(new AbortController().signal);
    expect(detail).toEqual({ ok: true, summary: 'score 100 % on 4 of 4 cases, of which 0 failed', score: 1, n: 4 });
  });
});

describe('the difference of scores', () => {
  it('has an interval also where nothing varied, and none without cases', () => {
    expect(scoreDifference([], [], 0.05)).toBeUndefined();
    expect(scoreDifference([1], [1], 0.05)).toEqual({ estimate: 0, interval: [-(1 - 0.025), 1 - 0.025] });
    const worse = scoreDifference([0, 0], [1, 1], 0.05);
    expect(worse).toMatchObject({ estimate: -1, interval: [-1, expect.closeTo(-(0.025 ** 0.5), 12)] });
    const narrow = scoreDifference([1, 1, 1, 0], [1, 1, 1, 1], 0.5);
    const wide = scoreDifference([1, 1, 1, 0], [1, 1, 1, 1], 0.001);
    expect(wide?.interval[0]).toBe(-1);
    expect(wide?.interval[1]).toBe(1);
    expect((narrow?.interval[1] ?? 1) - (narrow?.interval[0] ?? -1)).toBeLessThan(0.5);
  });
});
