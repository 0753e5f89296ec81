import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../src/core/hash.js';
import { seededRng } from '../../../src/core/rng.js';
import type { RouteMirror } from '../../../src/plan/plan.js';
import { MirrorDraw } from '../../../src/runtime/mirrors/mirror-draw.js';

const mirror = (share: number, more: Partial<RouteMirror<string>> = {}): RouteMirror<string> => ({
  node: 'n',
  arm: 'shadow',
  epoch: 1,
  model: 'm',
  salt: 'salt',
  share,
  ...more,
});
const fixed = (...values: number[]) => ({ next: () => values.shift() ?? 0 });

describe('MirrorDraw', () => {
  it('draws each request where the mirror names no unit', () => {
    const draw = new MirrorDraw(fixed(0.2499, 0.25, 0.26));
    const context = { targetingKey: 'always the same' };
    expect([1, 2, 3].map(() => draw.wants(mirror(0.25), context))).toEqual([true, false, false]);
  });

  it('mirrors all requests at a share of one, none at zero, and none at a share that is no number', () => {
    for (const unit of [undefined, 'targetingKey']) {
      const wants = (share: number) => {
        const draw = new MirrorDraw(seededRng(1));
        const asked = mirror(share, unit === undefined ? {} : { unit });
        return Array.from({ length: 200 }, (_, index) => draw.wants(asked, { targetingKey: `u${index}` }));
      };
      expect(wants(1).every(Boolean)).toBe(true);
      expect([wants(0), wants(Number.NaN)].flat().some(Boolean)).toBe(false);
    }
  });

  it('mirrors always the same units, by the public hash, where the mirror names one', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (unit, salt, share) => {
          const draw = new MirrorDraw({ next: () => expect.unreachable() });
          const wanted = draw.wants(mirror(share, { unit: 'tenant', salt }), { tenant: unit, targetingKey: 'other' });
          expect(wanted).toBe(hash32(unit, hash32(salt)) / 0x100000000 < share);
        },
      ),
    );
  });

  it('draws a request whose unit is missing', () => {
    const draw = new MirrorDraw(fixed(0.1, 0.9));
    const asked = mirror(0.5, { unit: 'tenant' });
    expect([draw.wants(asked, { targetingKey: 'u' }), draw.wants(asked, { tenant: '' })]).toEqual([true, false]);
  });

  it('meets its share', () => {
    const draw = new MirrorDraw(seededRng(7));
    const n = 20_000;
    const counts = [{}, { unit: 'targetingKey' }].map(
      (unit) =>
        Array.from({ length: n }, (_, index) => draw.wants(mirror(0.1, unit), { targetingKey: `u${index}` })).filter(
          Boolean,
        ).length,
    );
    // Five standard deviations of a binomial with n = 20 000 and p = 0.1.
    const slack = 5 * Math.sqrt(n * 0.1 * 0.9);
    for (const count of counts) expect(Math.abs(count - n * 0.1)).toBeLessThan(slack);
  });
});

describe('the alarm of MirrorDraw', () => {
  const ask = (draw: MirrorDraw, asked: RouteMirror<string>, times: number) => {
    for (let index = 0; index < times; index += 1) draw.wants(asked, { targetingKey: `u${index}` });
  };

  it('tells of a mirror that was asked for 100 times and never ran', () => {
    const draw = new MirrorDraw(seededRng(1));
    ask(draw, mirror(1), 99);
    expect(draw.silent()).toEqual([]);
    ask(draw, mirror(1), 1);
    expect(draw.silent()).toEqual([{ node: 'n', arm: 'shadow', expected: 100 }]);
  });

  it('is silent about a mirror that ran once', () => {
    const draw = new MirrorDraw(seededRng(1));
    ask(draw, mirror(1), 1000);
    draw.ran(mirror(1));
    expect(draw.silent()).toEqual([]);
  });

  it('counts what the share asks for, so that chance that is stuck is noticed', () => {
    const draw = new MirrorDraw({ next: () => 1 });
    ask(draw, mirror(0.25), 399);
    expect(draw.silent()).toEqual([]);
    ask(draw, mirror(0.25), 1);
    expect(draw.silent()).toEqual([{ node: 'n', arm: 'shadow', expected: 100 }]);
  });

  it('counts the units that were chosen, since a few units may all lie outside of a share', () => {
    const draw = new MirrorDraw(seededRng(1));
    const asked = mirror(0.5, { unit: 'targetingKey' });
    const outside = Array.from({ length: 50 }, (_, index) => `u${index}`).find(
      (unit) => !draw.wants(asked, { targetingKey: unit }),
    );
    for (let index = 0; index < 1000; index += 1) draw.wants(asked, { targetingKey: outside ?? '' });
    expect(draw.silent()).toEqual([]);
    ask(draw, asked, 1000);
    expect(draw.silent()).toHaveLength(1);
  });

  it('takes nothing from a share that is not one', () => {
    const draw = new MirrorDraw(seededRng(1));
    for (const share of [Number.NaN, -5, 0]) ask(draw, mirror(share), 1000);
    expect(draw.silent()).toEqual([]);
    ask(draw, mirror(50), 99);
    expect(draw.silent()).toEqual([]);
  });

  it('tells mirrors apart by node and arm', () => {
    const draw = new MirrorDraw(seededRng(1));
    ask(draw, mirror(1, { arm: 'a' }), 100);
    ask(draw, mirror(1, { arm: 'b' }), 100);
    ask(draw, mirror(1, { node: 'o', arm: 'a' }), 100);
    draw.ran(mirror(1, { arm: 'b' }));
    expect(draw.silent().map(({ node, arm }) => node + arm)).toEqual(['na', 'oa']);
  });

  it('keeps count of 1000 mirrors at most, and draws for the others all the same', () => {
    const draw = new MirrorDraw({ next: () => 0 });
    for (let index = 0; index < 1001; index += 1) ask(draw, mirror(1, { arm: `a${index}` }), 100);
    expect(draw.silent()).toHaveLength(1000);
    expect(draw.wants(mirror(1, { arm: 'a1000' }), {})).toBe(true);
    draw.ran(mirror(1, { arm: 'a1000' }));
    expect(draw.silent()).toHaveLength(1000);
  });
});
