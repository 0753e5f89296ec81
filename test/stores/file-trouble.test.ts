import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { emptyCell } from '../../src/evidence/cell.js';
import { emptyEvidence, type Evidence } from '../../src/evidence/evidence.js';
import { fileStore, type FileStoreOptions } from '../../src/stores/file.js';
import { recordOf } from './linear-records.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'turnout-file-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const store = (options: Partial<FileStoreOptions> = {}) => fileStore({ directory, ...options });
/** The one router's folder. */
const inside = (...path: readonly string[]) => join(directory, readdirSync(directory)[0] ?? '', ...path);
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (isTurnoutError(error) ? error : undefined),
  );
const delta = (exposed: number): Evidence => ({
  ...emptyEvidence,
  strata: [
    { node: 'r', epoch: 1, from: 0, to: 60_000, salt: 'r', shares: {}, cells: { a: { ...emptyCell, exposed } } },
  ],
});
const exposed = async (of = store()) =>
  (await of.readEvidence('r', 'w')).evidence.strata.reduce((sum, { cells }) => sum + (cells['a']?.exposed ?? 0), 0);
const day = 86_400_000;

describe('a damaged record', () => {
  beforeEach(async () => {
    await store().compareAndSet('r', undefined, recordOf(1, 'first'));
    await store().compareAndSet('r', 1, recordOf(2, 'second'));
  });

  test.each([
    ['torn', () => truncateSync(inside('record', '2'), 20)],
    ['empty', () => truncateSync(inside('record', '2'), 0)],
    ['of zeros', () => writeFileSync(inside('record', '2'), Buffer.alloc(100))],
    ['foreign JSON', () => writeFileSync(inside('record', '2'), '{"version":1}')],
    ['a list', () => writeFileSync(inside('record', '2'), '[2]')],
    ['null', () => writeFileSync(inside('record', '2'), 'null')],
  ])('that is %s is named, is left as it is, and goes away with its file', async (_, damage) => {
    damage();
    const before = readFileSync(inside('record', '2'));
    for (const call of [() => store().read('r'), () => store().compareAndSet('r', 2, recordOf(3, 'third'))]) {
      const error = await failure(call());
      expect(error?.code).toBe('state-unreadable');
      expect(error?.message).toContain(inside('record', '2'));
      expect(error?.message).toContain('move it away');
    }
    expect(readFileSync(inside('record', '2'))).toEqual(before);
    rmSync(inside('record', '2'));
    expect(await store().read('r')).toEqual(recordOf(1, 'first'));
    expect(await store().compareAndSet('r', 1, recordOf(2, 'again'))).toEqual({ ok: true });
  });
});

describe('damaged evidence', () => {
  test('of one delta is named; all others count again when it is mended', async () => {
    for (const seq of [1, 2, 3]) await store().addEvidence('r', 'w', seq, delta(seq));
    const name = readdirSync(inside('deltas')).find((file) => file.endsWith('.2')) ?? '';
    for (const damage of ['', '{"strata":', '{}']) {
      writeFileSync(inside('deltas', name), damage);
      const error = await failure(store().readEvidence('r', 'w'));
      expect([error?.code, error?.message]).toEqual(['state-unreadable', expect.stringContaining(name)]);
    }
    writeFileSync(inside('deltas', name), JSON.stringify(emptyEvidence));
    expect(await exposed()).toBe(4);
  });

  test('in the sums is named, and takes no more deltas', async () => {
    const summing = store({ sumUpEvery: 1 });
    await summing.addEvidence('r', 'w', 1, delta(1));
    await exposed(summing);
    const path = inside('evidence', '1');
    const whole = readFileSync(path, 'utf8');
    const { writers, evidence } = JSON.parse(whole) as Record<string, unknown>;
    const broken = [
      '',
      '{"form',
      '[]',
      JSON.stringify({ format: 1, evidence }),
      JSON.stringify({ format: 1, evidence, writers: { w: 1 } }),
      JSON.stringify({ format: 1, evidence, writers: { w: { seq: 0, at: 1 } } }),
      JSON.stringify({ format: 1, evidence, writers: { w: { seq: 1 } } }),
      JSON.stringify({ format: 1, evidence: {}, writers }),
    ];
    for (const damage of broken) {
      writeFileSync(path, damage);
      for (const call of [() => store().readEvidence('r', 'w'), () => store().addEvidence('r', 'v', 1, delta(1))]) {
        const error = await failure(call());
        expect([error?.code, error?.message]).toEqual(['state-unreadable', expect.stringContaining(path)]);
      }
    }
    writeFileSync(path, JSON.stringify({ format: 2, evidence, writers }));
    expect((await failure(store().readEvidence('r', 'w')))?.code).toBe('state-format');
    writeFileSync(path, whole);
    expect(await exposed()).toBe(1);
  });
});

