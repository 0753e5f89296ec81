import { type Evidence, mergeEvidence } from '../../evidence/evidence.js';
import type { StateStore } from './store.js';

const olderReadsMax = 3;

type EvidenceStore = Pick<StateStore, 'addEvidence' | 'readEvidence'>;

/**
 * Sends this replica's evidence exactly once. One delta is under way at a time and is sent again unchanged, with the same seq, until
 * the store has it; what is counted meanwhile is summed up behind it. So a store that is down for days costs two deltas, each within
 * the limits of all evidence: what they drop is counted in it, and what a store refused afterwards is counted here.
 */
export class Outbox {
  readonly #store: EvidenceStore;
  readonly #key: string;
  readonly #newWriter: () => string;
  #writer: string;
  #seq = 0;
  #underWay: { readonly seq: number; readonly delta: Evidence } | undefined;
  #waiting: Evidence | undefined;
  #stored: { readonly evidence: Evidence; readonly lastSeq: number } | undefined;
  #lost = 0;
  #lostExposures = 0;
  /** Answers in a row that knew less of ours than we do. */
  #olderReads = 0;
  #sum: { readonly parts: readonly (Evidence | undefined)[]; readonly evidence: Evidence | undefined } | undefined;

  constructor(store: EvidenceStore, key: string, newWriter: () => string) {
    this.#store = store;
    this.#key = key;
    this.#newWriter = newWriter;
    this.#writer = newWriter();
  }

  /** Deltas that the store refused because it no longer knew their writer: what they held is lost. */
  get lost(): number {
    return this.#lost;
  }

  /** The exposures that were in them. */
  get lostExposures(): number {
    return this.#lostExposures;
  }

  /** The exposures that were taken here and that the store has not acknowledged. */
  get unsentExposures(): number {
    return exposuresIn(this.#underWay?.delta) + exposuresIn(this.#waiting);
  }

  /** True while the store has not acknowledged everything. */
  get isBehind(): boolean {
    return this.#underWay !== undefined || this.#waiting !== undefined;
  }

  put(delta: Evidence | undefined): void {
    if (delta === undefined) return;
    this.#waiting = this.#waiting === undefined ? delta : mergeEvidence(this.#waiting, delta);
  }

  /** Sends what there is. Rejects as the store does; nothing is lost then. */
  async flush(limited: <T>(work: Promise<T>) => Promise<T>): Promise<void> {
    while (this.isBehind) {
      if (this.#underWay === undefined) {
        this.#seq += 1;
        this.#underWay = { seq: this.#seq, delta: this.#waiting as Evidence };
        this.#waiting = undefined;
      }
      const sent = this.#underWay;
      const answer = await limited(this.#store.addEvidence(this.#key, this.#writer, sent.seq, sent.delta));
      if (answer === 'refused') this.#startAnew();
      else this.#acknowledge(sent.seq, sent.delta);
    }
  }

  /** Reads the sum of all replicas. */
  async read(limited: <T>(work: Promise<T>) => Promise<T>): Promise<void> {
    const stored = await limited(this.#store.readEvidence(this.#key, this.#writer));
    // An answer that was asked for before a later one may come after it: the larger seq knows more of ours. One that comes again and
    // again is no late answer: the store has forgotten the seq of a writer that was silent for long.
    const isOlder = this.#stored !== undefined && stored.lastSeq < this.#stored.lastSeq;
    this.#olderReads = isOlder ? this.#olderReads + 1 : 0;
    if (!isOlder || this.#olderReads >= olderReadsMax) this.#stored = stored;
    if (this.#underWay !== undefined && stored.lastSeq >= this.#underWay.seq) this.#underWay = undefined;
  }

  /** The evidence as this replica knows it: what is stored, and those of its own deltas that are not in it yet. */
  evidence(): Evidence | undefined {
    const parts = [this.#stored?.evidence, this.#underWay?.delta, this.#waiting];
    // Summing is not free and a tick asks often: the sum is kept until a part of it is replaced.
    if (this.#sum === undefined || parts.some((part, index) => part !== this.#sum?.parts[index])) {
      this.#sum = { parts, evidence: sumOf(parts) };
    }
    return this.#sum.evidence;
  }

  /** The store has forgotten the writer after a long silence and cannot tell a repeat from news: a new name starts anew. */
  #startAnew(): void {
    this.#lost += 1;
    this.#lostExposures += exposuresIn(this.#underWay?.delta);
    this.#underWay = undefined;
    this.#writer = this.#newWriter();
    this.#seq = 0;
    if (this.#stored !== undefined) this.#stored = { evidence: this.#stored.evidence, lastSeq: 0 };
  }

  #acknowledge(seq: number, delta: Evidence): void {
    if (this.#underWay?.seq === seq) this.#underWay = undefined;
    if ((this.#stored?.lastSeq ?? 0) >= seq) return;
    // Counted here until the next read brings it, so that a failing read does not make own evidence vanish.
    const evidence = this.#stored === undefined ? delta : mergeEvidence(this.#stored.evidence, delta);
    this.#stored = { evidence, lastSeq: seq };
  }
}

/** Over all nodes: a request that passes two of them is two. */
function exposuresIn(evidence: Evidence | undefined): number {
  const cells = (evidence?.strata ?? []).flatMap((stratum) => Object.values(stratum.cells));
  return cells.reduce((sum, { exposed }) => sum + exposed, 0);
}

function sumOf(parts: readonly (Evidence | undefined)[]): Evidence | undefined {
  return parts.reduce(
    (sum, part) => (sum === undefined || part === undefined ? (sum ?? part) : mergeEvidence(sum, part)),
    undefined,
  );
}
