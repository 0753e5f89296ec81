import { TurnoutError } from '../../core/errors.js';
import { emptyEvidence, type Evidence, mergeEvidence } from '../../evidence/evidence.js';
import { parseStoredEvidence } from '../call.js';
import type { RunScript } from './client.js';
import type { RouterKeys } from './keys.js';
import { addDelta, readDeltas, replaceSums } from './scripts.js';

export interface EvidenceLogOptions {
  /** How many deltas are added before they are summed up. */
  readonly sumUpEvery: number;
  readonly forgetWritersAfterMs: number;
}

/** The sum of all entries up to a position. */
interface Sum {
  readonly position: number;
  /** The digest of these entries. */
  readonly id: string;
  readonly evidence: Evidence;
}

const nothing: Sum = { position: 0, id: '', evidence: emptyEvidence };
const idLength = 40;
/** The most entries of one answer, so that no script holds the server up for long. */
const pageMax = 512;
/** The most deltas that wait to be summed up, in multiples of `sumUpEvery`: only where nobody can do it are there as many. */
const waitingMax = 64;
/** A log that should have been summed up by another replica is summed up by whoever sees it, at this multiple. */
const overdue = 4;

/**
 * The evidence of one router: sums, and a log of the deltas since. Adding costs the delta; reading costs what is new, since a reader
 * remembers how far it has read. The server only appends, because its numbers and its JSON are not those of JavaScript: sums are
 * made by the replicas, and one of them puts its sum in the place of the entries in it, now and then.
 */
export class EvidenceLog {
  readonly #run: RunScript;
  readonly #keys: RouterKeys;
  readonly #options: EvidenceLogOptions;
  #sum: Sum = nothing;
  /** It was this process that filled the log, so that it is this one that sums it up. */
  #isDue = false;

  constructor(run: RunScript, keys: RouterKeys, options: EvidenceLogOptions) {
    this.#run = run;
    this.#keys = keys;
    this.#options = options;
  }

  async add(writer: string, seq: number, delta: Evidence): Promise<'added' | 'duplicate' | 'refused'> {
    const { sums, log, lastSeq } = this.#keys;
    const { sumUpEvery, forgetWritersAfterMs } = this.#options;
    const args = [seq, JSON.stringify(delta), forgetWritersAfterMs, waitingMax * sumUpEvery];
    const [answer, position] = await this.#run(addDelta, [lastSeq(writer), sums, log], args);
    if (answer === 'added' && Number(position) % sumUpEvery === 0) this.#isDue = true;
    if (answer === 'added' || answer === 'duplicate' || answer === 'refused') return answer;
    throw new TurnoutError(
      'store-failed',
      `Redis: the evidence in '${log}' was not summed up for ${position} deltas, and no more are taken. ` +
        'Look at the errors of the replicas: reading evidence fails in all of them.',
    );
  }

  async read(writer: string): Promise<{ evidence: Evidence; lastSeq: number }> {
    const { sums, log, lastSeq } = this.#keys;
    const { sumUpEvery, forgetWritersAfterMs } = this.#options;
    const pagesMax = Math.ceil((2 * waitingMax * sumUpEvery) / pageMax) + 2;
    let sum = this.#sum;
    for (let page = 0; page < pagesMax; page += 1) {
      const args = [sum.position, sum.id, pageMax, forgetWritersAfterMs];
      const answer = await this.#run(readDeltas, [lastSeq(writer), sums, log], args);
      const [last, base, end, kind, ...rest] = answer;
      if (kind === 'anew') {
        const [position, id = '', evidence = ''] = rest.splice(0, 3);
        sum = {
          position: Number(position),
          id,
          evidence: evidence === '' ? emptyEvidence : this.#parse(evidence, sums),
        };
      }
      sum = this.#added(sum, rest);
      if (sum.position < Number(end)) continue;
      this.#sum = sum;
      await this.#sumUp(sum, Number(base));
      // Only of the last page: a seq that is told must be in the evidence that it is told with.
      return { evidence: sum.evidence, lastSeq: Number(last) };
    }
    throw new TurnoutError('store-failed', `Redis: '${log}' grows faster than it can be read.`);
  }

  #added(sum: Sum, entries: readonly string[]): Sum {
    const last = entries.at(-1);
    if (last === undefined) return sum;
    const deltas = entries.map((entry) => this.#parse(entry.slice(idLength), this.#keys.log));
    return {
      position: sum.position + entries.length,
      id: last.slice(0, idLength),
      // The new ones are summed first: each merge costs what its larger side holds.
      evidence: mergeEvidence(sum.evidence, deltas.reduce(mergeEvidence)),
    };
  }

  async #sumUp({ position, id, evidence }: Sum, base: number): Promise<void> {
    const length = position - base;
    if (!(length > 0 && (this.#isDue || length >= overdue * this.#options.sumUpEvery))) return;
    this.#isDue = false;
    const { sums, log } = this.#keys;
    // Whether another one was faster or the server does not answer: nothing is lost, and the next one tries again.
    await this.#run(replaceSums, [sums, log], [position, id, JSON.stringify(evidence)]).catch(() => {});
  }

  #parse(text: string, key: string): Evidence {
    return parseStoredEvidence(text, `Redis: '${key}'`);
  }
}
