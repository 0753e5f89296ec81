/** What a command sees of the world: a test hands it another one. */
export interface Terminal {
  /** What was asked for. */
  out(text: string): void;
  /** Everything else: progress, notes, mistakes. */
  note(text: string): void;
  /** Characters in a line of the output, where it is a terminal. */
  readonly columns?: number;
  /** Notes go to a terminal, so that a line may be written over. */
  readonly isLive: boolean;
  /** Milliseconds since some start. */
  elapsed(): number;
  readText(file: string): Promise<string>;
  writeText(file: string, text: string): Promise<void>;
  /** The URL of a file. */
  urlOf(file: string): string;
  /** Loads a module of the user's. */
  load(url: string): Promise<unknown>;
  /** The URL of a module whose default export is the rehearsal of a plan, for threads: functions do not cross to them. */
  rehearsalModule(plan: string, use: string | undefined): string;
  /** Aborts when the user has had enough. */
  readonly signal: AbortSignal;
}

/** What a process ends with. Those over 60 are the ones of sysexits.h (4.2BSD). */
export const exitCodes = {
  fine: 0,
  planWrong: 1,
  weakSpot: 2,
  usage: 64,
  noInput: 66,
  internal: 70,
  interrupted: 130,
} as const;

/** An end with a message for the user, and without a stack. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CommandError {
  return new CommandError(exitCodes.usage, message);
}
