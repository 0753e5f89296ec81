/** The names of all that is stored of one router. */
export interface RouterKeys {
  readonly record: string;
  readonly history: string;
  /** Evidence: sums, and a log of what came after them. */
  readonly sums: string;
  readonly log: string;
  /** The last seq of one writer, with a life of its own. */
  lastSeq(writer: string): string;
}

/** The braces make a hash tag: Redis Cluster puts all keys of a router into one slot, where one script may touch them. */
export function keysOf(prefix: string, router: string): RouterKeys {
  // A brace in the name would end the tag early, or begin another.
  const tag = `${prefix}{${router.replaceAll(/[%{}]/g, encodeURIComponent)}}`;
  return {
    record: `${tag}:record`,
    history: `${tag}:history`,
    sums: `${tag}:evidence`,
    log: `${tag}:deltas`,
    lastSeq: (writer) => `${tag}:writer:${writer}`,
  };
}
