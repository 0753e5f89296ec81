import { type FSWatcher, watch } from 'node:fs';
import type { HintConnection } from '../hints.js';
import type { RouterFolder } from './router-folder.js';

/** Hears of changes of records from the operating system, its own process's included. A channel is a router. */
export function watchRecords(folderOf: (key: string) => RouterFolder, tell: (key: string) => void): HintConnection {
  const watchers = new Map<string, FSWatcher>();
  let isClosed = false;
  const end = (key: string) => {
    watchers.get(key)?.close();
    watchers.delete(key);
  };
  return {
    subscribe: async (key) => {
      const folder = folderOf(key);
      await folder.ensure();
      if (isClosed || watchers.has(key)) return;
      const watcher = watch(folder.part('record'), { persistent: false }, () => tell(key));
      // The system may have no more watches to give, or the folder may go: then polling is all there is.
      watcher.on('error', () => end(key));
      watchers.set(key, watcher);
    },
    unsubscribe: async (key) => end(key),
    close: () => {
      isClosed = true;
      for (const key of watchers.keys()) end(key);
    },
  };
}
