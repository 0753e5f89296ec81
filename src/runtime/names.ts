import type { Rng } from '../core/rng.js';

/** A random text of 64 bits. */
export function newId(rng: Rng): string {
  const part = () => Math.floor(rng.next() * 0x100000000).toString(36);
  return `${part()}${part()}`;
}

/** Makes names for the writers of one router: unlike any other process's, and never used twice. */
export function writerNames(replica: string, rng: Rng): () => string {
  const process = `${replica}-${newId(rng)}`;
  let made = 0;
  return () => {
    made += 1;
    return `${process}-${made}`;
  };
}
