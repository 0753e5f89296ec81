import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hash32 } from '../../src/core/hash.js';
import { compilePlan } from '../../src/plan/compile.js';
import { noChance, ramp } from './plans.js';

interface Case {
  readonly salt: string;
  readonly unit?: string | number;
  readonly repeat?: readonly (string | number)[];
  readonly bucket: number;
  readonly arms: readonly string[];
}

// Read as text, since bundlers do not parse the lone surrogates that are part of it.
const text = readFileSync(new URL('../golden/buckets.json', import.meta.url), 'utf8');
const { shares, cases } = JSON.parse(text) as { readonly shares: readonly number[]; readonly cases: readonly Case[] };
const unitOf = ({ unit, repeat }: Case): string | number => unit ?? String(repeat?.[0]).repeat(Number(repeat?.[1]));

// A change of this file or of what it says moves users between models. It is not to be updated, only added to.
test('the golden file holds the assignments that it always held', () => {
  const digest = createHash('sha256').update(text).digest('hex');
  expect(digest).toBe('0e24d6662da17730523ca79fefb5e8101bb37a166815e749c65f3b629587add7');
});

test('every unit has the bucket that it always had', () => {
  const buckets = cases.map((one) => hash32(String(unitOf(one)), hash32(one.salt)));
  expect(buckets).toEqual(cases.map(({ bucket }) => bucket));
});

test('every unit has the arms that it always had, from a canary of 1 in 10 000 up to 90 %', () => {
  shares.forEach((share, index) => {
    for (const one of cases) {
      const { route } = compilePlan(ramp('any', share, 'v2', 'v1', { salt: one.salt }), { rng: noChance });
      const { exposures } = route({ unit: 'not this', targetingKey: unitOf(one) as string });
      expect(exposures.map(({ arm }) => arm)).toEqual([one.arms[index]]);
    }
  });
});

test('the golden file has both arms of every share but the smallest, and keys of all kinds', () => {
  for (const index of [1, 2, 3, 4]) expect(new Set(cases.map(({ arms }) => arms[index])).size).toBe(2);
  const units = cases.map(unitOf);
  for (const kind of ['東京', '\ud800', '👩‍👩‍👧‍👦', '__proto__', 42, '42']) expect(units).toContain(kind);
});
