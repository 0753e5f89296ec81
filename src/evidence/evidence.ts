import { addStrata, fold, folded } from './fold.js';
import type { Cell, Stratum } from './stratum.js';

/** What the limits of evidence cost so far. Everything here is 0 in a roll-out of any usual size. */
export type Dropped = {
  /** Exposures, outcomes and reports of the oldest epochs, which were forgotten. */
  readonly exposed: number;
  readonly outcomes: number;
  readonly reports: number;
  /** Strata that were folded before their windows had closed. */
  readonly foldedEarly: number;
};

/** Sums of what was counted: a delta on its way to the store, and all that a store has added up. A `type`, since it is stored. */
export type Evidence = {
  /** In the order of node, epoch and bucket. */
  readonly strata: readonly Stratum[];
  /** Time buckets that end by then (ms since 1970) are closed, and their strata folded. */
  readonly foldBefore: number;
  readonly dropped: Dropped;
};

/** The epochs that are kept of one node, and in all; the newest stay, since epochs are numbered by the record's revision. */
export const epochsPerNodeMax = 64;
export const epochsMax = 4096;
/** The strata that are kept unfolded; beyond that the oldest are folded early. */
export const liveStrataMax = 2048;

export const emptyEvidence: Evidence = Object.freeze({
  strata: [],
  foldBefore: 0,
  dropped: { exposed: 0, outcomes: 0, reports: 0, foldedEarly: 0 },
});

/**
 * All that `a` and `b` hold, in canonical form: equal evidence is equal JSON. The order of merges does not matter, up to the
 * rounding of sums, and but for two things. The score sums of a bucket that is added after it was folded are its own, as if it
 * were one more stratum, which is valid and only a little less sharp. And `dropped` counts what happened on the way.
 */
export function mergeEvidence(a: Evidence, b: Evidence): Evidence {
  return canonical([...a.strata, ...b.strata], Math.max(a.foldBefore, b.foldBefore), {
    exposed: a.dropped.exposed + b.dropped.exposed,
    outcomes: a.dropped.outcomes + b.dropped.outcomes,
    reports: a.dropped.reports + b.dropped.reports,
    foldedEarly: a.dropped.foldedEarly + b.dropped.foldedEarly,
  });
}

/** Evidence of any strata in any order: sums those that belong together, folds what is closed, and keeps the limits. */
export function canonical(strata: readonly Stratum[], foldBefore: number, dropped: Dropped): Evidence {
  const { kept, forgotten } = newestEpochs(collect(strata));
  const closed = Math.max(foldBefore, earlyFold(kept, foldBefore));
  // Sorted before sums are made, so that they are rounded alike whichever operand came first; folded strata come out in place.
  const ordered = [...kept].sort(byPlace);
  const early = kept.filter(({ from, to }) => from !== folded && to > foldBefore && to <= closed).length;
  return {
    strata: collect(ordered.map((stratum) => (stratum.to <= closed ? fold(stratum) : stratum))),
    foldBefore: closed,
    dropped: withForgotten({ ...dropped, foldedEarly: dropped.foldedEarly + early }, forgotten),
  };
}

/** One stratum per node, epoch and bucket. Buckets of different widths stay apart; all folded ones of an epoch are one. */
function collect(strata: readonly Stratum[]): Stratum[] {
  const places = new Map<string, Stratum>();
  for (const stratum of strata) {
    const { node, epoch, from, to } = stratum;
    const place = `${epoch} ${from} ${from === folded ? folded : to} ${node}`;
    const before = places.get(place);
    places.set(place, before === undefined ? stratum : addStrata(before, stratum));
  }
  return [...places.values()];
}

function newestEpochs(strata: readonly Stratum[]): { kept: readonly Stratum[]; forgotten: readonly Stratum[] } {
  const epochs = new Map<string, Set<number>>();
  for (const { node, epoch } of strata) {
    const known = epochs.get(node);
    if (known) known.add(epoch);
    else epochs.set(node, new Set([epoch]));
  }
  const newest = [...epochs].flatMap(([node, known]) =>
    [...known]
      .sort((a, b) => b - a)
      .slice(0, epochsPerNodeMax)
      .map((epoch) => ({ node, epoch })),
  );
  newest.sort((a, b) => b.epoch - a.epoch || compareText(a.node, b.node));
  const places = new Set(newest.slice(0, epochsMax).map(({ node, epoch }) => `${epoch} ${node}`));
  const isKept = ({ node, epoch }: Stratum) => places.has(`${epoch} ${node}`);
  return { kept: strata.filter(isKept), forgotten: strata.filter((stratum) => !isKept(stratum)) };
}

/** The end of the newest bucket that has to be folded so that no more than the limit stay live. */
function earlyFold(strata: readonly Stratum[], foldBefore: number): number {
  const live = strata.filter(({ from, to }) => from !== folded && to > foldBefore).map(({ to }) => to);
  live.sort((a, b) => b - a);
  return live[liveStrataMax] ?? 0;
}

function withForgotten(dropped: Dropped, forgotten: readonly Stratum[]): Dropped {
  const cells = forgotten.flatMap((stratum) => Object.values(stratum.cells));
  const sum = (of: (cell: Cell) => number) => cells.reduce((total, cell) => total + of(cell), 0);
  return {
    ...dropped,
    exposed: dropped.exposed + sum((cell) => cell.exposed),
    outcomes: dropped.outcomes + sum((cell) => cell.outcomes),
    reports: dropped.reports + sum((cell) => Object.values(cell.metrics).reduce((total, { n }) => total + n, 0)),
  };
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function byPlace(a: Stratum, b: Stratum): number {
  return compareText(a.node, b.node) || a.epoch - b.epoch || a.from - b.from || a.to - b.to;
}
