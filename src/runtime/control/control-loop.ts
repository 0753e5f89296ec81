import { TurnoutError, messageOf } from '../../core/errors.js';
import type { Json } from '../../core/json.js';
import type { Evidence } from '../../evidence/evidence.js';
import type { Metrics } from '../../evidence/metric.js';
import { reservedShare } from '../../stats/alpha-ledger.js';
import { rootScope } from '../../strategies/scope.js';
import type { Command, NodeVerdicts, Signal, Transition } from '../../strategies/strategy.js';
import { flapping } from './flapping.js';
import type { Stored } from './record-keeper.js';
import type { RolloutRecord } from './store.js';
import { StoreLink, type StoreLinkOptions } from './store-link.js';
import { UnstoredRollbacks } from './unstored-rollbacks.js';
import { viewOf } from './view.js';

/** What became of a command. */
export interface Answer {
  readonly accepted: boolean;
  readonly reason?: string;
}

/** The state that requests are served by now. */
export interface InForce {
  readonly state: Json;
  readonly revision: number;
  /** False under a rollback that the store does not know yet: what is served then is no exposure. */
  readonly isStored: boolean;
}

export interface ControlLoopOptions extends Omit<StoreLinkOptions, 'onRecord'> {
  /** The store belongs to this router alone, so that the first state is in force before anything is read. */
  readonly isPrivate: boolean;
  readonly metrics: Metrics;
  /** How many replicas there are at most, of which each may have to judge alone. */
  readonly replicas: number;
  adopt(force: InForce): void;
}

const writesMax = 5;
const accepted: Answer = { accepted: true };

/**
 * Moves the state of one router in step with all replicas, without a leader. Two rules make that safe: the state in force is the
 * stored state with this replica's unstored rollbacks on top; and what shrinks a candidate acts at once and is stored after, what
 * grows it acts only once stored. Whatever the store does, requests never wait for it.
 */
export class ControlLoop {
  readonly #options: ControlLoopOptions;
  readonly #link: StoreLink;
  readonly #unstored = new UnstoredRollbacks((state, command, stored) => this.#reduce(state, command, stored));
  #queue: Promise<unknown> = Promise.resolve();
  #looks: ReadonlyMap<string, NodeVerdicts> = new Map();

  constructor(options: ControlLoopOptions) {
    this.#options = options;
    this.#link = new StoreLink({ ...options, onRecord: () => this.#adopt() });
    if (options.isPrivate) this.#link.startAlone();
    else this.#link.recall();
  }

  /** The last record read or written. */
  get record(): RolloutRecord | undefined {
    return this.#link.stored?.record;
  }

  /** The state in force; undefined before the first read of a shared store. */
  get state(): Json | undefined {
    const { stored } = this.#link;
    return stored && this.#unstored.on(stored).state;
  }

  /** False while nothing but what this replica knew before it started is known. */
  get isRead(): boolean {
    return this.#options.isPrivate || this.#link.isRead;
  }

  /** Since when the store has failed, ms since 1970; undefined while it answers. */
  get failingSince(): number | undefined {
    return this.#link.failingSince;
  }

  get pendingRollbacks(): number {
    return this.#unstored.all.length;
  }

  counters(): Readonly<Record<string, number>> {
    return this.#link.counters();
  }

  /** What guardrails and gates said at the last tick, by node. */
  get looks(): ReadonlyMap<string, NodeVerdicts> {
    return this.#looks;
  }

  /** All evidence known here. */
  get evidence(): Evidence | undefined {
    return this.#link.evidence;
  }

  /** Reads the record, or creates it. Resolves to false if the store did not let us. */
  start(): Promise<boolean> {
    return this.#inTurn(() => this.#link.read());
  }

