import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Call,
  type InputOf,
  type Models,
  type OutputOf,
  callModel,
  hasPredict,
} from '../../../src/runtime/calls/model.js';

const call: Call = { signal: new AbortController().signal, context: {}, mode: 'live' };

class Scaled {
  readonly #factor: number;

  constructor(factor: number) {
    this.#factor = factor;
  }

  predict(input: number): number {
    return input * this.#factor;
  }
}

describe('callModel', () => {
  it('calls a function with the input and the call', () => {
    const seen: unknown[] = [];
    const model = function (this: unknown, ...args: unknown[]) {
      seen.push(this, ...args);
      return 'out';
    };
    expect(callModel(model, 'in', call)).toBe('out');
    expect(seen).toEqual([undefined, 'in', call]);
  });

  it('calls an object as its own method, private fields included', () => {
    expect(callModel(new Scaled(3), 5, call)).toBe(15);
  });

  it('takes a plain value for its own output', () => {
    const prompt = { temperature: 0.2, text: 'a' };
    expect(callModel(prompt, 'ignored', call)).toBe(prompt);
    for (const value of ['text', 7, null, undefined, false]) expect(callModel(value, 'ignored', call)).toBe(value);
  });

  it('takes an object whose predict is not a function yet for a broken model, not for a value', () => {
    expect(() => callModel({ predict: undefined }, 1, call)).toThrow(TypeError);
  });

  it('finds a predict that is inherited', () => {
    expect(hasPredict(Object.create({ predict: () => 1 }))).toBe(true);
    expect([hasPredict({}), hasPredict(null), hasPredict('predict'), hasPredict(() => 1)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('returns a promise as it is', () => {
    const promise = Promise.resolve(1);
    expect(callModel(() => promise, 1, call)).toBe(promise);
  });
});

describe('the types of models', () => {
  const models = {
    v1: (input: { q: string }) => ({ score: input.q.length }),
    v2: { predict: async (input: { q: string; k?: number }) => ({ score: input.q.length, why: 'x' }), load() {} },
    none: () => 7,
    prompt: { temperature: 0.2 },
    scaled: new Scaled(2),
  };
  type All = typeof models;

  it('accept the input that every model accepts', () => {
    expectTypeOf<All>().toExtend<Models>();
    expectTypeOf<InputOf<All, 'v1' | 'v2'>>().toEqualTypeOf<{ q: string } & { q: string; k?: number }>();
    expectTypeOf<InputOf<All, 'v1' | 'none' | 'prompt'>>().toEqualTypeOf<{ q: string }>();
    expectTypeOf<InputOf<All, 'scaled'>>().toEqualTypeOf<number>();
    expectTypeOf<InputOf<{ a: (x: string) => 1; b: (x: number) => 1 }, 'a' | 'b'>>().toBeNever();
  });

  it('give the output that any of them may give', () => {
    expectTypeOf<OutputOf<All, 'v1' | 'v2'>>().toEqualTypeOf<{ score: number } | { score: number; why: string }>();
    expectTypeOf<OutputOf<All, 'prompt'>>().toEqualTypeOf<{ temperature: number }>();
    expectTypeOf<OutputOf<All, 'none' | 'scaled'>>().toEqualTypeOf<number>();
  });
});
