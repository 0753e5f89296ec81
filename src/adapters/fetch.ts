import type { Context } from '../core/context.js';
import { hash32 } from '../core/hash.js';
import { isObject, type Json } from '../core/json.js';

/** What the handler needs of a router. */
export interface SnapshotSource {
  route(context: Context): { readonly model: string };
  decide(context: Context): { readonly model: string; readonly token: string };
  report(token: string, outcome: never): boolean;
  snapshot(): Json;
}

export interface SnapshotHandlerOptions {
  /** Makes the context that counts of what a page sent: for instance puts the signed-in user into it. Default: as it was sent. */
  readonly contextOf?: (sent: Context, request: Request) => Context | PromiseLike<Context>;
  /** Larger bodies are refused, in bytes. Default 65 536. */
  readonly bodyBytesMax?: number;
}

/**
 * Serves a router to front ends, as a `fetch` handler (Hono, Bun, Deno, workers; in Node behind any adapter): GET gives the
 * snapshot, with an ETag for `If-None-Match`; POST `{ context, model }` counts a decision and answers with its token, or with
 * `null` where the router decides otherwise by now; POST `{ token, outcome }` takes an outcome.
 *
 * The page's word is taken for who asks, so mount it behind whatever knows your users, and give the router `tokens`.
 */
export function snapshotHandler(
  router: SnapshotSource,
  options: SnapshotHandlerOptions = {},
): (request: Request) => Promise<Response> {
  const { contextOf = (sent: Context) => sent, bodyBytesMax = 65_536 } = options;

  function get(request: Request): Response {
    const text = JSON.stringify(router.snapshot());
    const tag = `"${hash32(text).toString(16)}-${text.length.toString(16)}"`;
    const headers = { etag: tag, 'cache-control': 'no-cache' };
    const asked = request.headers.get('if-none-match') ?? '';
    const known = new Set(asked.split(',').map((each) => each.trim().replace(/^W\//, '')));
    if (known.has(tag) || known.has('*')) return new Response(null, { status: 304, headers });
    return new Response(text, { headers: { ...headers, 'content-type': 'application/json' } });
  }

  async function post(request: Request): Promise<Response> {
    if (Number(request.headers.get('content-length') ?? 0) > bodyBytesMax) return refuse(413, 'the body is too large');
    const bytes = await request.arrayBuffer();
    if (bytes.byteLength > bodyBytesMax) return refuse(413, 'the body is too large');
    const body = parse(new TextDecoder().decode(bytes));
    if (!isObject(body)) return refuse(400, 'the body must be a JSON object');
    const { context, model, token, outcome } = body;
    if (isObject(context) && typeof model === 'string') return expose(await contextOf(context, request), model);
    if (typeof token === 'string' && isObject(outcome)) {
      // A router takes what it knows of an outcome and counts what it refuses.
      return answer({ accepted: router.report(token, outcome as never) });
    }
    return refuse(400, 'the body must be { context, model } or { token, outcome }');
  }

  function expose(context: Context, model: string): Response {
    // A draw would be another one than the page's: only units are decided alike in both places.
    const isSame = router.route(context).model === model;
    const decision = isSame ? router.decide(context) : undefined;
    return answer({ token: decision?.model === model ? decision.token : null });
  }

  return async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD') return get(request);
    if (request.method === 'POST') return post(request);
    return new Response(null, { status: 405, headers: { allow: 'GET, HEAD, POST' } });
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const answer = (body: Json): Response => Response.json(body, { headers: { 'cache-control': 'no-store' } });

const refuse = (status: number, why: string): Response => Response.json({ error: why }, { status });
