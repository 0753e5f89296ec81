import { type RolloutReport, type Verdict, createRouter, reportOf, seededRng } from 'turnout';
import { ManualClock } from 'turnout/testing';
import { Fleet } from './fleet.js';
import { historiesOf } from './histories.js';
import { metrics, releasePlan } from './plan.js';
import { type Candidate, type List, type Recommenders, trained } from './recommenders.js';
import { type Item, shopOf } from './shop.js';
import { type Tally, Traffic, add, emptyTally } from './traffic.js';

const hourMs = 3_600_000;
/** A Monday. */
const start = Date.UTC(2026, 0, 5);
export const pastShoppers = 5000;
const servers = ['server-1', 'server-2', 'server-3', 'server-4'];

export interface ReleaseOptions {
  readonly seed: number;
  readonly candidate: Candidate;
  readonly visitsPerHour: number;
  /** The fraction of the shoppers in the canary group. */
  readonly group: number;
  /** The release is given up after so many days. */
  readonly mostDays: number;
  /** Turns the flag off in the middle of the test: after so many hours of that stage, for so many hours. */
  readonly alarm?: { readonly afterHours: number; readonly hours: number };
}

/** Something that the router told, in hours from the start. */
export interface ReleaseEvent {
  readonly hour: number;
  readonly node: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
  readonly verdicts: readonly Verdict[];
  /** New shares of a bandit. */
  readonly shares?: Readonly<Record<string, number>>;
}

/** A stage of the release as it was, in hours from the start: what each model did, and what the router told. */
export interface StageStory {
  readonly stage: string;
  readonly fromHour: number;
  toHour: number;
  readonly tallies: Record<string, Tally>;
  readonly events: ReleaseEvent[];
}

/** All that is told of a release. */
export interface Story {
  readonly candidate: Candidate;
  readonly stages: readonly StageStory[];
  readonly outcome: 'promoted' | 'rolled-back' | 'unfinished';
  /** What everybody gets in the end. */
  readonly stable: keyof Recommenders;
  readonly visits: number;
  readonly mirrored: number;
}

/** A release from its first day to its end, on a clock that moves from visit to visit. */
export class Release {
  readonly #options: ReleaseOptions;
  readonly #clock = new ManualClock(start);
  readonly #traffic: Traffic;
  readonly #models: Recommenders;
  readonly #isSellable: (list: unknown) => boolean;
  readonly #router;
  readonly #stages: StageStory[] = [];
  /** Purchases that are still to be made, by the hour they are made in. */
  readonly #purchases = new Map<number, { readonly token: string; readonly revenue: number }[]>();
  #visits = 0;
  #report: RolloutReport | undefined;

