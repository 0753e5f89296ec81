import { emptyCell } from '../evidence/cell.js';
import type { Metrics } from '../evidence/metric.js';
import type { Cell, Stratum } from '../evidence/stratum.js';
import { QuantileSketch } from '../stats/sketch.js';
import { viewOf } from '../runtime/control/view.js';
import type { View } from '../strategies/strategy.js';

/** The counts of a cell, by hand. What is left out is 0; `exposed` and `units` are at least the outcomes. */
export interface CellFacts extends Partial<Omit<Cell, 'latency' | 'firstItem'>> {
  readonly latenciesMs?: readonly number[];
}

/** A stratum by hand. Default: the node `root`, epoch 1, the first minute of 1970, equal shares. */
export interface StratumFacts {
  readonly cells: Readonly<Record<string, CellFacts>>;
  readonly node?: string;
  readonly epoch?: number;
  readonly from?: number;
  readonly to?: number;
  readonly salt?: string;
  readonly shares?: Readonly<Record<string, number>>;
}

/** A cell with these counts, as the recorder would have made it. */
export function fakeCell({ latenciesMs = [], ...facts }: CellFacts = {}): Cell {
  const latency = new QuantileSketch();
  for (const ms of latenciesMs) latency.add(ms);
  const exposed = facts.exposed ?? facts.outcomes ?? 0;
  return { ...emptyCell, exposed, units: exposed, ...facts, latency: latency.toJSON() };
}

/** A stratum with these cells. */
export function fakeStratum(facts: StratumFacts): Stratum {
  const arms = Object.keys(facts.cells);
  const node = facts.node ?? 'root';
  return {
    node,
    epoch: facts.epoch ?? 1,
    from: facts.from ?? 0,
    to: facts.to ?? 60_000,
    salt: facts.salt ?? node,
    shares: facts.shares ?? Object.fromEntries(arms.map((arm) => [arm, 1 / arms.length])),
    cells: Object.fromEntries(arms.map((arm) => [arm, fakeCell(facts.cells[arm])])),
  };
}

/** What `reduce` may look at, without a router: these strata (of `node` unless they name another) at this time. */
export function fakeView(
  options: {
    readonly now?: number;
    readonly node?: string;
    readonly strata?: readonly StratumFacts[];
    readonly metrics?: Metrics;
    readonly revision?: number;
  } = {},
): View {
  const { now = 0, node = 'root', strata = [], metrics = {}, revision = 1 } = options;
  const look = {
    router: 'fake',
    revision,
    now,
    metrics,
    strata: strata.map((facts) => fakeStratum({ node, ...facts })),
  };
  return viewOf(look, node);
}
