import type { Json } from '../core/json.js';
import type { NodeStatus } from '../runtime/status.js';
import type { RouterEvents } from '../runtime/router-events.js';
import type { Sample, ShareSeries, SimulationResult, TimelineEntry, VerdictSeries } from './result.js';
import { Series } from './series.js';
import type { TallyBook } from './tally.js';

const entriesMax = 10_000;
const pointsMax = 250;
const seriesMax = 1000;

type VerdictPoint = VerdictSeries['points'][number];
type SharePoint = ShareSeries['points'][number];
type Settled = NonNullable<SimulationResult['settled']>;

/** Writes down what a router told and showed, in bounded memory. */
export class Logbook {
  readonly #book: TallyBook;
  readonly #timeline: TimelineEntry[] = [];
  readonly #alerts: { readonly atMs: number; readonly node?: string; readonly why: string }[] = [];
  readonly #verdicts = new Map<
    string,
    { readonly node: string; readonly rule: string; readonly series: Series<VerdictPoint> }
  >();
  readonly #shares = new Map<string, { readonly text: string; readonly series: Series<SharePoint> }>();
  readonly #samples = new Series<Sample>(pointsMax);
  #dropped = 0;
  #settled: Settled | undefined;

  constructor(book: TallyBook) {
    this.#book = book;
  }

  transition(atMs: number, { node, from, to, why, facts }: RouterEvents<string>['transition']): void {
    if (!(this.#timeline.length < entriesMax)) {
      this.#dropped += 1;
      return;
    }
    this.#timeline.push({ atMs, node, from, to, why, facts: plain(facts), arms: this.#book.countsOf(node) });
  }

  alert(atMs: number, { node, why }: { readonly node?: string; readonly why: string }): void {
    if (this.#alerts.length < entriesMax) this.#alerts.push({ atMs, ...(node !== undefined && { node }), why });
    else this.#dropped += 1;
  }

  /** Writes down what a tick has shown. */
  look(atMs: number, root: NodeStatus<string>): void {
    this.#lookAt(atMs, root);
    const { settled } = root;
    if (settled === undefined) this.#settled = undefined;
    else if (this.#settled?.as !== settled) this.#settled = { as: settled, atMs };
  }

  sample(atMs: number, requests: number): void {
    const arms: Record<string, Sample['arms'][string]> = {};
    for (const node of this.#shares.keys()) arms[node] = this.#book.countsOf(node);
    this.#samples.add({ atMs, requests, arms });
  }

  /** How the root stands since the last look. */
  get settled(): Settled | undefined {
    return this.#settled;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get pages(): Pick<SimulationResult, 'timeline' | 'alerts' | 'verdicts' | 'shares' | 'samples'> {
    return {
      timeline: this.#timeline,
      alerts: this.#alerts,
      verdicts: Array.from(this.#verdicts.values(), ({ node, rule, series }) => ({
        node,
        rule,
        points: series.points,
      })),
      shares: Array.from(this.#shares, ([node, { series }]) => ({ node, points: series.points })),
      samples: this.#samples.points,
    };
  }

  #lookAt(atMs: number, status: NodeStatus<string>): void {
    const { node, verdicts, shares, children } = status;
    for (const { rule, ...verdict } of verdicts) this.#verdictsOf(node, rule)?.add({ atMs, ...verdict });
    const text = JSON.stringify(shares);
    const known = this.#shares.get(node);
    if (known?.text !== text && (known !== undefined || this.#shares.size < seriesMax)) {
      const series = known?.series ?? new Series<SharePoint>(pointsMax);
      series.add({ atMs, shares });
      this.#shares.set(node, { text, series });
    }
    for (const child of children) this.#lookAt(atMs, child);
  }

  #verdictsOf(node: string, rule: string): Series<VerdictPoint> | undefined {
    const key = `${node}\n${rule}`;
    let entry = this.#verdicts.get(key);
    if (entry === undefined && this.#verdicts.size < seriesMax) {
      const series = new Series<VerdictPoint>(pointsMax, (point, before) => point.outcome !== before.outcome);
      entry = { node, rule, series };
      this.#verdicts.set(key, entry);
    }
    return entry?.series;
  }
}

function plain(facts: unknown): Readonly<Record<string, Json>> {
  return JSON.parse(JSON.stringify(facts ?? {})) as Readonly<Record<string, Json>>;
}
