import { ConfigError } from '../core/errors.js';

// The one thing kept beside the routers themselves: two that think they are alone would both write as one replica.
const open = new Set<string>();

/** Marks a name as taken until the returned function is called; throws when it is taken already. */
export function claimName(name: string, replica: string | undefined): () => void {
  const key = replica === undefined ? name : `${name}/${replica}`;
  if (open.has(key)) {
    const path = replica === undefined ? 'options.name' : 'options.replica';
    const what = replica === undefined ? `a router '${name}'` : `a replica '${replica}' of '${name}'`;
    const message = `there is ${what} in this process already. Share it, close() it first, or give each its own \`replica\`.`;
    throw new ConfigError('createRouter', [{ path, message }]);
  }
  open.add(key);
  return () => open.delete(key);
}
