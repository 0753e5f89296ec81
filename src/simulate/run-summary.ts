import type { ArmCounts, HarmResult, SimulationResult } from './result.js';

/** One stage of a node in one run: from one transition to the next. */
export type StepSummary = {
  readonly node: string;
  /** Where the node stood. */
  readonly name: string;
  /** Where it went; undefined if it stood there at the end. */
  readonly to?: string;
  readonly forMs: number;
  /** Requests of arms that led to the reference, and of all others. */
  readonly control: number;
  readonly treated: number;
};

/** What a rehearsal keeps of a run. */
export type RunSummary = {
  readonly seed: number;
  readonly ended: 'promoted' | 'rolled-back' | 'undecided';
  /** When it was settled, or how long it ran, ms since the start. */
  readonly afterMs: number;
  readonly requests: number;
  /** Requests, and different units, that any model but the reference was assigned to. */
  readonly exposed: number;
  readonly units: number;
  readonly harm: HarmResult;
  /** Means per request of the reference: what harm is held against. */
  readonly normal: { readonly errorRate: number; readonly metrics: Readonly<Record<string, number>> };
  /** Why the root is where it is. */
  readonly why?: string;
  readonly waitingFor: readonly string[];
  readonly steps: readonly StepSummary[];
};

/** Cuts a run down to what a rehearsal adds up. */
export function summaryOf(result: SimulationResult): RunSummary {
  const { seed, settled, ranMs, reference, models, requests, status } = result;
  const others = Object.entries(models).flatMap(([name, model]) => (name === reference ? [] : [model]));
  const sum = (of: (model: (typeof others)[number]) => number) => others.reduce((total, one) => total + of(one), 0);
  const metrics = new Set(others.flatMap(({ harm }) => Object.keys(harm?.lost ?? {})));
  const why = result.timeline.findLast(({ node }) => node === status.node)?.why;
  return {
    seed,
    ended: settled?.as ?? 'undecided',
    afterMs: settled?.atMs ?? ranMs,
    requests: requests.served,
    exposed: sum(({ exposed }) => exposed),
    units: sum(({ units }) => units),
    harm: {
      excessErrors: sum(({ harm }) => harm?.excessErrors ?? 0),
      extraLatencyMs: sum(({ harm }) => harm?.extraLatencyMs ?? 0),
      lost: Object.fromEntries([...metrics].map((name) => [name, sum(({ harm }) => harm?.lost[name] ?? 0)])),
    },
    normal: normalOf(models[reference]),
    ...(why !== undefined && { why }),
    waitingFor: status.waitingFor,
    steps: stepsOf(result),
  };
}

function normalOf(model: ArmCounts | undefined): RunSummary['normal'] {
  const n = Math.max(1, model?.exposed ?? 0);
  const means = Object.entries(model?.metrics ?? {}).map(([name, { sum }]) => [name, sum / n] as const);
  return { errorRate: (model?.errors ?? 0) / n, metrics: Object.fromEntries(means) };
}

/** The ways of all nodes, each cut at its transitions. */
function stepsOf({ timeline, arms, reference, ranMs }: SimulationResult): readonly StepSummary[] {
  const control = new Set(
    arms.filter(({ models }) => models.includes(reference)).map(({ node, arm }) => `${node}\n${arm}`),
  );
  const countsOf = (node: string, of: Readonly<Record<string, { readonly exposed: number }>>) => {
    const counts = { control: 0, treated: 0 };
    for (const [arm, { exposed }] of Object.entries(of)) {
      counts[control.has(`${node}\n${arm}`) ? 'control' : 'treated'] += exposed;
    }
    return counts;
  };
  return [...new Set(timeline.map(({ node }) => node))].flatMap((node) => {
    const entries = timeline.filter((entry) => entry.node === node);
    const last = entries.at(-1);
    const own = Object.fromEntries(arms.filter((arm) => arm.node === node).map((arm) => [arm.arm, arm]));
    const cuts = [
      ...entries.map((entry) => ({ atMs: entry.atMs, name: entry.from, to: entry.to, of: countsOf(node, entry.arms) })),
      { atMs: ranMs, name: last?.to ?? '', to: undefined, of: countsOf(node, own) },
    ];
    return cuts.map(({ atMs, name, to, of }, index): StepSummary => {
      const before = cuts[index - 1] ?? { atMs: 0, of: { control: 0, treated: 0 } };
      return {
        node,
        name,
        ...(to !== undefined && { to }),
        forMs: atMs - before.atMs,
        control: of.control - before.of.control,
        treated: of.treated - before.of.treated,
      };
    });
  });
}
