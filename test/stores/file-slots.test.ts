import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { Slots, slotsKept } from '../../src/stores/file/slots.js';

let folder: string;
let unfinished: string;
let slots: Slots;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-slots-'));
  unfinished = mkdtempSync(join(tmpdir(), 'turnout-unfinished-'));
  writeFileSync(join(folder, '0'), '');
  slots = new Slots(folder, unfinished);
});
afterEach(() => {
  for (const made of [folder, unfinished]) rmSync(made, { recursive: true, force: true });
});

const names = () =>
  readdirSync(folder)
    .map(Number)
    .toSorted((a, b) => a - b);
const store = (text: string) => slots.withLatest((latest) => latest.follow(text));
async function fill(until: number): Promise<void> {
  for (let slot = (await slots.latestSlot()) + 1; slot <= until; slot += 1) await store(`text ${slot}`);
}
const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (isTurnoutError(error, 'store-failed') ? error.message : String(error)),
  );

describe('a value in numbered files', () => {
  test('is the text of the greatest number, numbers being numbers', async () => {
    await fill(10);
    expect(await slots.withLatest(async ({ slot, text }) => [slot, text])).toEqual([10, 'text 10']);
  });

  test('keeps eight values, and is kept in files of their own text', async () => {
    await fill(slotsKept - 1);
    expect(names()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await fill(slotsKept);
    expect(names()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(readFileSync(join(folder, '3'), 'utf8')).toBe('text 3');
  });

  test('leaves nothing unfinished, whether it was stored or not', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => store(`text ${index}`)));
    expect(answers.filter((isStored) => isStored)).toHaveLength(Math.max(...names()));
    expect(readdirSync(unfinished)).toEqual([]);
  });

  test('is not replaced by one who read it before another stored', async () => {
    await slots.withLatest(async (latest) => {
      await fill(1);
      expect(await latest.follow('late')).toBe(false);
    });
    expect(await slots.withLatest(async ({ text }) => text)).toBe('text 1');
  });

  test('tells one who stood still for so long that its file was free again that it does not know', async () => {
    await fill(2);
    const error = await messageOf(
      slots.withLatest(async (latest) => {
        await fill(2 + slotsKept + 1);
        return latest.follow('late');
      }),
    );
    expect(error).toContain('unknown');
    expect(await slots.withLatest(async ({ text }) => text)).toBe(`text ${2 + slotsKept + 1}`);
  });

  test('is not fooled by what another one who stood still has put in the place of the file that it read', async () => {
    await fill(1);
    const error = await messageOf(
      slots.withLatest(async (first) => {
        await fill(2);
        return slots.withLatest(async (second) => {
          await fill(20);
          // The first makes file 2 again, which the second has read, and then the second makes file 3 again.
          expect(await messageOf(first.follow('ghost'))).toContain('unknown');
          return second.follow('late');
        });
      }),
    );
    expect(error).toContain('unknown');
    await fill(21);
    expect(names()).toEqual([14, 15, 16, 17, 18, 19, 20, 21]);
  });

  test('says what is missing when its files are gone', async () => {
    for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
    await expect(slots.latestSlot()).rejects.toThrow(`${folder}: expected files named 0, 1, 2`);
  });

  test('is looked for again when the file is gone that was there, but not for ever', async () => {
    symlinkSync(join(folder, 'nowhere'), join(folder, '99'));
    expect(await messageOf(slots.withLatest(async ({ text }) => text))).toContain('changes faster than it can be read');
  });

  test('does not mind what else lies there', async () => {
    await fill(1);
    for (const name of ['2.bak', '.3', '04', 'x', '1e3', '-7']) writeFileSync(join(folder, name), 'foreign');
    expect(await slots.latestSlot()).toBe(1);
    await fill(12);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['2.bak', '.3', '04', 'x', '1e3', '-7']));
  });
});
