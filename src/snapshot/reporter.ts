import type { Claim, Endpoint } from './endpoint.js';

const pendingMax = 100;

/**
 * Carries decisions and outcomes to the server behind the requests. An outcome waits for the token of its decision. What cannot be
 * delivered, or is one too many, is dropped and counted: a page must not pile up what its network does not take.
 */
export class Reporter {
  readonly #endpoint: Endpoint;
  readonly #onError: (error: unknown, operation: string) => void;
  readonly #onStale: () => void;
  #pending = 0;
  #dropped = 0;
  #stale = 0;

  constructor(
    endpoint: Endpoint,
    onError: (error: unknown, operation: string) => void,
    /** The server would have decided otherwise: the snapshot is old. */
    onStale: () => void,
  ) {
    this.#endpoint = endpoint;
    this.#onError = onError;
    this.#onStale = onStale;
  }

  counters(): { readonly pending: number; readonly dropped: number; readonly stale: number } {
    return { pending: this.#pending, dropped: this.#dropped, stale: this.#stale };
  }

  /** Resolves to the token of a counted decision; undefined where it was not counted. Never rejects. */
  async expose(claim: Claim): Promise<string | undefined> {
    const answer = await this.#carry('expose', async () => ({ token: await this.#endpoint.expose(claim) }));
    if (answer !== undefined && answer.token === undefined) {
      this.#stale += 1;
      this.#onStale();
    }
    return answer?.token;
  }

  /** Never rejects. */
  async report(token: Promise<string | undefined>, outcome: Readonly<Record<string, unknown>>): Promise<void> {
    const known = await token;
    if (known === undefined) this.#dropped += 1;
    else await this.#carry('report', () => this.#endpoint.report(known, outcome));
  }

  async #carry<T>(operation: string, work: () => Promise<T>): Promise<T | undefined> {
    if (this.#pending >= pendingMax) {
      this.#dropped += 1;
      return undefined;
    }
    this.#pending += 1;
    try {
      return await work();
    } catch (error) {
      this.#dropped += 1;
      this.#onError(error, operation);
      return undefined;
    } finally {
      this.#pending -= 1;
    }
  }
}
