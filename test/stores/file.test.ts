import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { fileStore } from '../../src/stores/file.js';
import { storeLaws } from '../../src/testing/store-laws.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'turnout-file-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the store in files', () => {
  for (const { name, run } of storeLaws({
    create: () => fileStore({ directory: join(directory, 'made by the store') }),
    destroy: (store) => store.close?.(),
  })) {
    test(name, run);
  }
});
