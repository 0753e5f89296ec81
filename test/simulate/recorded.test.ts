import { describe, expect, test } from 'vitest';
import { RecordedSource } from '../../src/simulate/recorded.js';
import { simulate } from '../../src/simulate/simulate.js';
import { Canary } from '../../src/strategies/canary.js';

const line = (at: number, outcomes: object = { v1: {} }, unit = `u${at}`) =>
  JSON.stringify({ at, context: { targetingKey: unit }, outcomes });

async function* slowly(lines: readonly string[]): AsyncGenerator<string> {
  for (const one of lines) {
    await Promise.resolve();
    yield one;
  }
}

describe('recorded lines', () => {
  test.each([
    ['a text', `${line(5000)}\n\n${line(5000)}\n${line(5010)}\n`],
    ['a list', [line(5000), '  ', line(5000), line(5010)]],
    ['an async iterable', slowly([line(5000), line(5000), line(5010)])],
  ])('are read from %s, in ms since the first', async (_, lines) => {
    const source = new RecordedSource({ lines });
    expect(source.isDry).toBe(true);
    await source.fill();
    expect(source.startMs).toBe(5000);
    const taken = [source.take(), source.take(), source.take()];
    expect(taken.map(({ atMs }) => atMs)).toEqual([0, 0, 10]);
    expect(taken[2]).toEqual({ atMs: 10, context: { targetingKey: 'u5010' }, outcomes: { v1: {} } });
    expect([source.nextMs, source.isDry]).toEqual([Infinity, false]);
  });

  test('are read ahead in parts, and none is lost between them', async () => {
    const lines = Array.from({ length: 10_000 }, (_, at) => line(at));
    const source = new RecordedSource({ lines: slowly(lines) });
    const times: number[] = [];
    let fills = 0;
    while (times.length < 10_000) {
      if (source.isDry) {
        await source.fill();
        fills += 1;
      }
      expect(source.nextMs).toBe(times.length);
      times.push(source.take().atMs);
    }
    expect(fills).toBe(3);
    expect(times).toEqual(Array.from(times.keys()));
  });

  test('are kept when more is read before they are taken', async () => {
    const source = new RecordedSource({ lines: Array.from({ length: 5000 }, (_, at) => line(at)) });
    await source.fill();
    expect(source.take().atMs).toBe(0);
    await source.fill();
    expect(source.take().atMs).toBe(1);
  });

  test('may be none at all', async () => {
    const source = new RecordedSource({ lines: '' });
    await source.fill();
    expect([source.startMs, source.nextMs, source.isDry]).toEqual([undefined, Infinity, false]);
  });

  test('may leave out context and outcomes', async () => {
    const source = new RecordedSource({ lines: '{"at":7}' });
    await source.fill();
    expect(source.take()).toEqual({ atMs: 0, context: {}, outcomes: {} });
  });

  test.each([
    ['{', 'traffic.lines[1]'],
    ['7', 'traffic.lines[1]'],
    ['{}', 'traffic.lines[1].at'],
    ['{"at":-1}', 'traffic.lines[1].at'],
    ['{"at":9e15}', 'traffic.lines[1].at'],
    ['{"at":4999}', 'traffic.lines[1].at'],
    ['{"at":5000,"context":7}', 'traffic.lines[1].context'],
    ['{"at":5000,"outcomes":[]}', 'traffic.lines[1].outcomes'],
    ['{"at":5000,"outcomes":{"v1":true}}', 'traffic.lines[1].outcomes.v1'],
  ])('that are wrong are refused with their place: %s', async (wrong, path) => {
    const reading = new RecordedSource({ lines: [line(5000), wrong] }).fill();
    await expect(reading).rejects.toMatchObject({ code: 'config', issues: [{ path }] });
  });
});

const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, hold: true }] });

describe('recorded traffic', () => {
  test('is replayed with the outcomes it has, until its end and one look more', async () => {
    const lines = Array.from({ length: 400 }, (_, index) =>
      line(1_800_000_000_000 + index * 100, {
        v1: { error: index % 4 === 0, latencyMs: 10 },
        v2: { error: true, latencyMs: 20, afterMs: 5 },
      }),
    );
    const result = await simulate({ strategy, traffic: { lines } });
    expect(result.startMs).toBe(1_800_000_000_000);
    expect(result.requests).toEqual({ served: 400, lost: 0, unmatched: 0 });
    expect(result.ranMs).toBe(49_900);
    const [v1, v2] = [result.models['v1'], result.models['v2']];
    expect(v2?.errors).toBe(v2?.exposed);
    expect((v1?.exposed ?? 0) + (v2?.exposed ?? 0)).toBe(400);
    expect(v1?.latencyMs.mean).toBe(10);
    expect(result.status.shares).toEqual({ candidate: 0.5, baseline: 0.5 });
    // Nothing is known of what the reference would have done on average.
    expect(v2?.harm).toBeUndefined();
  });

  test('leaves out requests whose model has no outcome, and takes what models says where it says something', async () => {
    const lines = Array.from({ length: 400 }, (_, index) => line(1000 + index, { v1: { latencyMs: 10 } }));
    const unmatched = await simulate({ strategy, traffic: { lines } });
    expect(unmatched.models['v2']).toBeUndefined();
    const { served, unmatched: left } = unmatched.requests;
    expect(served + left).toBe(400);
    expect(served).toBe(unmatched.models['v1']?.exposed);
    expect(Math.abs(left - 200)).toBeLessThan(60);
    const models = { v2: { latencyMs: 30 } };
    const matched = await simulate({ strategy, models, traffic: { lines } });
    expect(matched.requests).toEqual({ served: 400, lost: 0, unmatched: 0 });
    expect(matched.models['v2']?.latencyMs.mean).toBe(30);
    expect(matched.models['v2']?.exposed).toBe(left);
  });

  test('says where it is wrong', async () => {
    const running = simulate({ strategy, traffic: { lines: 'oh' } });
    await expect(running).rejects.toThrow("traffic.lines[0]: must be JSON (was 'oh').");
  });

  test('may be none', async () => {
    const result = await simulate({ strategy, traffic: { lines: [] } });
    expect([result.requests.served, result.ticks]).toEqual([0, 1]);
  });
});
