import { describe, expect, it } from 'vitest';
import { defaultUnit, unitOf } from '../../src/core/context.js';

describe('unitOf', () => {
  it('reads the targeting key unless another attribute is named', () => {
    const context = { targetingKey: 'user-42', tenantId: 'acme' };
    expect(defaultUnit).toBe('targetingKey');
    expect(unitOf(context, defaultUnit)).toBe('user-42');
    expect(unitOf(context, 'tenantId')).toBe('acme');
  });

  it('takes texts as they are', () => {
    expect(unitOf({ targetingKey: ' User 42 ' }, defaultUnit)).toBe(' User 42 ');
    expect(unitOf({ targetingKey: '\ud800' }, defaultUnit)).toBe('\ud800');
    expect(unitOf({ targetingKey: '0' }, defaultUnit)).toBe('0');
  });

  it('takes safe integers as decimals, zero and negative ones too', () => {
    expect(unitOf({ id: 0 }, 'id')).toBe('0');
    expect(unitOf({ id: -0 }, 'id')).toBe('0');
    expect(unitOf({ id: -7 }, 'id')).toBe('-7');
    expect(unitOf({ id: Number.MAX_SAFE_INTEGER }, 'id')).toBe('9007199254740991');
  });

  it.each([
    [undefined],
    [null],
    [''],
    [true],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1.5],
    [2 ** 53],
    [7n],
    [['user-42']],
    [{ id: 'user-42' }],
    [() => 'user-42'],
  ])('takes %o for a missing unit', (targetingKey) => {
    expect(unitOf({ id: targetingKey }, 'id')).toBeUndefined();
  });

  it('finds nothing under a name that every object inherits', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'missing']) expect(unitOf({}, name)).toBeUndefined();
  });
});
