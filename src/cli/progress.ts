import type { RehearsalProgress } from '../simulate/rehearse.js';
import type { Terminal } from './terminal.js';

const barWidth = 24;
const clearLine = '\r\u001B[K';

/** One line that is written over as runs end, on a terminal alone; a log would keep every one of them. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #start: number;
  #percent = -1;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#start = terminal.elapsed();
  }

  show(progress: RehearsalProgress): void {
    const percent = Math.floor((100 * progress.done) / progress.of);
    if (!this.#terminal.isLive || percent === this.#percent) return;
    this.#percent = percent;
    this.#terminal.note(`${clearLine}${progressText(progress, this.#terminal.elapsed() - this.#start)}`);
  }

  clear(): void {
    if (this.#terminal.isLive && this.#percent >= 0) this.#terminal.note(clearLine);
  }
}

/** `[######------------------]  25 %  300 of 1200 runs, 12 s left (worse)` */
export function progressText({ done, of, scenario }: RehearsalProgress, elapsedMs: number): string {
  const part = done / of;
  const full = Math.round(part * barWidth);
  const bar = '#'.repeat(full) + '-'.repeat(barWidth - full);
  const left = Math.ceil((elapsedMs * (1 - part)) / part / 1000);
  return `[${bar}] ${String(Math.floor(part * 100)).padStart(3)} %  ${done} of ${of} runs, ${left} s left (${scenario})`;
}
