import { beforeEach, describe, expect, test } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { compilePlan } from '../../../src/plan/compile.js';
import type { Plan } from '../../../src/plan/plan.js';
import { Adoption } from '../../../src/runtime/control/adoption.js';
import type { InForce } from '../../../src/runtime/control/control-loop.js';

/** A pool whose loads end when the test says so. */
class FakePool {
  readonly loaded = new Set<string>();
  readonly loads: string[] = [];
  retained: readonly string[] = [];
  readonly #waiting = new Map<string, { resolve(): void; reject(error: unknown): void }>();

  ensure(model: string): Promise<void> | undefined {
    if (this.loaded.has(model)) return undefined;
    this.loads.push(model);
    return new Promise((resolve, reject) => this.#waiting.set(model, { resolve, reject }));
  }

  retain(models: readonly string[]): void {
    this.retained = models;
  }

  async end(model: string, error?: unknown): Promise<void> {
    const load = this.#waiting.get(model);
    if (error === undefined) {
      this.loaded.add(model);
      load?.resolve();
    } else load?.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const force = (state: string, isStored = true): InForce => ({ state, revision: 1, isStored });

let pool: FakePool;
let adopted: { nodes: readonly string[]; isStored: boolean }[];
let errors: string[];

function make(isEager = true, plans: Readonly<Record<string, Plan<string>>> = {}) {
  const serve = (model: string): Plan<string> => ({ op: 'serve', model });
  return new Adoption<string>('v0', 'stale', {
    pool,
    isEager,
    plan: (state) => plans[state as string] ?? serve(state as string),
    compile: (plan, reason) => compilePlan(plan, { rng: seededRng(1), ...(reason !== undefined && { reason }) }),
    onAdopted: (nodes, isStored) => adopted.push({ nodes: nodes.map(({ node }) => node), isStored }),
    onError: (_, operation) => errors.push(operation),
  });
}

const served = (adoption: Adoption<string>) => adoption.current.route({}).model;

beforeEach(() => {
  pool = new FakePool();
  adopted = [];
  errors = [];
});

describe('adoption', () => {
  test('begins with the stable model and its reason, and counts nothing', () => {
    const adoption = make();
    expect(adoption.current.route({})).toMatchObject({ model: 'v0', reason: 'stale', exposures: [] });
    expect([adopted, pool.loads]).toEqual([[], []]);
  });

  test('takes the first plan at once, while its models are loading', () => {
    const adoption = make();
    adoption.adopt(force('v1'));
    expect([served(adoption), pool.loads, adoption.behind]).toEqual(['v1', ['v1'], []]);
    expect(adopted).toEqual([{ nodes: [], isStored: true }]);
  });

  test('lets a later plan wait for its models, and keeps both sets meanwhile', async () => {
    const adoption = make();
    adoption.adopt(force('v1'));
    adoption.adopt(force('v2'));
    expect([served(adoption), adoption.behind, [...pool.retained].toSorted()]).toEqual(['v1', ['v2'], ['v1', 'v2']]);
    await pool.end('v2');
    expect([served(adoption), adoption.behind, pool.retained]).toEqual(['v2', [], ['v2']]);
  });

  test('takes a plan at once whose models are loaded', () => {
    pool.loaded.add('v2');
    const adoption = make();
    adoption.adopt(force('v1'));
    adoption.adopt(force('v2'));
    expect(served(adoption)).toBe('v2');
  });

  test('takes an unstored rollback at once, loaded or not', () => {
    const adoption = make();
    adoption.adopt(force('v1'));
    adoption.adopt(force('v2', false));
    expect(served(adoption)).toBe('v2');
    expect(adopted.at(-1)).toEqual({ nodes: [], isStored: false });
  });

  test('tells when a rollback was stored, though the state is the same', () => {
    pool.loaded.add('v2');
    const adoption = make();
    adoption.adopt(force('v2', false));
    adoption.adopt(force('v2', false));
    adoption.adopt(force('v2', true));
    adoption.adopt(force('v2', true));
    expect(adopted.map(({ isStored }) => isStored)).toEqual([false, true]);
  });

  test('drops a plan that waited when a newer one came', async () => {
    const adoption = make();
    adoption.adopt(force('v1'));
    adoption.adopt(force('v2'));
    adoption.adopt(force('v3'));
    await pool.end('v2');
    expect([served(adoption), adoption.behind]).toEqual(['v1', ['v3']]);
    await pool.end('v3');
    expect(served(adoption)).toBe('v3');
  });

  test('keeps the last plan when a load fails, and tries again when asked', async () => {
    const adoption = make();
    adoption.adopt(force('v1'));
    adoption.adopt(force('v2'));
    await pool.end('v2', new Error('no weights'));
    expect([served(adoption), adoption.behind]).toEqual(['v1', ['v2']]);
    adoption.retry();
    expect(pool.loads).toEqual(['v1', 'v2', 'v2']);
    adoption.retry();
    expect(pool.loads).toEqual(['v1', 'v2', 'v2']);
    await pool.end('v2');
    expect(served(adoption)).toBe('v2');
  });

  test('a failed load of a plan that is not wanted any more changes nothing', async () => {
    pool.loaded.add('v3');
    const adoption = make();
    adoption.adopt(force('v1'));
    adoption.adopt(force('v2'));
    adoption.adopt(force('v3'));
    await pool.end('v2', new Error('no weights'));
    adoption.retry();
    expect([served(adoption), pool.loads]).toEqual(['v3', ['v1', 'v2']]);
  });

  test('has nothing to retry before anything was wanted, nor while a load is under way', () => {
    const adoption = make();
    adoption.retry();
    expect([served(adoption), pool.loads]).toEqual(['v0', []]);
    adoption.adopt(force('v1'));
    adoption.adopt(force('v2'));
    adoption.retry();
    expect(pool.loads).toEqual(['v1', 'v2']);
  });

  test('loads nothing ahead where loading is lazy', () => {
    const adoption = make(false);
    adoption.adopt(force('v1'));
    adoption.adopt(force('v2'));
    expect([served(adoption), pool.loads]).toEqual(['v2', []]);
  });

  test('keeps the last plan when one cannot be compiled', () => {
    const adoption = make(true, { bad: { op: 'nonsense' } as never });
    adoption.adopt(force('v1'));
    adoption.adopt(force('bad'));
    expect([served(adoption), errors]).toEqual(['v1', ['plan']]);
  });

  test('says what the plan counts', () => {
    const split = (node: string, counts: boolean): Plan<string> => ({
      op: 'split',
      node,
      epoch: 3,
      salt: 's',
      arms: [{ arm: 'a', share: 1, plan: { op: 'serve', model: 'v1' } }],
      cuts: [{ below: 2 ** 32, arm: 0 }],
      missing: 'draw',
      counts,
    });
    const adoption = make(true, { yes: split('yes', true), no: split('no', false) });
    adoption.adopt(force('yes'));
    adoption.adopt(force('no', false));
    expect(adopted.map(({ nodes }) => nodes)).toEqual([['yes'], []]);
  });
});
