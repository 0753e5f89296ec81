import { measureOf } from '../../analysis/measure.js';
import type { Metrics } from '../../evidence/metric.js';
import { armsOf } from '../../evidence/fold.js';
import type { Stratum } from '../../evidence/stratum.js';
import type { HistoryEntry } from '../control/store.js';
import type { NodeStatus, RouterStatus } from '../status.js';
import { type ArmReport, armReport } from './arm-report.js';
import { type ComparisonReport, comparisonReport } from './comparison-report.js';

/** An interval of constant shares. */
export type EpochReport = {
  readonly epoch: number;
  /** When it was first counted, ms since 1970; `null` once its evidence is folded. */
  readonly from: number | null;
  readonly to: number;
  readonly shares: Readonly<Record<string, number>>;
  readonly exposed: Readonly<Record<string, number>>;
};

/** What is known of one node: where it stands, what was counted, and how its arms compare. */
export interface NodeReport extends Omit<NodeStatus<string>, 'children'> {
  /** In the order of the plan, the control last, then arms that are gone. */
  readonly arms: readonly ArmReport[];
  readonly comparisons: readonly ComparisonReport[];
  /** Oldest first. */
  readonly epochs: readonly EpochReport[];
  /** The decisions of this node that the record still holds, each with the verdicts it was made by. */
  readonly history: readonly HistoryEntry[];
}

/** A roll-out or experiment as data: plain JSON, to be stored, drawn or sent. */
export interface RolloutReport {
  readonly format: 1;
  readonly name: string;
  readonly at: number;
  readonly revision: number;
  readonly stale: boolean;
  /** The root first, every node before those below it. */
  readonly nodes: readonly NodeReport[];
  readonly counters: Readonly<Record<string, number>>;
}

/** What a report is made of: a router is one. */
export interface Reportable {
  readonly metrics: Metrics;
  status(): RouterStatus<string>;
  evidence(): { readonly at: number; readonly strata: readonly Stratum[] };
}

const alwaysMeasured = ['error', 'latency', 'mismatch'];

/**
 * Everything that is known of a router's roll-outs: arms, estimates, intervals, decisions and the evidence for each. Pure.
 *
 * It covers all attempts that the evidence still holds; what a guardrail judged, its own attempt alone, is in the verdicts.
 */
export function reportOf(router: Reportable): RolloutReport {
  const { name, revision, stale, root, history, counters } = router.status();
  const { at, strata } = router.evidence();
  const nodes = flat(root).map((node) => {
    const ofNode = strata.filter((stratum) => stratum.node === node.node);
    return nodeReport(node, ofNode, router.metrics, at, history);
  });
  return { format: 1, name, at, revision, stale, nodes, counters };
}

function flat(node: NodeStatus<string>): readonly NodeStatus<string>[] {
  return [node, ...node.children.flatMap(flat)];
}

function nodeReport(
  { children: _, ...status }: NodeStatus<string>,
  strata: readonly Stratum[],
  metrics: Metrics,
  now: number,
  history: readonly HistoryEntry[],
): NodeReport {
  const newest = strata.at(-1);
  const inPlan = newest === undefined ? Object.keys(status.shares) : armsOf(newest);
  const arms = [...new Set([...inPlan, ...strata.flatMap(({ cells }) => Object.keys(cells))])];
  const control = newest === undefined ? undefined : inPlan.at(-1);
  const measures = [...alwaysMeasured, ...Object.keys(metrics)].flatMap((name) => measureOf(metrics, name) ?? []);
  return {
    ...status,
    arms: arms.map((arm) => armReport(arm, status.shares[arm] ?? null, strata, metrics, now)),
    comparisons: arms
      .filter((arm) => control !== undefined && arm !== control)
      .flatMap((arm) => measures.flatMap((measure) => compared(arm, control as string, measure))),
    epochs: epochsOf(strata),
    history: history.filter(({ node }) => node === status.node),
  };

  function compared(arm: string, against: string, measure: (typeof measures)[number]): readonly ComparisonReport[] {
    const report = comparisonReport({ now, strata, metrics, arm, control: against }, against, measure);
    return report === undefined || (report.n === 0 && report.controlN === 0) ? [] : [report];
  }
}

function epochsOf(strata: readonly Stratum[]): readonly EpochReport[] {
  const epochs = [...new Set(strata.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  return epochs.map((epoch) => {
    const of = strata.filter((stratum) => stratum.epoch === epoch);
    const from = Math.min(...of.map((stratum) => stratum.from));
    const exposed: Record<string, number> = {};
    for (const { cells } of of) {
      for (const [arm, cell] of Object.entries(cells)) exposed[arm] = (exposed[arm] ?? 0) + cell.exposed;
    }
    return {
      epoch,
      from: from < 0 ? null : from,
      to: Math.max(...of.map(({ to }) => to)),
      shares: of[0]?.shares ?? {},
      exposed,
    };
  });
}
