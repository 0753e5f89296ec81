import { describe, expect, it } from 'vitest';
import { judgePair } from '../../../src/runtime/mirrors/judge-pair.js';

const mine = new Error('mine');
const fail = (): boolean => {
  throw mine;
};
const pair = { primary: 1, shadow: 2, input: 'in' };

describe('judgePair', () => {
  it('asks compare with both outputs and the input', () => {
    const seen: unknown[] = [];
    const compare = (asked: unknown) => {
      seen.push(asked);
      return true;
    };
    expect(judgePair({ compare }, pair)).toEqual({ verdict: 'same' });
    expect(seen).toEqual([pair]);
    expect(judgePair({ compare: () => false }, pair)).toEqual({ verdict: 'different' });
  });

  it('asks ignore first, and compare only if it says no', () => {
    expect(judgePair({ compare: fail, ignore: () => true }, pair)).toEqual({
      verdict: 'ignored',
    });
    expect(judgePair({ compare: () => false, ignore: () => false }, pair)).toEqual({ verdict: 'different' });
  });

  it('says which callback threw', () => {
    expect(judgePair({ compare: fail }, pair)).toEqual({ verdict: 'error', step: 'compare', error: mine });
    expect(judgePair({ compare: () => true, ignore: fail }, pair)).toEqual({
      verdict: 'error',
      step: 'ignore',
      error: mine,
    });
  });

  it.each(['compare', 'ignore'] as const)(
    'takes a promise, or anything else that is no boolean, for an error of %s',
    (step) => {
      for (const answer of [Promise.resolve(true), 1, 'true', undefined, null]) {
        const callback = () => answer as unknown as boolean;
        const comparison = { compare: () => true, [step]: callback };
        expect(judgePair(comparison, pair)).toMatchObject({
          verdict: 'error',
          step,
          error: { code: 'config', message: expect.stringMatching(`${step} must return true or false`) as string },
        });
      }
    },
  );
});