  constructor(options: ReleaseOptions) {
    const { seed, candidate, visitsPerHour, group } = options;
    const shop = shopOf(seed);
    this.#options = options;
    this.#traffic = new Traffic(shop, seed, start, visitsPerHour);
    this.#models = trained(shop, historiesOf(this.#traffic.shoppers, pastShoppers), seed, candidate);
    this.#isSellable = (list) =>
      Array.isArray(list) && list.length > 0 && list.every((item: number) => (shop.items[item] as Item).inStock);
    const fleet = new Fleet(servers, 'together', this.#models, this.#clock);
    this.#router = createRouter({
      name: 'shop',
      models: {
        'best-sellers': fleet.model('best-sellers'),
        together: fleet.model('together'),
        factors: fleet.model('factors'),
        premium: fleet.model('premium'),
        luxury: fleet.model('luxury'),
      },
      metrics,
      strategy: releasePlan({ group, fleet, isSellable: this.#isSellable }),
      clock: this.#clock,
      rng: seededRng(seed),
      // Weeks pass in seconds: the looks are taken by hand, one for each hour of the shop.
      tickEveryMs: false,
      bucketMs: 6 * hourMs,
      // Nobody comes twice within a stage: each visit is an observation of its own, and the tests are exact.
      visits: 'one',
      // This clock runs on while the store is asked; by the default of five seconds it would be late each time.
      storeTimeoutMs: hourMs,
      mirrors: { queue: 1000 },
    });
  }

  /** Runs until the plan has come to its end, one way or the other. */
  async run(): Promise<Story> {
    const router = this.#router;
    this.#begin(this.#active);
    router.on('transition', ({ node, from = '', to = '', why, facts }) => {
      const { verdicts = [], shares } = (facts ?? {}) as Partial<Pick<ReleaseEvent, 'verdicts' | 'shares'>>;
      const event = { hour: this.#hour, node, from, to, why, verdicts };
      this.#now.events.push(shares === undefined ? event : { ...event, shares });
      // The move itself is the last thing that is told of the stage before.
      if (node === this.#pipeline.node && this.#active !== this.#now.stage) this.#begin(this.#active);
    });
    while (this.#pipeline.settled === undefined && this.#hour < this.#options.mostDays * 24) await this.#anHour();
    const { settled = 'unfinished', stable } = this.#pipeline;
    const mirrored = router.status().counters['mirrored'] ?? 0;
    this.#now.toHour = this.#hour;
    this.#report = reportOf(router);
    await router.close();
    const { candidate } = this.#options;
    return { candidate, stages: this.#stages, outcome: settled, stable, visits: this.#visits, mirrored };
  }

  /** All that the router knew at the end; nothing before there is one. */
  get report(): RolloutReport | undefined {
    return this.#report;
  }

  /** How many of the same visits the model would have shown something that cannot be bought. */
  unsellable(model: keyof Recommenders): number {
    let count = 0;
    for (let visit = 0; visit < this.#visits; visit += 1) {
      if (!this.#isSellable(this.#models[model](this.#traffic.shopperOf(visit)))) count += 1;
    }
    return count;
  }

  /** What the same visits would have come to with each of these models for everybody, except who has opted out. */
  whatIf<const Names extends readonly (keyof Recommenders)[]>(...models: Names): { [K in keyof Names]: Tally } {
    const tallies = models.map(emptyTally);
    for (let visit = 0; visit < this.#visits; visit += 1) {
      const shopper = this.#traffic.shopperOf(visit);
      models.forEach((model, index) => {
        const recommend = this.#models[shopper.personal ? model : 'best-sellers'];
        add(tallies[index] as Tally, this.#traffic.purchaseOf(visit, shopper, recommend(shopper)));
      });
    }
    return tallies as { [K in keyof Names]: Tally };
  }

  get #pipeline() {
    const { root } = this.#router.status();
    const [pipeline = root] = root.children;
    return pipeline;
  }

  get #active(): string {
    const [stage = ''] = Object.entries(this.#pipeline.shares).find(([, share]) => share === 1) ?? [];
    return stage;
  }

  get #hour(): number {
    return Math.round((this.#clock.now() - start) / hourMs);
  }

  get #now(): StageStory {
    return this.#stages.at(-1) as StageStory;
  }

  #begin(stage: string): void {
    const last = this.#stages.at(-1);
    if (last !== undefined) last.toHour = this.#hour;
    this.#stages.push({ stage, fromHour: this.#hour, toHour: this.#hour, tallies: {}, events: [] });
  }

  /** Visits, the purchases that come due, and one look at the evidence. */
  async #anHour(): Promise<void> {
    const { visitsPerHour } = this.#options;
    const hour = this.#hour;
    await this.#alarm(hour - this.#now.fromHour);
    for (let visit = 0; visit < visitsPerHour; visit += 1) {
      await this.#aVisit(hour);
      this.#clock.advance(hourMs / visitsPerHour);
    }
    for (const { token, revenue } of this.#purchases.get(hour) ?? []) {
      this.#router.report(token, { converted: true, revenue });
    }
    this.#purchases.delete(hour);
    // Shadows and tasks that have begun end here.
    await this.#clock.advanceAsync(0);
    await this.#router.tick();
  }

  async #alarm(hoursInStage: number): Promise<void> {
    const { alarm } = this.#options;
    if (alarm === undefined || this.#now.stage !== 'test') return;
    const by = 'the one on call';
    if (hoursInStage === alarm.afterHours) await this.#router.rollback('a complaint about a list', { by });
    if (hoursInStage === alarm.afterHours + alarm.hours) await this.#router.resume({ by });
  }

  async #aVisit(hour: number): Promise<void> {
    const visit = this.#visits;
    this.#visits += 1;
    const shopper = this.#traffic.shopperOf(visit);
    const { key, personal, bought } = shopper;
    const { output, model, decision } = await this.#router.predict({ bought }, { targetingKey: key, personal });
    const purchase = this.#traffic.purchaseOf(visit, shopper, output as List);
    add((this.#now.tallies[model] ??= emptyTally()), purchase);
    if (!purchase.isPurchase) return;
    // All that the checkout knows of the recommendation is the token that came with it.
    const due = hour + purchase.delayHours;
    const sold = { token: decision.token, revenue: purchase.revenue };
    const purchases = this.#purchases.get(due);
    if (purchases === undefined) this.#purchases.set(due, [sold]);
    else purchases.push(sold);
  }
}
