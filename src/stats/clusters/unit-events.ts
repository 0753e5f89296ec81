import { TurnoutError } from '../../core/errors.js';
import { show } from '../../core/options.js';
import type { EventStratum } from '../sequential/event-binomial.js';
import { unitEventBits } from './unit-hash.js';

const bytes = unitEventBits / 8;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const denseLength = Math.ceil(unitEventBits / 6);
/** What each letter stands for, by its character code; 255 for what is no letter. */
const digitOf = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = alphabet.indexOf(String.fromCharCode(code));
  return digit < 0 ? 255 : digit;
});

const digitAt = (text: string, at: number): number => digitOf[text.charCodeAt(at)] ?? 255;

/** How many bits of a byte are set (Warren, Hacker's Delight, figure 5-2). */
function bitsIn(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55);
  const nibbles = (pairs & 0x33) + ((pairs >> 2) & 0x33);
  return (nibbles + (nibbles >> 4)) & 0x0f;
}

/**
 * Which units had an event, as 4096 bits: half a kilobyte, whatever the number of units. Merging is by OR, in any
 * order.
 */
export class UnitEventBitmap {
  readonly #bytes = new Uint8Array(bytes);

  /** Parses what `toJSON` wrote; throws `state-unreadable` on anything else. */
  static from(json: string): UnitEventBitmap {
    if (typeof json === 'string' && json.length <= denseLength) {
      const bitmap = new UnitEventBitmap();
      if (json.length === denseLength ? bitmap.#readDense(json) : bitmap.#readSparse(json)) return bitmap;
    }
    throw new TurnoutError(
      'state-unreadable',
      `unit events: expected two letters for each bit, or ${denseLength} (was ${show(json)}). The bitmap is damaged.`,
    );
  }

  has(bit: number): boolean {
    return (((this.#bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
  }

  /** Sets a bit from 0 to 4095; others are ignored, since this runs on the request path. */
  set(bit: number): void {
    if (bit >= 0 && bit < unitEventBits) this.#bytes[bit >> 3] = (this.#bytes[bit >> 3] as number) | (1 << (bit & 7));
  }

  /** Adds all bits of `other`. */
  merge(other: UnitEventBitmap): this {
    for (let at = 0; at < bytes; at += 1) this.#bytes[at] = (this.#bytes[at] as number) | (other.#bytes[at] as number);
    return this;
  }

  /** How many bits are set here and in neither of two others. */
  countWithout(one: UnitEventBitmap, other: UnitEventBitmap): number {
    let count = 0;
    for (let at = 0; at < bytes; at += 1) {
      const elsewhere = (one.#bytes[at] as number) | (other.#bytes[at] as number);
      count += bitsIn((this.#bytes[at] as number) & ~elsewhere);
    }
    return count;
  }

  get count(): number {
    let count = 0;
    for (const byte of this.#bytes) count += bitsIn(byte);
    return count;
  }

  /**
   * Two letters of the URL-safe base64 alphabet for each bit, in ascending order; 683 letters, six bits each, as soon as that is
   * shorter.
   */
  toJSON(): string {
    const { count } = this;
    let text = '';
    if (2 * count > denseLength) {
      for (let at = 0; at < denseLength; at += 1) text += alphabet[this.#sixBits(at)];
    } else {
      for (let at = 0; at < bytes; at += 1) {
        if (this.#bytes[at] === 0) continue;
        for (let bit = 8 * at; bit < 8 * at + 8; bit += 1) {
          if (this.has(bit)) text += `${alphabet[bit >> 6]}${alphabet[bit & 63]}`;
        }
      }
    }
    return text;
  }

  #sixBits(at: number): number {
    let digit = 0;
    for (let place = 0; place < 6; place += 1) if (this.has(6 * at + place)) digit |= 1 << place;
    return digit;
  }

  // One text for each set of bits: whatever is not it was damaged, and both readers say false.

  #readSparse(text: string): boolean {
    let last = -1;
    for (let at = 0; at < text.length; at += 2) {
      const [high, low] = [digitAt(text, at), digitAt(text, at + 1)];
      const bit = 64 * high + low;
      if (!(high < 64 && low < 64 && bit > last)) return false;
      this.set(bit);
      last = bit;
    }
    return true;
  }

  #readDense(text: string): boolean {
    for (let at = 0; at < denseLength; at += 1) {
      const digit = digitAt(text, at);
      if (!(digit < 64)) return false;
      for (let place = 0; place < 6; place += 1) {
        if (((digit >> place) & 1) === 0) continue;
        if (6 * at + place >= unitEventBits) return false;
        this.set(6 * at + place);
      }
    }
    return 2 * this.count > denseLength;
  }
}

/** The units that had an event in one epoch, by arm. */
export interface UnitEventEpoch {
  /** The treatment's share of treatment + control, a fraction. */
  readonly share: number;
  readonly treatment: UnitEventBitmap;
  readonly control: UnitEventBitmap;
}

/**
 * Counts each unit's first event of a roll-out, for `eventBinomial`, which then is exact although units come back.
 *
 * Epochs must be in order. A bit that was set in an earlier epoch does not count again, and one that is set in both
 * arms of an epoch is dropped, since it cannot be said whose it is. Units that share a bit by chance cost power, never
 * correctness.
 */
export function unitEventStrata(epochs: readonly UnitEventEpoch[]): readonly EventStratum[] {
  const seen = new UnitEventBitmap();
  return epochs.map(({ share, treatment, control }): EventStratum => {
    const first = {
      share,
      treatment: treatment.countWithout(control, seen),
      control: control.countWithout(treatment, seen),
    };
    seen.merge(treatment).merge(control);
    return first;
  });
}
