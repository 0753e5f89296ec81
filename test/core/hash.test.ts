import * as fc from 'fast-check';
import oracle from 'murmurhash3js-revisited';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../src/core/hash.js';
import vectors from './conformance/murmur3-x86-32-utf8.json';
import trap from './conformance/non-ascii-trap.json';

const encoder = new TextEncoder();
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 80 }));
const anySeed = fc.integer({ min: 0, max: 0xffffffff });

describe('hash32', () => {
  it.each(vectors.vectors)('is MurmurHash3 x86_32 of the published vectors (seed $seed, hash $hash)', (vector) => {
    expect(hash32(vector.input, vector.seed)).toBe(vector.hash);
  });

  it('hashes UTF-8 bytes, where packages that mask char codes differ', () => {
    for (const { input, utf8, murmurhash3js } of trap.cases) {
      expect(hash32(input, trap.seed)).toBe(utf8);
      expect(hash32(input, trap.seed)).not.toBe(murmurhash3js);
    }
  });

  it('has an oracle that passes the verification of SMHasher, the test suite of its author', () => {
    const hashes = new DataView(new ArrayBuffer(256 * 4));
    for (let length = 0; length < 256; length += 1) {
      const key = Uint8Array.from({ length }, (_, index) => index);
      hashes.setUint32(length * 4, oracle.x86.hash32(key, 256 - length), true);
    }
    const verification = oracle.x86.hash32(new Uint8Array(hashes.buffer), 0);
    expect(verification).toBe(0xb0f57ee3);
    expect(verification).toBe(Number(vectors.smhasherVerification));
  });

  it('equals its oracle on any text and any seed', () => {
    fc.assert(
      fc.property(anyText, anySeed, (key, seed) => {
        expect(hash32(key, seed)).toBe(oracle.x86.hash32(encoder.encode(key), seed));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([0, 1, 2, 3, 4, 5, 1364, 1365, 1366, 1367, 4095, 4096, 4097])(
    'equals its oracle at a length of %i',
    (length) => {
      for (const letter of ['x', 'é', '語']) {
        const key = letter.repeat(length);
        expect(hash32(key, 7)).toBe(oracle.x86.hash32(encoder.encode(key), 7));
      }
    },
  );

  it('hashes a lone surrogate as U+FFFD, whichever it is', () => {
    expect(hash32('\ud800')).toBe(hash32('\ufffd'));
    expect(hash32('a\udfffb')).toBe(hash32('a\ufffdb'));
    expect(hash32('\ud83d')).not.toBe(hash32('\ud83d\ude00'));
  });

  it('takes a text of a megabyte, and is not disturbed by it', () => {
    const before = hash32('user-42', 1);
    for (const letter of ['x', '語']) {
      const key = letter.repeat(2 ** 20);
      expect(hash32(key)).toBe(oracle.x86.hash32(encoder.encode(key), 0));
    }
    expect(hash32('user-42', 1)).toBe(before);
  });

  it('keeps nothing of a longer text that came before', () => {
    const fresh = oracle.x86.hash32(encoder.encode('ab'), 0);
    hash32('zzzzzzzz');
    expect(hash32('ab')).toBe(fresh);
  });

  it('takes its seed modulo 2^32, and 0 for none', () => {
    expect(hash32('user-42')).toBe(hash32('user-42', 0));
    expect(hash32('user-42', 2 ** 32 + 5)).toBe(hash32('user-42', 5));
    expect(hash32('user-42', -1)).toBe(hash32('user-42', 0xffffffff));
  });

  it('is an integer in [0, 2^32), spread evenly over 64 ranges', () => {
    const counts = Array.from({ length: 64 }, () => 0);
    const hashes = Array.from({ length: 64_000 }, (_, user) => hash32(`user-${user}`, hash32('ranker')));
    expect(hashes.every((hash) => Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32)).toBe(true);
    for (const hash of hashes) counts[Math.floor(hash / 2 ** 26)]! += 1;
    const chiSquare = counts.reduce((sum, observed) => sum + (observed - 1000) ** 2 / 1000, 0);
    // The 0.001 and 0.999 quantiles of chi-square with 63 degrees of freedom: too even is not by chance either.
    expect(chiSquare).toBeGreaterThan(33.9);
    expect(chiSquare).toBeLessThan(103.4);
  });
});
