import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { listOf, must, verify } from '../core/options.js';
import type { TokenSigner } from '../evidence/token.js';
import type { LastKnown } from '../runtime/control/record-keeper.js';

const secretCheck = must(
  'a secret of at least 16 characters',
  (value) => typeof value === 'string' && value.length >= 16,
);

/**
 * Signs tokens with HMAC-SHA-256 (RFC 2104), compared in constant time. The first secret signs; the others are still accepted, so
 * that a secret can be changed: add the new one in front, and take the old one away when its tokens are too old to matter.
 * Throws a ConfigError for a secret under 16 characters.
 */
export function hmacSigner(...secrets: readonly [string, ...string[]]): TokenSigner {
  verify('hmacSigner', 'secrets', secrets, listOf(secretCheck, { min: 1, max: 16 }));
  const signatureOf = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('base64url');
  const isEqual = (a: string, b: string) => {
    const [left, right] = [Buffer.from(a), Buffer.from(b)];
    return left.length === right.length && timingSafeEqual(left, right);
  };
  return {
    sign: (text) => signatureOf(secrets[0], text),
    verify: (text, signature) => secrets.some((secret) => isEqual(signatureOf(secret, text), signature)),
  };
}

/**
 * Keeps the last record of a router in a file of this replica's own, for a start while the store is down: give each process
 * another `path`. Replaced as a whole, so that a crash leaves the old one.
 */
export function lastKnownFile(path: string): LastKnown {
  return {
    load: () => {
      try {
        return JSON.parse(readFileSync(path, 'utf8'));
      } catch (error) {
        if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    save: (record) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.new`, JSON.stringify(record));
      renameSync(`${path}.new`, path);
    },
  };
}
