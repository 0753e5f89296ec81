import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileStore } from '../../src/stores/file.js';
import { deltasOf, recordIsLinearizable, revisionsWritten, Workers } from './linear-processes.js';

let directory: string;
let workers: Workers;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'turnout-file-'));
  workers = new Workers();
  await workers.prepare();
});
afterEach(async () => {
  await workers.remove();
  rmSync(directory, { recursive: true, force: true });
});

const crew = (count: number, rounds: number) =>
  Array.from({ length: count }, () => ({ store: { directory }, rounds, sumUpEvery: 16 }));

describe('the store in files, shared by processes', () => {
  test('gives each revision to one process, and counts every delta once', async () => {
    workers.start(crew(8, 40));
    await workers.done();
    expect(workers.exitCodes).toEqual(Array.from({ length: 8 }, () => 0));
    const { lines } = workers;
    const revisions = revisionsWritten(lines);
    expect(revisions).toEqual(revisions.map((_, index) => index + 1));
    expect(recordIsLinearizable(lines)).toBe(true);
    const { evidence } = await fileStore({ directory }).readEvidence('shared', 'nobody');
    for (const { acknowledged, stored, money } of deltasOf(lines, evidence)) {
      expect([acknowledged, stored, money]).toEqual([40, 40, 20]);
    }
  }, 120_000);

  test('goes on when processes are killed at any point, and loses nothing that was acknowledged', async () => {
    workers.start(crew(6, 60));
    for (const [worker, lines] of [20, 55, 90].entries()) {
      await workers.reaches(worker, lines);
      await workers.kill(worker);
      workers.start(crew(1, 40));
    }
    await workers.done();
    const { lines, exitCodes } = workers;
    expect(exitCodes.filter((code) => code === 0)).toHaveLength(6);
    expect(recordIsLinearizable(lines)).toBe(true);
    const { evidence } = await fileStore({ directory }).readEvidence('shared', 'nobody');
    for (const { acknowledged, sent, stored, money } of deltasOf(lines, evidence)) {
      expect(stored).toBeGreaterThanOrEqual(acknowledged);
      expect(stored).toBeLessThanOrEqual(sent);
      expect(money).toBe(stored / 2);
    }
  }, 120_000);
});
