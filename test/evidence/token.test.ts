import { createHmac, timingSafeEqual } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { decodeToken, encodeToken, type TokenContent, tokenMax, type TokenSigner } from '../../src/evidence/token.js';

const content: TokenContent = {
  router: 'ranker',
  id: 'd41d8cd9',
  at: 1_700_000_000_000,
  model: 'v2',
  exposures: [
    { node: 'ranker', arm: 'candidate', epoch: 12, propensity: 0.05, unit: 'targetingKey' },
    { node: 'ranker/candidate', arm: 'fresh', epoch: 3, propensity: 0.5, unit: 'tenantId' },
    { node: 'ranker/candidate/x', arm: 'a', epoch: 0, propensity: 0, unit: 'targetingKey', pinned: true },
  ],
};

const mac = (text: string) => createHmac('sha256', 'secret').update(text).digest('base64url');
const signer: TokenSigner = {
  sign: mac,
  verify: (text, signature) =>
    signature.length === 43 && timingSafeEqual(Buffer.from(mac(text)), Buffer.from(signature.padEnd(43).slice(0, 43))),
};

/** A token of any JSON, made by Node's own encoder. */
const forge = (json: unknown, version = 't1') =>
  `${version}.${Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)).toString('base64url')}`;
const row = ['ranker', 'candidate', 12, 0.05];
const good = ['ranker', 'd41d8cd9', 1_700_000_000_000, 'v2', [row]];

const refusalOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isTurnoutError(error, 'token-invalid')) return error.message;
    throw error;
  }
  return 'not refused';
};
const refused = (token: unknown, by?: TokenSigner) => refusalOf(() => decodeToken(token as string, by));

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.constantFrom('__proto__', 'constructor', '\ud800', 'Grüße', '猫', '\u007f'),
);
const exposure = fc
  .record({
    node: name,
    arm: name,
    unit: fc.oneof(name, fc.constant('targetingKey')),
    epoch: fc.maxSafeNat(),
    propensity: fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }),
    pinned: fc.boolean(),
  })
  .map(({ pinned, ...rest }) => Object.assign(rest, pinned ? { pinned: true as const } : {}));
const anyContent = fc
  .record({
    router: name,
    id: name,
    model: name,
    at: fc.nat(8.64e15),
    exposures: fc.array(exposure, { maxLength: 8 }),
    measured: fc.boolean(),
    mark: fc.option(fc.nat(2 ** 18 - 1)),
    isEach: fc.boolean(),
    covariates: fc.option(fc.dictionary(fc.string({ minLength: 1 }), fc.integer({ min: -1e6, max: 1e6 }))),
  })
  .map(({ measured, mark, isEach, covariates, ...rest }): TokenContent => {
    const marks = mark === null ? {} : { marks: isEach ? rest.exposures.map((_, at) => (at === 0 ? -1 : mark)) : mark };
    return {
      ...rest,
      ...(measured && { measured: true }),
      ...marks,
      ...(covariates !== null && { covariates: Object.fromEntries(Object.entries(covariates)) }),
    };
  });

