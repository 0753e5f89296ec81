import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSemver, isSemver } from '../../src/core/semver.js';

describe('isSemver', () => {
  it.each([
    '0.0.0',
    '1.2.3',
    'v1.2.3',
    '10.20.30',
    '99999999999999999999999.999999999999999999.99999999999999999',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-0',
    '1.0.0-0.0.0',
    '1.0.0-0a.-.--',
    '1.0.0-01a',
    '1.0.0--',
    '1.0.0-A-Z.a-z.0-9',
    '1.0.0+build',
    '1.0.0+001.-.z',
    '1.0.0-rc.1+sha-5114f85',
    '1.0.0+a-b',
    '1.0.0+01',
    '1.0.0-1+01',
  ])('takes %s', (text) => expect(isSemver(text)).toBe(true));

  it.each([
    '',
    'v',
    '1',
    '1.2',
    '1.2.',
    '1.2.3.4',
    '.1.2',
    '01.2.3',
    '1.02.3',
    '1.2.03',
    '-1.2.3',
    '+1.2.3',
    'vv1.2.3',
    'V1.2.3',
    '=1.2.3',
    ' 1.2.3',
    '1.2.3 ',
    '1.2.3\n',
    '1.2.x',
    '1.2.3-',
    '1.2.3-.a',
    '1.2.3-a.',
    '1.2.3-a..b',
    '1.2.3-01',
    '1.2.3-00',
    '1.2.3-a.01',
    '1.2.3-a.01.b',
    '1.2.3-01+b',
    '1.2.3-01.b',
    '1.2.3-a_b',
    '1.2.3-é',
    '1.2.3+',
    '1.2.3+a.',
    '1.2.3+.a',
    '1.2.3+a..b',
    '1.2.3+a+b',
    '1.2.3-+b',
    '1.2.3-a.+b',
    '1.2.3+a_b',
    '１.2.3',
  ])('refuses %j', (text) => expect(isSemver(text)).toBe(false));

  it('takes up to 256 characters', () => {
    const prefix = '1.0.0-';
    expect(isSemver(prefix + 'a'.repeat(256 - prefix.length))).toBe(true);
    expect(isSemver(prefix + 'a'.repeat(257 - prefix.length))).toBe(false);
    expect(isSemver(`1.0.0-${'0'.repeat(1_000_000)}`)).toBe(false);
  });
});

const pick = fc.constantFrom;
const digits = pick('0', '1', '2', '9', '10', '11', '99', '100', '9007199254740992', '9007199254740993');
const word = pick('a', 'b', 'alpha', 'beta', 'A', 'a1', '0a', '-', '-1', 'a-b', '1a', 'aa');
const row = fc.array(fc.oneof(digits, word), { minLength: 1, maxLength: 3 }).map((items) => items.join('.'));
// Few cores, so that most pairs are decided by what comes after them.
const core = fc.oneof({ weight: 3, arbitrary: fc.constant(['1', '0', '0']) }, fc.tuple(digits, digits, digits));
const version = fc
  .tuple(fc.boolean(), core, fc.option(row), fc.option(row))
  .map(([v, numbers, prerelease, metadata]) => {
    const tail = `${prerelease === null ? '' : `-${prerelease}`}${metadata === null ? '' : `+${metadata}`}`;
    return `${v ? 'v' : ''}${numbers.join('.')}${tail}`;
  });

/** The precedence of semver.org 2.0.0 §11, word for word, on split texts and unbounded integers. */
function precedence(a: string, b: string): number {
  const parts = (text: string) => {
    const [body = ''] = text.replace('v', '').split('+');
    const dash = body.indexOf('-');
    const core = (dash < 0 ? body : body.slice(0, dash)).split('.');
    return { core, prerelease: dash < 0 ? [] : body.slice(dash + 1).split('.') };
  };
  const numbers = (x: string, y: string) => (BigInt(x) < BigInt(y) ? -1 : BigInt(x) > BigInt(y) ? 1 : 0);
  const isNumber = (text: string) => /^\d+$/.test(text);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i += 1) {
    const order = numbers(left.core[i]!, right.core[i]!);
    if (order !== 0) return order;
  }
  if (left.prerelease.length === 0 || right.prerelease.length === 0)
    return Number(left.prerelease.length === 0) - Number(right.prerelease.length === 0);
  for (let i = 0; i < left.prerelease.length && i < right.prerelease.length; i += 1) {
    const [x, y] = [left.prerelease[i]!, right.prerelease[i]!];
    if (isNumber(x) && isNumber(y) && numbers(x, y) !== 0) return numbers(x, y);
    if (isNumber(x) !== isNumber(y)) return isNumber(x) ? -1 : 1;
    if (x !== y) return x < y ? -1 : 1;
  }
  return Math.sign(left.prerelease.length - right.prerelease.length);
}

describe('compareSemver', () => {
  it('orders the examples of the standard', () => {
    const chains = [
      ['1.0.0', '2.0.0', '2.1.0', '2.1.1'],
      [
        '1.0.0-alpha',
        '1.0.0-alpha.1',
        '1.0.0-alpha.beta',
        '1.0.0-beta',
        '1.0.0-beta.2',
        '1.0.0-beta.11',
        '1.0.0-rc.1',
        '1.0.0',
      ],
    ];
    for (const chain of chains)
      for (const [i, a] of chain.entries())
        for (const [j, b] of chain.entries()) expect(Math.sign(compareSemver(a, b))).toBe(Math.sign(i - j));
  });

  it('follows the standard word for word, for any two versions', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(isSemver(a)).toBe(true);
        expect(Math.sign(compareSemver(a, b))).toBe(precedence(a, b));
        expect(Math.sign(compareSemver(b, a))).toBe(-precedence(a, b) || 0);
      }),
      { numRuns: 5000 },
    );
  });

  it('ignores build metadata and a leading v', () => {
    expect(compareSemver('1.0.0+a', '1.0.0+b')).toBe(0);
    expect(compareSemver('1.0.0', '1.0.0+b')).toBe(0);
    expect(compareSemver('1.0.0-a+x.y', '1.0.0-a')).toBe(0);
    expect(compareSemver('v1.0.0', '1.0.0')).toBe(0);
    expect(compareSemver('v1.0.0', 'v1.0.1')).toBeLessThan(0);
  });

  it('puts an identifier before the longer one that it begins, whatever follows it', () => {
    for (const shorter of ['1.0.0-a', '1.0.0-a.1', '1.0.0-a+b'])
      for (const longer of ['1.0.0-aa', '1.0.0-a-', '1.0.0-a0', '1.0.0-a-.1', '1.0.0-aa+b']) {
        expect(compareSemver(shorter, longer)).toBeLessThan(0);
        expect(compareSemver(longer, shorter)).toBeGreaterThan(0);
      }
  });

  it('compares numbers right beyond 2^53', () => {
    expect(compareSemver('9007199254740993.0.0', '9007199254740992.0.0')).toBeGreaterThan(0);
    expect(compareSemver('1.0.0-9007199254740992', '1.0.0-9007199254740993')).toBeLessThan(0);
    expect(compareSemver('1.0.0-99999999999999999999', '1.0.0-100000000000000000000')).toBeLessThan(0);
  });

  it('is NaN where either is no version, so that no comparison holds', () => {
    for (const [a, b] of [
      ['1.2', '1.2.0'],
      ['1.2.0', '1.2'],
      ['', ''],
      ['x', 'x'],
    ] as const)
      expect(compareSemver(a, b)).toBeNaN();
  });
});
