import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hmacSigner, lastKnownFile } from '../../src/adapters/node.js';
import type { RolloutRecord } from '../../src/index.js';

const old = 'the secret of last year';
const fresh = 'the secret of this year';

describe('a signer of a secret', () => {
  test('signs as any HMAC-SHA-256 does', () => {
    // RFC 4231, test case 2, has a secret of four characters; a longer one is held against Node's own.
    const text = 'what do ya want for nothing?';
    expect(hmacSigner(fresh).sign(text)).toBe(createHmac('sha256', fresh).update(text).digest('base64url'));
  });

  test('accepts its own signatures and no others', () => {
    const signer = hmacSigner(fresh);
    const signature = signer.sign('text');
    expect(signer.verify('text', signature)).toBe(true);
    expect(signer.verify('text2', signature)).toBe(false);
    expect(signer.verify('text', `${signature}x`)).toBe(false);
    expect(signer.verify('text', '')).toBe(false);
    expect(signer.verify('text', `é${signature.slice(2)}`)).toBe(false);
    expect(hmacSigner(old).verify('text', signature)).toBe(false);
  });

  test('signs with the first secret and still accepts the others', () => {
    const both = hmacSigner(fresh, old);
    expect(both.sign('text')).toBe(hmacSigner(fresh).sign('text'));
    expect(both.verify('text', hmacSigner(old).sign('text'))).toBe(true);
  });

  test.each([['short'], ['x'.repeat(15)], [7 as never]])('refuses the secret %s', (secret) => {
    expect(() => hmacSigner(secret)).toThrow('secrets[0]: must be a secret of at least 16 characters');
    expect(() => hmacSigner('x'.repeat(16))).not.toThrow();
  });
});

describe('a file for the last record', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'turnout-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const record = { format: 1, revision: 3 } as RolloutRecord;

  test('holds what was saved last, and makes its folder', () => {
    const path = join(folder, 'a', 'b.json');
    const file = lastKnownFile(path);
    expect(file.load()).toBeUndefined();
    file.save(record);
    file.save({ ...record, revision: 4 });
    expect(file.load()).toEqual({ format: 1, revision: 4 });
    expect(readdirSync(join(folder, 'a'))).toEqual(['b.json']);
  });

  test('throws what is no JSON, and leaves it where it is', () => {
    const path = join(folder, 'b.json');
    writeFileSync(path, '{"format"');
    expect(() => lastKnownFile(path).load()).toThrow();
    expect(readFileSync(path, 'utf8')).toBe('{"format"');
  });

  test('throws for a path that it cannot read', () => {
    expect(() => lastKnownFile(folder).load()).toThrow();
  });
});
