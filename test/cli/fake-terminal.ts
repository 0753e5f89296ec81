import { main } from '../../src/cli/main.js';
import { CommandError, exitCodes, type Terminal } from '../../src/cli/terminal.js';

/** A terminal that remembers. Files and modules are what it was given. */
export class FakeTerminal implements Terminal {
  written = '';
  noted = '';
  readonly pages = new Map<string, string>();
  readonly #files: Readonly<Record<string, unknown>>;
  readonly isLive: boolean;
  readonly signal: AbortSignal;
  #elapsed = 0;

  constructor(
    files: Readonly<Record<string, unknown>>,
    { isLive = false, signal = new AbortController().signal } = {},
  ) {
    this.#files = files;
    this.isLive = isLive;
    this.signal = signal;
  }

  out(text: string): void {
    this.written += text;
  }

  note(text: string): void {
    this.noted += text;
  }

  elapsed(): number {
    this.#elapsed += 1000;
    return this.#elapsed;
  }

  async readText(file: string): Promise<string> {
    const text = this.#files[file];
    if (text === undefined) throw new CommandError(exitCodes.noInput, `${file} cannot be read`);
    return typeof text === 'string' ? text : JSON.stringify(text);
  }

  async writeText(file: string, text: string): Promise<void> {
    this.pages.set(file, text);
  }

  urlOf(file: string): string {
    return `file:///${file}`;
  }

  async load(url: string): Promise<unknown> {
    return this.#files[url.slice('file:///'.length)];
  }

  rehearsalModule(plan: string): string {
    return plan;
  }
}

/** Runs a command in this process. */
export async function run(args: readonly string[], files: Readonly<Record<string, unknown>> = {}, options = {}) {
  const terminal = new FakeTerminal(files, options);
  const code = await main(args, terminal);
  return { code, out: terminal.written, note: terminal.noted, pages: terminal.pages };
}