describe('a folder of another origin', () => {
  test('without what turnout puts into it is refused, and left alone', async () => {
    await store().compareAndSet('r', undefined, recordOf(1, 'x'));
    rmSync(inside('router.json'));
    const error = await failure(store().read('r'));
    expect([error?.code, error?.message]).toEqual([
      'state-unreadable',
      expect.stringContaining("expected 'router.json'"),
    ]);
    expect((await failure(store().compareAndSet('r', 1, recordOf(2, 'y'))))?.code).toBe('state-unreadable');
    expect(readdirSync(inside('record'))).toEqual(['0', '1']);
  });

  test.each([
    ['{"format":1,"key":"other"}', 'state-unreadable'],
    ['{"format":1}', 'state-unreadable'],
    ['[]', 'state-unreadable'],
    ['{"form', 'state-unreadable'],
    ['{"format":2,"key":"r"}', 'state-format'],
  ])('that says %s of itself is refused', async (about, code) => {
    await store().compareAndSet('r', undefined, recordOf(1, 'x'));
    writeFileSync(inside('router.json'), about);
    const error = await failure(store().read('r'));
    expect([error?.code, error?.message]).toEqual([code, expect.stringContaining('router.json')]);
  });

  test('may hold other things beside the routers', async () => {
    writeFileSync(join(directory, 'README'), 'ours');
    mkdirSync(join(directory, 'a folder'));
    expect(await store().compareAndSet('r', undefined, recordOf(1, 'x'))).toEqual({ ok: true });
    expect(await store().read('r')).toEqual(recordOf(1, 'x'));
  });

  test('that is a file is a clear failure', async () => {
    writeFileSync(join(directory, 'file'), '');
    const broken = fileStore({ directory: join(directory, 'file') });
    const error = await failure(broken.compareAndSet('r', undefined, recordOf(1, 'x')));
    expect([error?.code, error?.message]).toEqual([
      'store-failed',
      expect.stringMatching(/compareAndSet of 'r'.*ENOTDIR|EEXIST/),
    ]);
  });
});

describe('the folders of routers', () => {
  test('are not made by reading', async () => {
    const reading = store({ directory: join(directory, 'new') });
    expect(await reading.read('r')).toBeUndefined();
    expect(await reading.readEvidence('r', 'w')).toEqual({ evidence: emptyEvidence, lastSeq: 0 });
    expect(await reading.history('r')).toEqual([]);
    expect(existsSync(join(directory, 'new'))).toBe(false);
  });

  test('have names that differ in more than upper and lower case, however long the name of the router is', async () => {
    const keys = ['R', 'r', '../r', '/', '.', 'r'.repeat(4000)];
    for (const key of keys) await store().compareAndSet(key, undefined, recordOf(1, key));
    for (const key of keys) expect(await store().read(key)).toEqual(recordOf(1, key));
    const names = readdirSync(directory);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(6);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]{33,73}$/);
  });

  test('are whole or not there: of many who make one at once all find the same', async () => {
    const stores = Array.from({ length: 20 }, () => store());
    const answers = await Promise.all(
      stores.map((one, index) => one.compareAndSet('r', undefined, recordOf(1, `${index}`))),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(readdirSync(directory)).toHaveLength(1);
  });
});

