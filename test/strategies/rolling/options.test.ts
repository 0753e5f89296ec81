import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../../src/core/errors.js';
import { Rolling } from '../../../src/strategies/rolling.js';

const update = () => undefined;
const servers = { from: 'v1', to: 'v2', instances: ['a', 'b'], update };

const made = (options: object) => new Rolling(options as never);

function mistake(options: object): string {
  try {
    return made(options).kind === 'rolling' ? '' : 'another kind';
  } catch (error) {
    if (isTurnoutError(error, 'config')) return error.message;
    throw error;
  }
}

describe('the options of a rolling update', () => {
  test.each([
    servers,
    { from: 'v1', to: 'v2' },
    { ...servers, spares: ['s'], maxSurge: '50%', stop: update, quietMs: 0, deadlineMs: 1 },
    { ...servers, maxSurge: 0 },
    { ...servers, maxSurge: '0%' },
    { from: 'v1', to: 'v2', replicas: 3, zoneOf: () => 'z', zones: ['z'] },
    { ...servers, instances: [{ name: 'a', zone: 'z' }, { name: 'b' }, 'c'] },
  ])('may be %j', (options) => expect(mistake(options)).toBe(''));

  test.each([
    [{ ...servers, update: undefined }, 'strategy.update: must be given with `instances`'],
    [{ ...servers, zoneOf: () => 'z' }, 'strategy.zoneOf: is for replicas'],
    [{ ...servers, replicas: 2 }, 'strategy.replicas: is for replicas'],
    [{ ...servers, instances: ['a', { name: 'a' }] }, "'a' comes twice"],
    [{ ...servers, spares: ['b'], maxSurge: 1 }, "'b' comes twice"],
    [{ ...servers, instances: [] }, 'strategy.instances'],
    [{ ...servers, instances: [''] }, 'strategy.instances[0]'],
    [{ ...servers, instances: ['x'.repeat(201)] }, 'strategy.instances[0]'],
    [{ ...servers, maxSurge: 1 }, 'strategy.maxSurge: needs `spares`'],
    [{ ...servers, maxSurge: '1%', spares: [] }, 'strategy.maxSurge: needs `spares`'],
    [{ ...servers, stop: update }, 'strategy.stop: is for `spares`'],
    [{ from: 'v1', to: 'v2', spares: ['s'] }, 'strategy.spares: needs `instances`'],
    [{ ...servers, quietMs: 5, deadlineMs: 5 }, 'strategy.quietMs: must be shorter than deadlineMs, 5 (was 5)'],
    [{ ...servers, maxUnavailable: '1.5%' }, 'strategy.maxUnavailable'],
    [{ ...servers, onFailure: 'rollback' }, 'strategy.onFailure'],
    [{ ...servers, surge: 1 }, 'strategy.surge'],
    [{ to: 'v2' }, 'strategy.from'],
  ])('may not be %j', (options, words) => expect(mistake(options)).toContain(words));

  test('are no part of the shape that a stored state must fit, but for who is updated', () => {
    const shape = (options: object) => JSON.stringify(made(options).shape);
    expect(shape({ ...servers, instances: ['a'], maxUnavailable: 2 })).toBe(shape(servers));
    expect(shape({ from: 'v1', to: 'v2' })).not.toBe(shape(servers));
    expect(shape({ ...servers, to: 'v3' })).not.toBe(shape(servers));
  });
});
