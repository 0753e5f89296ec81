import { TurnoutError } from '../../core/errors.js';
import { show } from '../../core/options.js';
import type { EventStratum } from '../sequential/event-binomial.js';
import { unitEventBits } from './unit-hash.js';

const bytes = unitEventBits / 8;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const denseLength = Math.ceil(unitEventBits / 6);

/**
 * Which units had an event, as 4096 bits: half a kilobyte, whatever the number of units. Merging is by OR, in any
 * order.
 */
export class UnitEventBitmap {
  readonly #bytes = new Uint8Array(bytes);

  /** Parses what `toJSON` wrote; throws `state-unreadable` on anything else. */
  static from(json: string): UnitEventBitmap {
    const bitmap = new UnitEventBitmap();
    if (typeof json === 'string' && json.length <= denseLength) {
      const digits = Array.from(json, (letter) => alphabet.indexOf(letter));
      if (json.length === denseLength) bitmap.#readDense(digits);
      else
        for (let at = 0; at + 1 < digits.length; at += 2)
          bitmap.set(64 * (digits[at] as number) + (digits[at + 1] as number));
      // One text for each set of bits: whatever is not it was damaged.
      if (bitmap.toJSON() === json) return bitmap;
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

  get count(): number {
    let count = 0;
    for (let bit = 0; bit < unitEventBits; bit += 1) if (this.has(bit)) count += 1;
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
      for (let bit = 0; bit < unitEventBits; bit += 1) {
        if (this.has(bit)) text += `${alphabet[bit >> 6]}${alphabet[bit & 63]}`;
      }
    }
    return text;
  }

  #sixBits(at: number): number {
    let digit = 0;
    for (let place = 0; place < 6; place += 1) if (this.has(6 * at + place)) digit |= 1 << place;
    return digit;
  }

  #readDense(digits: readonly number[]): void {
    digits.forEach((digit, at) => {
      for (let place = 0; place < 6; place += 1) if (((digit >> place) & 1) === 1) this.set(6 * at + place);
    });
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
    let [ofCandidate, ofControl] = [0, 0];
    for (let bit = 0; bit < unitEventBits; bit += 1) {
      if (seen.has(bit)) continue;
      const [inCandidate, inControl] = [treatment.has(bit), control.has(bit)];
      if (inCandidate && !inControl) ofCandidate += 1;
      if (inControl && !inCandidate) ofControl += 1;
    }
    seen.merge(treatment).merge(control);
    return { share, treatment: ofCandidate, control: ofControl };
  });
}
