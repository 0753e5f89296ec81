/** What went wrong, as a word that programs can branch on. The set grows in minor versions: keep a default branch. */
export type ErrorCode =
  | 'config'
  | 'duplicate-router'
  | 'closed'
  | 'timeout'
  | 'aborted'
  | 'load-failed'
  | 'state-unreadable'
  | 'state-format'
  | 'store-failed'
  | 'token-invalid'
  | 'domain';

const brand = '~turnout';

/** The library's one error class. Recognise it with `isTurnoutError`, never with `instanceof`: bundles hold copies. */
export class TurnoutError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly [brand] = true;

  constructor(code: C, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'TurnoutError';
    this.code = code;
  }
}

/** True for an error of this library, from whichever copy or realm; with `code`, only for that kind. */
export function isTurnoutError<C extends ErrorCode>(error: unknown, code?: C): error is TurnoutError<C> {
  if (typeof error !== 'object' || error === null) return false;
  const candidate = error as { readonly [brand]?: unknown; readonly code?: unknown };
  return candidate[brand] === true && (code === undefined || candidate.code === code);
}

/** One mistake in an options object: where it stands, and what was expected there instead. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** A programmer's mistake, thrown at construction with every issue found, never only the first. */
export class ConfigError extends TurnoutError<'config'> {
  readonly issues: readonly Issue[];

  constructor(what: string, issues: readonly Issue[]) {
    super('config', `${what}:\n${issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`);
    this.name = 'ConfigError';
    this.issues = issues;
  }
}

/** An error's message, or the text of whatever else was thrown. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'a value without text was thrown';
  }
}