describe('writers', () => {
  test('are forgotten after a day of silence, counted from their last delta', async () => {
    let now = Date.now();
    const aging = store({ now: () => now });
    await aging.addEvidence('r', 'w', 1, delta(1));
    const [name = ''] = readdirSync(inside('deltas'));
    const at = statSync(inside('deltas', name)).mtimeMs;
    now = at + day + 1;
    expect((await aging.readEvidence('r', 'w')).lastSeq).toBe(0);
    expect(await aging.addEvidence('r', 'w', 2, delta(1))).toBe('refused');
    expect(await aging.addEvidence('r', 'w', 1, delta(1))).toBe('duplicate');
    expect(await exposed(aging)).toBe(1);
    now = at + day;
    expect(await aging.addEvidence('r', 'w', 2, delta(1))).toBe('added');
    expect(await exposed(aging)).toBe(2);
  });

  test('are remembered while they only read, for then they are not silent', async () => {
    let now = Date.now();
    const aging = store({ now: () => now, sumUpEvery: 3 });
    const seen = async (name: string) => (await aging.readEvidence('r', name)).lastSeq;
    await aging.addEvidence('r', 'w', 1, delta(1));
    await aging.addEvidence('r', 'silent', 1, delta(1));
    expect(await seen('w')).toBe(1);
    expect(readdirSync(inside('readers'))).toEqual([]);
    for (let half = 0; half < 6; half += 1) {
      now += day / 2 + 1000;
      expect(await seen('w')).toBe(1);
    }
    expect(readdirSync(inside('readers'))).toHaveLength(1);
    expect(await seen('silent')).toBe(0);
    expect(await aging.addEvidence('r', 'silent', 2, delta(1))).toBe('refused');
    expect(await aging.addEvidence('r', 'w', 2, delta(1))).toBe('added');
    await aging.readEvidence('r', 'w');
    // It is summed up, and after that the sums know when it last was here.
    const { writers } = JSON.parse(readFileSync(inside('evidence', '1'), 'utf8')) as { writers: object };
    expect(Object.keys(writers)).toHaveLength(2);
    expect(readdirSync(inside('readers'))).toEqual([]);
    expect(await aging.addEvidence('r', 'w', 3, delta(1))).toBe('added');
    now += 40 * day;
    for (const name of ['u', 'v']) await aging.addEvidence('r', name, 1, delta(1));
    expect(await exposed(aging)).toBe(6);
    expect(readdirSync(inside('readers'))).toEqual([]);
  });

  test('leave the sums a month after their last delta, and what they counted stays', async () => {
    let now = Date.now();
    const aging = store({ now: () => now, sumUpEvery: 1 });
    await aging.addEvidence('r', 'w', 1, delta(1));
    await exposed(aging);
    const start = now;
    const writersAfter = async (days: number, slot: number) => {
      now = start + days * day;
      await aging.addEvidence('r', `v${slot}`, 1, delta(10));
      for (const name of readdirSync(inside('deltas'))) utimesSync(inside('deltas', name), now / 1000, now / 1000);
      await exposed(aging);
      const { writers } = JSON.parse(readFileSync(inside('evidence', `${slot}`), 'utf8')) as { writers: object };
      return Object.keys(writers).length;
    };
    expect(await writersAfter(29, 2)).toBe(2);
    expect(await aging.addEvidence('r', 'w', 1, delta(1))).toBe('duplicate');
    expect(await writersAfter(31, 3)).toBe(2);
    expect(await aging.addEvidence('r', 'w', 2, delta(1))).toBe('refused');
    expect(await exposed()).toBe(21);
  });
});

