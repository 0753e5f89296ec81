import { type RolloutRecord, recordFormat } from '../../src/runtime/control/store.js';

/** A record that can be told from every other one by its state. */
export function recordOf(revision: number, token: string): RolloutRecord {
  return {
    format: recordFormat,
    revision,
    nodes: { shared: 'a1' },
    state: token,
    history: [],
    updatedAt: revision,
    updatedBy: token,
  };
}
