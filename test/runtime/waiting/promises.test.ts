import { describe, expect, it } from 'vitest';
import { deferred, isThenable, quiet } from '../../../src/runtime/waiting/promises.js';

describe('isThenable', () => {
  it('knows what await would wait for, and nothing else', () => {
    const then = () => {};
    const callable = Object.assign(() => {}, { [String('then')]: then });
    expect([Promise.resolve(), { [String('then')]: then }, callable].map(isThenable)).toEqual([true, true, true]);
    const others = [null, undefined, 'then', 7, {}, () => {}, { [String('then')]: 'soon' }];
    expect(others.map(isThenable)).toEqual(others.map(() => false));
  });
});

describe('quiet', () => {
  it('gives the same promise, whose rejection nobody need handle', async () => {
    const promise = Promise.reject(new Error('mine'));
    expect(quiet(promise)).toBe(promise);
    // An unhandled one would fail this test run.
    await expect(promise).rejects.toThrow('mine');
  });
});

describe('deferred', () => {
  it('resolves when it is told to, once', async () => {
    const { promise, resolve } = deferred<number>();
    resolve(1);
    resolve(2);
    expect(await promise).toBe(1);
  });
});
