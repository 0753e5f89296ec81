import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** What a model server notes of itself. */
export interface ServerNotes {
  readonly version: string;
  readonly answered: number;
  /** Requests that came while it was not ready, from the beginning of an update until it was checked. */
  readonly whileNotReady: number;
  /** Requests that were still at work here when an update began. */
  readonly cutShort: number;
}

/** A model server as a process of its own: one version in memory, replaced by `/update`, in use again after `/check`. */
const [version = 'v1', port = '0'] = process.argv.slice(2);
const state = { version, ready: version !== 'none', working: 0, trouble: 'none' };
const notes = { answered: 0, whileNotReady: 0, cutShort: 0 };

async function answer(path: string, value: string): Promise<unknown> {
  switch (path) {
    case '/predict': {
      if (!state.ready) notes.whileNotReady += 1;
      state.working += 1;
      const served = state.version;
      await wait(3 + Math.random() * 10);
      state.working -= 1;
      notes.answered += 1;
      return { version: served };
    }
    case '/update':
      state.ready = false;
      notes.cutShort += state.working;
      if (state.trouble === 'hang') await new Promise(() => {});
      await wait(20);
      state.version = value;
      return {};
    case '/check':
      if (state.trouble === 'bad' && state.version === 'v2') return { ok: false };
      state.ready = true;
      return { ok: true };
    case '/trouble':
      state.trouble = value;
      return {};
    default:
      return { version: state.version, ...notes } satisfies ServerNotes;
  }
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  void answer(pathname, searchParams.get('value') ?? '').then((body) => response.end(JSON.stringify(body)));
});
server.listen(Number(port), '127.0.0.1', () => process.send?.(server.address()));
// The test is gone: so is its server.
process.on('disconnect', () => process.exit());
