import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { storeLaws } from '../../../src/testing/store-laws.js';
import { freshStore } from './fixtures.js';

let client: PGlite;
beforeAll(async () => void (client = await PGlite.create()), 60_000);
afterAll(() => client.close());

describe('the PostgreSQL store on PGlite', () => {
  for (const { name, run } of storeLaws({
    create: () => freshStore({ client }),
    destroy: (store) => store.close?.(),
  }))
    test(name, run);
});
