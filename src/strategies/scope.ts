import type { Scope } from './strategy.js';

/** The scope of a router's root strategy. `revision` is the one that a change made now will be stored as. */
export function rootScope(router: string, revision: number, instance?: string): Scope {
  return scopeAt(router, router, revision, instance);
}

function scopeAt(id: string, salt: string, revision: number, instance: string | undefined): Scope {
  return {
    id,
    salt,
    revision,
    instance,
    child: (name, options) => {
      const path = `${id}/${name}`;
      // A salt that is the path makes a nested split independent of the one around it.
      return scopeAt(path, options?.salt === 'inherit' ? salt : path, revision, instance);
    },
  };
}