  /**
   * One round: read, send and read evidence, judge, and store what follows. Never rejects. A `patient` one spares a store that has
   * failed, and judges by what is known here.
   */
  tick(patient = false): Promise<void> {
    return this.#inTurn(async () => {
      await this.#link.exchange(patient);
      if (this.#link.stored !== undefined) await this.#apply({ type: 'tick' });
    });
  }

  /** Carries out an order. A rollback is in force when this returns its promise; everything else once it is stored. */
  command(command: Command): Promise<Answer> {
    if (command.type !== 'rollback') return this.signal(command);
    this.#unstored.addAwaited(command);
    this.#adopt();
    return this.#inTurn(async () => {
      const isRead = await this.#link.read();
      this.#unstored.answered(command);
      const { stored } = this.#link;
      if (stored === undefined) return { accepted: true, reason: 'it takes effect once the store answers' };
      const refused = this.#unstored.on(stored).refusals.get(command);
      const answer = await this.#apply(undefined);
      if (refused !== undefined && isRead) return { accepted: false, reason: refused };
      if (!isRead) return { accepted: true, reason: 'in force here, but not stored: the store does not answer' };
      return answer.accepted ? answer : { accepted: true, reason: `in force here, but not stored: ${answer.reason}` };
    });
  }

  /** Hands a signal to the strategy and stores what follows. */
  signal(signal: Signal): Promise<Answer> {
    return this.#inTurn(async () => {
      const isRead = await this.#link.read();
      return isRead ? this.#apply(signal) : { accepted: false, reason: 'the store does not answer' };
    });
  }

  /** The time that all replicas share as far as this one knows it, ms since 1970. */
  get now(): number {
    return this.#link.now();
  }

  /** Sends the last evidence. Resolves to false if the store did not take it. */
  close(): Promise<boolean> {
    return this.#inTurn(() => this.#link.sendEvidence(true));
  }

  /** Sends what was counted after `close`, if anything was. */
  sendRest(): Promise<void> {
    return this.#inTurn(() => this.#link.sendRest());
  }

  /** One thing at a time, in the order they came. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => work().finally(() => this.#link.archive()));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  #adopt(): void {
    const { stored } = this.#link;
    if (stored === undefined) return;
    const { state } = this.#unstored.on(stored);
    this.#options.adopt({ state, revision: stored.record.revision, isStored: state === stored.state });
  }

  /** A strategy that throws changes nothing: the last good plan stays. */
  #reduce(state: Json, signal: Signal, { record }: Stored): Transition<Json> {
    const { strategy, router, metrics, instance } = this.#options;
    const revision = record.revision + 1;
    const strata = this.#link.evidence?.strata ?? [];
    const look = { router, revision, now: this.#link.now(), metrics, strata, alphaShare: this.#alphaShare() };
    const view = viewOf(look, router);
    try {
      return strategy.reduce(state, signal, view, rootScope(router, revision, instance));
    } catch (error) {
      this.#options.onError(error, 'reduce');
      return { state, notices: [], refused: `the strategy failed: ${messageOf(error)}` };
    }
  }

  /** Replicas that are cut off look at different evidence, each for itself: they share a tenth of alpha, which is kept for that. */
  #alphaShare(): number {
    const { isPrivate, replicas } = this.#options;
    if (isPrivate) return 1;
    return this.#link.isFresh ? 1 - reservedShare : reservedShare / replicas;
  }

  /** Reduces on the newest state and stores what follows, again from the start if another replica was faster. */
  async #apply(signal: Signal | undefined): Promise<Answer> {
    for (let write = 0; write < writesMax; write += 1) {
      const stored = this.#link.stored as Stored;
      const { state, notices, refused } = this.#next(stored, signal);
      const answer = refused === undefined ? accepted : { accepted: false, reason: refused };
      if (state === stored.state) {
        if (this.#link.isFresh) this.#unstored.removeUnawaited();
        return answer;
      }
      const included = this.#unstored.all;
      const outcome = await this.#link.write(stored, state, notices);
      if (outcome === undefined) return { accepted: false, reason: 'the store does not answer' };
      if (outcome === 'conflict') continue;
      this.#unstored.remove(included);
      // What the last tick saw was seen of the state before.
      if (signal?.type !== 'tick') this.#looks = new Map();
      this.#adopt();
      return answer;
    }
    return { accepted: false, reason: `other replicas were faster ${writesMax} times in a row` };
  }

  /** The state to store: the one in force, what the signal makes of it, and the rollbacks that this asks for, which act at once. */
  #next(stored: Stored, signal: Signal | undefined): Transition<Json> {
    const below = this.#unstored.on(stored);
    if (signal === undefined) return below;
    const transition = this.#reduce(below.state, signal, stored);
    if (signal.type === 'tick') {
      this.#looks = new Map(transition.verdicts?.map((look) => [look.node, look]));
      const why = flapping(stored.record.history, transition.notices, this.#link.now());
      if (why !== undefined && transition.urgent === undefined) {
        this.#options.onError(new TurnoutError('state-format', why), 'change');
        return below;
      }
    }
    const notices = [...below.notices, ...transition.notices];
    let { state } = transition;
    for (const command of transition.urgent ?? []) {
      const rolledBack = this.#reduce(state, command, stored);
      state = rolledBack.state;
      notices.push(...rolledBack.notices);
    }
    if (transition.urgent !== undefined) {
      this.#unstored.add(transition.urgent);
      this.#adopt();
    }
    return { ...transition, state, notices };
  }
}