describe('tokens', () => {
  it('give back what they were made of, signed or not, whatever the names', () => {
    fc.assert(
      fc.property(anyContent, fc.boolean(), (any, isSigned) => {
        const by = isSigned ? signer : undefined;
        expect(decodeToken(encodeToken(any, by), by)).toEqual(any);
      }),
      { numRuns: 300 },
    );
  });

  it('are texts that URLs, cookies and logs take as they are', () => {
    fc.assert(
      fc.property(anyContent, (any) => void expect(encodeToken(any, signer)).toMatch(/^t1\.[\w-]+\.[\w-]{43}$/)),
    );
  });

  it('have a form that does not change, since they are kept for days', () => {
    const rest = { router: 'ranker', id: 'd41d8cd9', at: 1_700_000_000_000, model: 'v2' };
    const json = JSON.stringify([
      'ranker',
      'd41d8cd9',
      1_700_000_000_000,
      'v2',
      [
        ['ranker', 'candidate', 12, 0.05],
        ['ranker/candidate', 'fresh', 3, 0.5, 'tenantId'],
        ['ranker/candidate/x', 'a', 0, 0, 'targetingKey', 1],
      ],
    ]);
    expect(encodeToken(content)).toBe(forge(json));
    expect(encodeToken({ ...rest, exposures: [], measured: true })).toBe(forge([...good.slice(0, 4), [], 1]));
    expect(decodeToken(forge([...good.slice(0, 4), [], 1]))).toEqual({ ...rest, exposures: [], measured: true });
  });

  it('are refused after any change of a signed one', () => {
    const token = encodeToken(content, signer);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'aB3-_.'), (at, letter) => {
        fc.pre(token[at] !== letter);
        expect(refused(token.slice(0, at) + letter + token.slice(at + 1), signer)).toMatch(/^The token is refused: /);
      }),
    );
  });

  it('are refused when cut off anywhere', () => {
    for (const by of [undefined, signer]) {
      const token = encodeToken(content, by);
      for (let length = 0; length < token.length; length += 1) {
        expect(refused(token.slice(0, length), by)).toMatch(/^The token is refused: /);
      }
    }
  });

  it('are refused when unsigned where a signer is wanted, or signed where none is', () => {
    expect(refused(encodeToken(content), signer)).toBe('The token is refused: its signature is wrong.');
    expect(refused(`${encodeToken(content)}.`, signer)).toBe('The token is refused: its signature is wrong.');
    expect(refused(encodeToken(content, signer))).toBe(
      'The token is refused: it is signed, and this router has no `tokens` to check it.',
    );
    expect(refused(`${encodeToken(content)}.`)).toMatch(/it is signed/);
  });

  it('may have signatures with points in them', () => {
    const pointed: TokenSigner = { sign: () => 'a.b', verify: (_text, signature) => signature === 'a.b' };
    expect(decodeToken(encodeToken(content, pointed), pointed)).toEqual(content);
  });

  it('are signed over their version and payload', () => {
    const texts: string[] = [];
    const token = encodeToken(content, { sign: (text) => `s${texts.push(text)}`, verify: () => true });
    expect(texts).toEqual([encodeToken(content)]);
    expect(token).toBe(`${encodeToken(content)}.s1`);
  });

  it('are refused by a signer that throws, or answers with anything but true', () => {
    const token = encodeToken(content, signer);
    const verify = (answer: () => unknown): TokenSigner => ({ ...signer, verify: answer as () => boolean });
    const throwing = verify(() => {
      throw new Error('no key');
    });
    for (const by of [throwing, verify(() => Promise.resolve(true)), verify(() => 1), verify(() => false)]) {
      expect(refused(token, by)).toBe('The token is refused: its signature is wrong.');
    }
  });

  it('cannot be made by a signer that throws or gives no text', () => {
    const cause = new Error('no key');
    const sign = (answer: () => unknown): TokenSigner => ({ ...signer, sign: answer as () => string });
    const throwing = sign(() => {
      throw cause;
    });
    expect(refusalOf(() => encodeToken(content, throwing))).toBe('The token is refused: tokens.sign threw: no key.');
    expect(() => encodeToken(content, throwing)).toThrow(expect.objectContaining({ cause }));
    for (const by of [sign(() => ''), sign(() => Promise.resolve('x'))]) {
      expect(refusalOf(() => encodeToken(content, by))).toBe('The token is refused: tokens.sign gave no text.');
    }
  });

  it('are at most 8 192 characters long, made or read', () => {
    const long = (letters: number): TokenContent => ({ ...content, model: 'm'.repeat(letters) });
    const room = tokenMax - encodeToken(long(1)).length;
    const most = 1 + Math.floor((room * 3) / 4);
    expect(tokenMax).toBe(8192);
    expect(decodeToken(encodeToken(long(most)))).toEqual(long(most));
    expect(refusalOf(() => encodeToken(long(most + 3)))).toMatch(/it would have 819\d characters, over 8192/);
    expect(refused(`t1.${'A'.repeat(8190)}`)).toBe('The token is refused: it has more than 8192 characters.');
    expect(refused(`t1.${'A'.repeat(8188)}`)).toBe('The token is refused: its content is damaged.');
    const filled = (letters: number): TokenSigner => ({ sign: () => 's'.repeat(letters), verify: () => true });
    const rest = tokenMax - encodeToken(content).length - 1;
    expect(decodeToken(encodeToken(content, filled(rest)), filled(rest))).toEqual(content);
    expect(refusalOf(() => encodeToken(content, filled(rest + 1)))).toMatch(/it would have 8193 characters, over 8192/);
    const asked: string[] = [];
    refused(`t1.${'A'.repeat(1e6)}`, { ...signer, verify: (text) => asked.push(text) > 0 });
    expect(asked).toEqual([]);
  });

  it('are refused when of another version, or no tokens at all', () => {
    for (const other of ['', 't1', 'x', forge(good, 't2'), forge(good, ''), forge(good).slice(3)]) {
      expect(refused(other)).toMatch(/^The token is refused: it(s content is damaged| does not begin with 't1\.')/);
    }
    expect(refused(forge(good, 't2'))).toBe(
      "The token is refused: it does not begin with 't1.', so it is none, or of another version.",
    );
    for (const other of [undefined, null, 3, {}, [forge(good)]]) {
      expect(refused(other)).toBe('The token is refused: it is not a text.');
    }
  });

  it('are refused when their letters are not those of the alphabet, or spell it in another way', () => {
    const payload = forge(good).slice(3);
    for (const other of [
      `${payload}=`,
      `${payload} `,
      ` ${payload}`,
      `${payload}\n`,
      payload.replace(/./, '+'),
      `${payload}é`,
    ]) {
      expect(refused(`t1.${other}`)).toBe('The token is refused: its content is damaged.');
    }
    // UTF-8 beyond ASCII would be read as other letters; JSON has escapes for them.
    expect(refused(forge('["ränker","i",1,"m",[]]'))).toBe('The token is refused: its content is damaged.');
  });

  it('are refused when an object stands where a list or a text belongs, whatever its keys', () => {
    expect(decodeToken(forge(good)).exposures).toHaveLength(1);
    const proto = '{"__proto__":{"router":"ranker"}}';
    for (const json of [
      proto,
      `["ranker","i",1,"m",${proto}]`,
      `["ranker","i",1,"m",[${proto}]]`,
      `[${proto},"i",1,"m",[]]`,
      `["ranker",${proto},1,"m",[]]`,
      `["ranker","i",1,${proto},[]]`,
      `["ranker","i",1,"m",[],${proto}]`,
      'null',
      '"text"',
      '3',
      'not json',
      '[]',
    ]) {
      expect(refused(forge(json))).toBe('The token is refused: its content is damaged.');
    }
  });

  const replaced = (at: number, value: unknown) => good.map((old, index) => (index === at ? value : old));
  it.each([
    ['a router without a name', replaced(0, '')],
    ['no id', replaced(1, '')],
    ['an id of 65 letters', replaced(1, 'x'.repeat(65))],
    ['an id that is a number', replaced(1, 5)],
    ['a model without a name', replaced(3, '')],
    ['a time before 1970', replaced(2, -1)],
    ['a time that no Date holds', replaced(2, 8.64e15 + 2)],
    ['a time in words', replaced(2, '1')],
    ['no time', replaced(2, null)],
    [
      '65 exposures',
      replaced(
        4,
        Array.from({ length: 65 }, () => row),
      ),
    ],
    ['another mark than 1', [...good, 0]],
    ['a mark of the unit that is none', [...good, 1, -1]],
    ['a mark of the unit that is too great', [...good, 1, 2 ** 18]],
    ['a mark of the unit that is a part', [...good, 1, 0.5]],
    ['marks for other exposures', [...good, 1, [3, 4]]],
    ['covariates that are a list', [...good, 1, 3, [1]]],
    ['a covariate that is a text', [...good, 1, 3, { revenue: '1' }]],
    ['a covariate over 1e12', [...good, 1, 3, { revenue: 2e12 }]],
    ['257 covariates', [...good, 1, 3, Object.fromEntries(Array.from({ length: 257 }, (_, at) => [`m${at}`, 1]))]],
    ['one more place', [...good, 1, 3, {}, 1]],
  ])('are refused with %s', (_what, json) => {
    expect(refused(forge(json))).toBe('The token is refused: its content is damaged.');
  });

  it.each([
    ['an id of 64 letters', replaced(1, 'x'.repeat(64))],
    ['the first moment of 1970', replaced(2, 0)],
    ['the last moment of a Date', replaced(2, 8.64e15)],
    [
      '64 exposures',
      replaced(
        4,
        Array.from({ length: 64 }, () => row),
      ),
    ],
  ])('are read with %s', (_what, json) => {
    expect(decodeToken(forge(json)).router).toBe('ranker');
  });

  it.each([
    ['no node', ['', 'a', 1, 0.5]],
    ['an arm that is a number', ['n', 1, 1, 0.5]],
    ['no arm', ['n', '', 1, 0.5]],
    ['a negative epoch', ['n', 'a', -1, 0.5]],
    ['half an epoch', ['n', 'a', 1.5, 0.5]],
    ['an epoch in words', ['n', 'a', '1', 0.5]],
    ['no chance', ['n', 'a', 1, 0]],
    ['a chance over 1', ['n', 'a', 1, 1.01]],
    ['a chance in words', ['n', 'a', 1, '1']],
    ['a pinned chance over 1', ['n', 'a', 1, 1.01, 'u', 1]],
    ['a pinned chance below 0', ['n', 'a', 1, -0.1, 'u', 1]],
    ['a pinned chance in words', ['n', 'a', 1, '0', 'u', 1]],
    ['a unit that is a number', ['n', 'a', 1, 0.5, 7]],
    ['a unit without a name', ['n', 'a', 1, 0.5, '']],
    ['another pin than 1', ['n', 'a', 1, 0.5, 'u', 2]],
    ['one more place', ['n', 'a', 1, 0.5, 'u', 1, 1]],
    ['nothing', []],
    ['a text', 'naaa'],
  ])('are refused with an exposure of %s', (_what, bad) => {
    expect(refused(forge(replaced(4, [row, bad])))).toBe('The token is refused: its content is damaged.');
  });

  it('cannot be made of what they could not give back', () => {
    for (const bad of [{ id: 'x'.repeat(65) }, { router: '' }, { at: Number.NaN }, { at: -5 }]) {
      expect(refusalOf(() => encodeToken({ ...content, ...bad }))).toBe(
        'The token is refused: its content is not that of a decision.',
      );
    }
  });

  it('are read where there is no Buffer', () => {
    const { Buffer: kept } = globalThis;
    try {
      Reflect.deleteProperty(globalThis, 'Buffer');
      expect(decodeToken(encodeToken(content))).toEqual(content);
    } finally {
      globalThis.Buffer = kept;
    }
  });
});
