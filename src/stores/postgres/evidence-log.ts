import { type Evidence, emptyEvidence, mergeEvidence } from '../../evidence/evidence.js';
import { parseEvidence } from '../../evidence/parse-evidence.js';
import { parseStored } from '../call.js';
import type { Run } from './connection.js';
import type { EvidenceStatements } from './evidence-statements.js';
import { columnText } from './names.js';

/** The sum of all deltas up to a place in the log. */
interface Sum {
  readonly position: number;
  /** Of all deltas up to there: a server that came back with less, or was emptied, has others at this position. */
  readonly digest: string;
  readonly evidence: Evidence;
}

const nothing: Sum = { position: 0, digest: '', evidence: emptyEvidence };
/** A log that should have been summed up by another replica is summed up by whoever sees it, at this multiple. */
const overdue = 4;

/**
 * The evidence of one router: a total, and a log of the deltas since. Adding appends a delta, however much there is already; reading
 * fetches the deltas after those that this process has read. All readers merge the same deltas in the same order, and so come to the same
 * sum to the last bit; one of them stores it as the total now and then, so that neither the log nor a first reading grows.
 */
export class EvidenceLog {
  readonly #run: Run;
  readonly #statements: EvidenceStatements;
  readonly #key: string;
  readonly #sumUpEvery: number;
  #sum: Sum = nothing;
  /** It was this process that filled the log, so that it is this one that sums it up. */
  #isDue = false;

  constructor(run: Run, statements: EvidenceStatements, key: string, sumUpEvery: number) {
    this.#run = run;
    this.#statements = statements;
    this.#key = key;
    this.#sumUpEvery = sumUpEvery;
  }

  async add(writer: string, seq: number, delta: Evidence): Promise<'added' | 'duplicate' | 'refused'> {
    const { addFirst, addNext } = this.#statements;
    const values = [columnText(this.#key), columnText(writer), String(seq), JSON.stringify(delta)];
    const rows = await this.#run(`addEvidence of '${this.#key}'`, seq === 1 ? addFirst : addNext, values);
    const [position = null, known = null, isFresh = null] = rows[0] ?? [];
    if (position === null) return isRepeat(seq, known, isFresh === 'true') ? 'duplicate' : 'refused';
    if (Number(position) % this.#sumUpEvery === 0) this.#isDue = true;
    return 'added';
  }

  async read(writer: string): Promise<{ readonly evidence: Evidence; readonly lastSeq: number }> {
    const before = this.#sum;
    const values = [columnText(this.#key), columnText(writer), before.digest, String(before.position)];
    const [row] = await this.#run(`readEvidence of '${this.#key}'`, this.#statements.read, values);
    if (row === undefined) return { evidence: emptyEvidence, lastSeq: 0 };
    const [digest, position, totalPosition, follows, total = null, deltas, seq] = row;
    const start = follows === 'true' ? before.evidence : this.#parsed(total, 'the total');
    const added = this.#list(deltas ?? '').map((delta) => parseEvidence(delta));
    const evidence = added.reduce(mergeEvidence, start);
    const sum = { position: Number(position), digest: String(digest), evidence };
    // Of two readings at once the earlier one may come last; then the next one fetches again what this one forgets.
    this.#sum = sum;
    if (this.#isDue || sum.position - Number(totalPosition) >= overdue * this.#sumUpEvery) await this.#sumUp(sum);
    return { evidence, lastSeq: Number(seq ?? 0) };
  }

  async #sumUp({ position, digest, evidence }: Sum): Promise<void> {
    // First of all, so that a failure is told once; whoever adds the next delta that is due tries again.
    this.#isDue = false;
    const values = [columnText(this.#key), digest, String(position), JSON.stringify(evidence)];
    await this.#run(`summing up the evidence of '${this.#key}'`, this.#statements.total, values);
  }

  #parsed(text: string | null, what: string): Evidence {
    return text === null ? emptyEvidence : parseEvidence(parseStored(text, `PostgreSQL: ${what} of '${this.#key}'`));
  }

  #list(text: string): readonly unknown[] {
    // A list, since it was put together as one.
    return parseStored(`[${text}]`, `PostgreSQL: the deltas of '${this.#key}'`) as readonly unknown[];
  }
}

/** A delta that was not added: it is a repeat if it was added before, or if a twin of it is what raced it. */
function isRepeat(seq: number, known: string | null, isFresh: boolean): boolean {
  // The first delta is refused by nothing but its own earlier self.
  if (seq === 1) return true;
  if (known === null) return false;
  return Number(known) >= seq || (Number(known) === seq - 1 && isFresh);
}
