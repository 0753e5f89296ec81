import type { LogLine } from './fleet-log.js';
import type { Run } from './fleet.js';

type Of<K extends LogLine['kind']> = Extract<LogLine, { readonly kind: K }>;

/** The lines of a kind that a run noted. */
export function noted<K extends LogLine['kind']>(run: Run, kind: K): readonly (Of<K> & { readonly at: number })[] {
  return run.lines.filter((line): line is Of<K> & { readonly at: number } => line.kind === kind);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

type Delta = { readonly writer: string; readonly seq: number; readonly reports: number };
const keyOf = ({ writer, seq }: Delta) => `${writer} ${seq}`;
/** A delta that was sent, or answered, more than once is one. */
const inAll = (deltas: readonly Delta[]) =>
  sum([...new Map(deltas.map((delta) => [keyOf(delta), delta.reports])).values()]);

/** What became of the reports of one run. */
export function reportsOf(run: Run) {
  const answers = noted(run, 'taken');
  return {
    served: sum(noted(run, 'served').map(({ reports }) => reports)),
    sent: inAll(noted(run, 'sent')),
    /** With what was refused. */
    answered: inAll(answers),
    acknowledged: inAll(answers.filter(({ answer }) => answer !== 'refused')),
    refused: inAll(answers.filter(({ answer }) => answer === 'refused')),
  };
}

/** The reports that a server took which was started, empty, at that time. */
export function addedSince(run: Run, at: number): number {
  const since = new Set(
    noted(run, 'sent')
      .filter((delta) => delta.at > at)
      .map(keyOf),
  );
  return inAll(noted(run, 'taken').filter((delta) => since.has(keyOf(delta)) && delta.answer !== 'refused'));
}

/** The candidate's share that each revision was stored with, by whoever wrote it; and who was told that it was the writer. */
export function writesOf(runs: readonly Run[]) {
  const attempts = runs.flatMap((run) => noted(run, 'write').map((write) => ({ ...write, run })));
  const won = runs.flatMap((run) =>
    noted(run, 'written')
      .filter(({ ok }) => ok)
      .map((write) => ({ ...write, run })),
  );
  return { attempts, won };
}

/**
 * Plans that were served with a larger share of the candidate than any record of their revision could have: a promotion by a replica
 * that has no word of the store for it.
 */
export function servedTooMuch(runs: readonly Run[]): readonly string[] {
  const { attempts } = writesOf(runs);
  return runs.flatMap((run) =>
    noted(run, 'serves').flatMap(({ share, revision, unstored }) => {
      const stored = attempts.filter((write) => write.revision === revision).map((write) => write.share);
      const most = Math.max(0, ...stored);
      return share <= most
        ? []
        : [`worker ${run.worker}: ${share} at revision ${revision} (${unstored} unstored), stored: ${stored}`];
    }),
  );
}

/** The history entries that were told, with how often. */
export function toldOf(runs: readonly Run[]): ReadonlyMap<string, number> {
  const told = new Map<string, number>();
  for (const { revision, replica, what } of runs.flatMap((run) => noted(run, 'told'))) {
    const key = `${revision} ${replica} ${what}`;
    told.set(key, (told.get(key) ?? 0) + 1);
  }
  return told;
}
