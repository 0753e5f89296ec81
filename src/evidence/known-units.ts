import { UnitEventBitmap } from '../stats/clusters/unit-events.js';
import { UnitBitmap } from './unit-bitmap.js';

/** One unit in so many is watched for coming back: the bitmap then tells apart half a million, not ten thousand. */
const sampleMask = 63;
/** Watched units beyond which two would share a bit too often to say that one came back. */
const sampledMax = 8192;

/**
 * What a node remembers of its units, under one salt and over all its epochs: who was seen, and who had which event. 16 kB, and half
 * a kilobyte for each metric, however many units there are. Hashes have 32 bits and must be independent of the one that assigns arms.
 */
export class KnownUnits {
  readonly #seen = new UnitBitmap();
  readonly #sample = new UnitBitmap();
  readonly #events = new Map<string, UnitEventBitmap>();
  #sampled = 0;
  #placed = false;

  /** Whether any unit came: where none did, each request was a draw of its own. */
  get placed(): boolean {
    return this.#placed;
  }

  /** True the first time. */
  isFirst(hash: number): boolean {
    this.#placed = true;
    return this.#seen.isFirst(hash);
  }

  /** For a unit of the sample, whether it was here before; `undefined` for all others, and once the sample is full. */
  hasReturned(hash: number): boolean | undefined {
    if ((hash & sampleMask) !== 0 || !(this.#sampled < sampledMax)) return undefined;
    const isFirst = this.#sample.isFirst(hash);
    if (isFirst) this.#sampled += 1;
    return !isFirst;
  }

  /** True for the first event of a bit's units: later ones say little that is new, and nothing that is independent. */
  isFirstEvent(measure: string, bit: number): boolean {
    let seen = this.#events.get(measure);
    if (seen === undefined) this.#events.set(measure, (seen = new UnitEventBitmap()));
    if (seen.has(bit)) return false;
    seen.set(bit);
    return true;
  }
}
