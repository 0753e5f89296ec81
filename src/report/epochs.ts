import type { EpochReport, NodeReport } from '../runtime/reporting/rollout-report.js';
import type { ExposuresData } from './pictures/exposures.js';
import type { Pulls } from './regret.js';
import type { SharesData } from './pictures/shares.js';

/** An epoch with the moment that it began, as exactly as the report knows it. */
interface Dated extends EpochReport {
  readonly began: number;
}

/** A piece of the time that is known, for what came before it. */
const piece = 0.08;

/** True where the evidence of the first epoch is folded, and no decision that is still known opened it. */
export function isBegunUnknown({ epochs: [first], history }: Pick<NodeReport, 'epochs' | 'history'>): boolean {
  return first !== undefined && first.from === null && !history.some(({ revision }) => revision === first.epoch);
}

/** Dates the epochs of a node: by the decision that opened each, else by its first bucket, else by the end of the one before. */
export function datedEpochs(node: NodeReport): readonly Dated[] {
  const { epochs, history, comparisons } = node;
  const openedAt = new Map(history.map(({ revision, at }) => [revision, at]));
  const known = [
    ...history.map(({ at }) => at),
    ...comparisons.flatMap(({ series }) => series.map(({ at }) => at)),
    ...epochs.flatMap(({ from, to }) => [from ?? to, to]),
  ];
  const first = Math.min(...known);
  const earliest = isBegunUnknown(node) ? first - piece * (Math.max(...known) - first) : first;
  let before = earliest;
  return epochs.map((epoch, index) => {
    const began =
      openedAt.get(epoch.epoch) ?? epoch.from ?? (index === 0 ? earliest : (epochs[index - 1]?.to ?? before));
    // Buckets of two epochs overlap where one ended within them.
    before = Math.max(before, began);
    return { ...epoch, began: before };
  });
}

/** The shares of a node over time; of one that counts nothing itself, such as a pipeline, by its moves from arm to arm. */
export function sharesOf(epochs: readonly Dated[], { shares, history }: NodeReport, until: number): SharesData {
  if (epochs.length > 0)
    return { time: 'utc', until, points: epochs.map(({ began, shares: of }) => ({ at: began, shares: of })) };
  const moves = history.filter(({ from, to }) => from !== to && from in shares && to in shares);
  const [first] = moves;
  if (first === undefined) return { time: 'utc', until, points: [] };
  const all = (active: string) =>
    Object.fromEntries(Object.keys(shares).map((arm) => [arm, arm === active ? 1 : 0] as const));
  const start = { at: first.at - piece * (until - first.at), shares: all(first.from) };
  return { time: 'utc', until, points: [start, ...moves.map(({ at, to }) => ({ at, shares: all(to) }))] };
}

/** Exposures added up by the ends of epochs. */
export function exposuresOf(epochs: readonly Dated[], arms: readonly string[], until: number): ExposuresData {
  const [first] = epochs;
  if (first === undefined) return { time: 'utc', points: [] };
  const sums: Record<string, number> = Object.fromEntries(arms.map((arm) => [arm, 0]));
  const points: ExposuresData['points'][number][] = [{ at: first.began, counts: { ...sums } }];
  for (const [index, { exposed }] of epochs.entries()) {
    for (const arm of arms) sums[arm] = (sums[arm] ?? 0) + (exposed[arm] ?? 0);
    points.push({ at: epochs[index + 1]?.began ?? until, counts: { ...sums } });
  }
  return { time: 'utc', points };
}

/** The same as pulls of a bandit. */
export function pullsOf({ points }: ExposuresData): readonly Pulls[] {
  return points.map(({ at, counts }) => ({ at, exposed: counts }));
}
