import { TurnoutError } from '../core/errors.js';
import type { Context } from '../core/context.js';

/** What a page tells the server of a decision it made: who asked, and which model was shown. */
export interface Claim {
  readonly context: Context;
  readonly model: string;
}

/** The way to the router that the snapshot is of. Every promise may reject; nothing of it reaches a request. */
export interface Endpoint {
  /** The newest snapshot, or `'unchanged'` if it is the one that was loaded last. */
  load(): Promise<unknown>;
  /** Counts a decision; resolves to its token, or undefined where the server would have decided otherwise by now. */
  expose(claim: Claim): Promise<string | undefined>;
  report(token: string, outcome: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface HttpEndpointOptions {
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Talks to `snapshotHandler` of `turnout/adapters/fetch` at `url`: GET with an ETag for the snapshot, POST for decisions and their
 * outcomes, kept alive when the page is left.
 */
export function httpEndpoint(url: string, options: HttpEndpointOptions = {}): Endpoint {
  const { headers = {} } = options;
  const ask: typeof fetch = (input, init) => (options.fetch ?? fetch)(input, init);
  let tag: string | null = null;
  const post = async (body: object): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await ask(url, {
      method: 'POST',
      keepalive: true,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw unexpected(url, answer);
    return (await answer.json()) as Readonly<Record<string, unknown>>;
  };
  return {
    load: async () => {
      const answer = await ask(url, { headers: { ...headers, ...(tag !== null && { 'if-none-match': tag }) } });
      if (answer.status === 304) return 'unchanged';
      if (!answer.ok) throw unexpected(url, answer);
      const snapshot: unknown = await answer.json();
      tag = answer.headers.get('etag');
      return snapshot;
    },
    expose: async (claim) => {
      const { token } = await post(claim);
      return typeof token === 'string' ? token : undefined;
    },
    report: async (token, outcome) => {
      await post({ token, outcome });
    },
  };
}

function unexpected(url: string, { status }: Response): TurnoutError {
  return new TurnoutError('store-failed', `${url} answered ${status}. Is a snapshotHandler mounted there?`);
}
