import { type Evidence, canonical, emptyEvidence } from '../../../src/evidence/evidence.js';
import { emptyCell } from '../../../src/evidence/cell.js';
import { type HistoryEntry, type RolloutRecord, recordFormat } from '../../../src/runtime/control/store.js';
import { type PostgresStore, type PostgresStoreOptions, postgresStore } from '../../../src/stores/postgres.js';

export const recordOf = (revision: number, state: RolloutRecord['state'] = { revision }): RolloutRecord => ({
  format: recordFormat,
  revision,
  nodes: { ranker: 'a1' },
  state,
  history: [],
  updatedAt: 1_000 + revision,
  updatedBy: 'replica-1',
});

const hourMs = 3_600_000;

/** What one replica counted of a canary in one hour: so many exposures, an error in each tenth of them. */
export const deltaOf = (exposed: number, { hour = 0, epoch = 1, foldBefore = 0 } = {}): Evidence => {
  const stratum = {
    node: 'ranker',
    epoch,
    from: hour * hourMs,
    to: (hour + 1) * hourMs,
    salt: 'ranker',
    shares: { candidate: 0.5, baseline: 0.5 },
    arms: ['candidate', 'baseline'],
    cells: {
      candidate: { ...emptyCell, exposed, outcomes: exposed, errors: Math.floor(exposed / 10) },
      baseline: { ...emptyCell, exposed, outcomes: exposed, errors: Math.floor(exposed / 20) },
    },
  };
  return canonical([stratum], foldBefore, emptyEvidence.dropped);
};

export const exposedIn = ({ strata }: Evidence): number =>
  strata.reduce((sum, { cells }) => sum + (cells['candidate']?.exposed ?? 0), 0);

export const entryOf = (revision: number): HistoryEntry => ({
  revision,
  at: 1_000 + revision,
  replica: 'replica-1',
  node: 'ranker',
  from: '1%',
  to: '5%',
  why: 'the stage passed',
  facts: {},
});

let made = 0;

/** A store with tables of its own, so that many fit into one database. */
export async function freshStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  made += 1;
  const store = postgresStore({ prefix: `t${made}_`, ...options });
  await store.migrate();
  return store;
}
