/** A law that an implementation must keep: hand each to your own test runner, `for (const { name, run } of laws) test(name, run)`. */
export interface Law {
  readonly name: string;
  /** Throws, or rejects, where the law is broken. */
  run(): void | Promise<void>;
}

/** Throws unless the two are the same JSON. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [was, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (was !== wanted) throw new Error(`${what}: expected ${wanted}, got ${was}`);
}
