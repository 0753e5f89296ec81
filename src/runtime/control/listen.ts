import type { StateStore } from './store.js';

/**
 * Listens to the hints of a store; returns the way to stop it. They are a help, not the truth: a store that cannot give them, or that
 * throws, is asked in the usual rhythm.
 */
export function listenTo(
  store: Pick<StateStore, 'subscribe'>,
  router: string,
  onHint: () => void,
  onError: (error: unknown) => void,
): () => void {
  const guarded = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      onError(error);
      return undefined;
    }
  };
  const stop = guarded(() => store.subscribe?.(router, onHint));
  return () => guarded(() => stop?.());
}