describe('evidence in files', () => {
  test('is summed up at so many deltas, whose files go away', async () => {
    const summing = store({ sumUpEvery: 3 });
    for (const seq of [1, 2]) await summing.addEvidence('r', 'w', seq, delta(seq));
    expect(await exposed(summing)).toBe(3);
    expect(readdirSync(inside('deltas'))).toHaveLength(2);
    await summing.addEvidence('r', 'w', 3, delta(3));
    expect(await exposed(summing)).toBe(6);
    expect(readdirSync(inside('deltas'))).toHaveLength(0);
    expect(readdirSync(inside('evidence'))).toEqual(['0', '1']);
    expect(await exposed(summing)).toBe(6);
    expect((await summing.readEvidence('r', 'w')).lastSeq).toBe(3);
    expect(await summing.addEvidence('r', 'w', 3, delta(3))).toBe('duplicate');
    expect(await summing.addEvidence('r', 'w', 5, delta(5))).toBe('refused');
    expect(await summing.addEvidence('r', 'w', 4, delta(4))).toBe('added');
    expect(await exposed(summing)).toBe(10);
    expect(await exposed()).toBe(10);
  });

  test('is whole at every look, while others sum it up after every delta', async () => {
    const progress = { acknowledged: 0, isDone: false };
    const writer = async (name: string) => {
      const summing = store({ sumUpEvery: 1 });
      for (let seq = 1; seq <= 40; seq += 1) {
        expect(await summing.addEvidence('r', name, seq, delta(1))).toBe('added');
        progress.acknowledged += 1;
        await summing.readEvidence('r', name);
      }
    };
    const reader = async () => {
      const fresh = store();
      while (!progress.isDone) {
        const before = progress.acknowledged;
        expect(await exposed(fresh)).toBeGreaterThanOrEqual(before);
        expect(await exposed()).toBeGreaterThanOrEqual(before);
      }
    };
    const readers = Promise.all([reader(), reader()]);
    await Promise.all(['a', 'b', 'c', 'd'].map(writer));
    progress.isDone = true;
    await readers;
    expect(await exposed()).toBe(160);
    expect(readdirSync(inside('unfinished'))).toEqual([]);
  });

  test('of a delta that is put there again after it was summed up is not counted again', async () => {
    const summing = store({ sumUpEvery: 2 });
    await summing.addEvidence('r', 'w', 1, delta(1));
    const [name = ''] = readdirSync(inside('deltas'));
    const text = readFileSync(inside('deltas', name), 'utf8');
    await summing.addEvidence('r', 'w', 2, delta(1));
    await exposed(summing);
    for (const again of [name, name.replace(/1$/, '2')]) writeFileSync(inside('deltas', again), text);
    expect(await exposed(summing)).toBe(2);
    expect(await exposed()).toBe(2);
    for (const seq of [3, 4]) await summing.addEvidence('r', 'w', seq, delta(1));
    expect(await exposed(summing)).toBe(4);
    expect(readdirSync(inside('deltas'))).toEqual([]);
  });

  test('does not count what comes after a gap, or under a name that is none', async () => {
    for (const seq of [1, 2, 3]) await store().addEvidence('r', 'w', seq, delta(10 ** seq));
    const second = readdirSync(inside('deltas')).find((name) => name.endsWith('.2')) ?? '';
    const text = readFileSync(inside('deltas', second), 'utf8');
    for (const name of ['x', `${second.slice(0, -2)}.02`, `${second}.bak`]) writeFileSync(inside('deltas', name), text);
    expect(await exposed()).toBe(1110);
    rmSync(inside('deltas', second));
    expect(await exposed()).toBe(10);
  });

  test('takes no more deltas when nobody sums them up', async () => {
    const writer = store({ sumUpEvery: 1 });
    for (let seq = 1; seq <= 64; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    const error = await failure(writer.addEvidence('r', 'w', 65, delta(1)));
    expect([error?.code, error?.message]).toEqual(['store-failed', expect.stringContaining('64 deltas')]);
    expect(await exposed(writer)).toBe(64);
    expect(await writer.addEvidence('r', 'w', 65, delta(1))).toBe('added');
  });

  test('loses what killed processes left unfinished an hour later', async () => {
    const summing = store({ sumUpEvery: 1 });
    await summing.addEvidence('r', 'w', 1, delta(1));
    const now = Date.now() / 1000;
    const folder = inside();
    for (const [name, age] of [
      ['old', 3700],
      ['young', 3500],
    ] as const) {
      writeFileSync(inside('unfinished', name), '');
      utimesSync(inside('unfinished', name), now - age, now - age);
    }
    for (const [name, age] of [
      ['.new-old', 3700],
      ['.new-young', 3500],
      ['.old', 3700],
    ] as const) {
      mkdirSync(join(directory, name, 'record'), { recursive: true });
      utimesSync(join(directory, name), now - age, now - age);
    }
    await exposed(summing);
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual(['.new-young', '.old']);
    expect(readdirSync(folder, { recursive: true })).toContain(join('unfinished', 'young'));
    expect(readdirSync(folder, { recursive: true })).not.toContain(join('unfinished', 'old'));
  });
});

describe('the history in files', () => {
  const entry = { revision: 1, at: 0, replica: 'a', node: 'r', from: 'a', to: 'b', why: 'é', facts: {} };

  test('leaves out a line that was cut off, and nothing after it', async () => {
    await store().appendHistory('r', entry);
    await store().appendHistory('r', { ...entry, revision: 2 });
    truncateSync(inside('history', '0.jsonl'), statSync(inside('history', '0.jsonl')).size - 5);
    await store().appendHistory('r', { ...entry, revision: 3 });
    expect((await store().history('r')).map(({ revision }) => revision)).toEqual([1, 3]);
  });

  test('keeps two files of the size that was asked for', async () => {
    const size = Buffer.byteLength(JSON.stringify(entry)) + 1;
    const short = store({ historyBytesMax: 3 * size });
    const kept: number[][] = [];
    for (let revision = 1; revision <= 9; revision += 1) {
      await short.appendHistory('r', { ...entry, revision });
      kept.push((await short.history('r')).map((each) => each.revision));
    }
    // A file is full when it is greater than that, after four entries here.
    expect(kept[3]).toEqual([1, 2, 3, 4]);
    expect(kept[6]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(kept[7]).toEqual([5, 6, 7, 8]);
    expect(kept[8]).toEqual([5, 6, 7, 8, 9]);
    await short.appendHistory('r', entry);
    for (const revision of [11, 12]) await short.appendHistory('r', { ...entry, revision });
    expect((await short.history('r')).map(({ revision }) => revision)).toEqual([9, 1, 11, 12]);
  });
});

describe('the system', () => {
  /** In a process of its own, which ceases to be root, to whom nothing is forbidden. */
  const asNobody = (code: string) =>
    execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { encoding: 'utf8' });

  test('may forbid to write: the call says what and where', async () => {
    await store().compareAndSet('r', undefined, recordOf(1, 'x'));
    const closed = [directory, inside('unfinished')];
    for (const folder of closed) chmodSync(folder, 0o555);
    const output = asNobody(`
      const { fileStore } = await import(${JSON.stringify(new URL('../../src/stores/file.ts', import.meta.url).href)});
      if (process.getuid() === 0) process.setuid(65534);
      const store = fileStore({ directory: ${JSON.stringify(directory)} });
      const record = await store.read('r');
      const say = (error) => console.log(error.code, error.message);
      await store.compareAndSet('r', 1, { ...record, revision: 2 }).catch(say);
      await store.addEvidence('other', 'w', 1, {}).catch(say);
    `);
    for (const folder of closed) chmodSync(folder, 0o755);
    const [written, made] = output.split('\n');
    expect(written).toMatch(/^store-failed fileStore: compareAndSet of 'r' failed: EACCES.*unfinished/);
    expect(made).toMatch(/^store-failed fileStore: addEvidence of 'other' failed: EACCES/);
    expect(await store().read('r')).toEqual(recordOf(1, 'x'));
  });

  test('may have links in the way to the folder', async () => {
    mkdirSync(join(directory, 'real'));
    symlinkSync(join(directory, 'real'), join(directory, 'link'));
    await store({ directory: join(directory, 'link') }).compareAndSet('r', undefined, recordOf(1, 'x'));
    expect(await store({ directory: join(directory, 'real') }).read('r')).toEqual(recordOf(1, 'x'));
  });
});

describe('fileStore', () => {
  test.each([
    [{}, 'options.directory'],
    [{ directory: '' }, 'options.directory'],
    [{ directory: 'a', sumUpEvery: 0 }, 'options.sumUpEvery'],
    [{ directory: 'a', forgetWritersAfterMs: 0 }, 'options.forgetWritersAfterMs'],
    [{ directory: 'a', historyBytesMax: -1 }, 'options.historyBytesMax'],
    [{ directory: 'a', now: 5 }, 'options.now'],
    [{ directroy: 'a' }, 'Did you mean directory?'],
  ])('refuses %j', (options, words) => {
    expect(() => fileStore(options as FileStoreOptions)).toThrow(words);
  });
});
