import { MultiBar, type SingleBar } from 'cli-progress';
import type { NodeStatus, Router } from 'turnout';

/** Counts of what one model answered. */
interface Score {
  answers: number;
  right: number;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** Prints what happens to a roll-out, line by line, with a bar for the requests of the step that is under way. */
export class Timeline {
  readonly #start = performance.now();
  readonly #scores = new Map<string, Score>();
  /** Only while requests are sent: what is said meanwhile goes above the bar. */
  #bars: MultiBar | undefined;
  #bar: SingleBar | undefined;

  /** A line of the story. */
  say(text: string): void {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1).padStart(6);
    const line = text === '' ? '' : `${seconds} s  ${text}`;
    if (this.#bars === undefined) process.stdout.write(`${line}\n`);
    else this.#bars.log(`${line}\n`);
  }

  /** A heading of the story. */
  head(text: string): void {
    this.say('');
    this.say(text.toUpperCase());
    this.#scores.clear();
  }

  /** Tells every transition and alert of a router, with its reason. */
  follow<Ms, Qs, M extends string>(router: Router<Ms, Qs, M>): void {
    router.on('transition', ({ node, from, to, why }) => this.say(`${node}: ${from} → ${to}, because ${why}`));
    router.on('alert', ({ why }) => this.say(`alert: ${why}`));
    router.on('error', ({ operation, error }) => this.say(`error in ${operation}: ${String(error)}`));
  }

  begin(total: number): void {
    // A bar is for eyes: in a log its control characters are noise, and a line now and then says the same.
    if (!process.stdout.isTTY) return;
    const format = '  {bar} {value}/{total} requests, {model} answers last';
    this.#bars = new MultiBar({ format, clearOnComplete: true, hideCursor: true });
    this.#bar = this.#bars.create(total, 0, { model: '' });
  }

  answered(model: string, isRight: boolean): void {
    const score = this.#scores.get(model) ?? { answers: 0, right: 0 };
    this.#scores.set(model, score);
    score.answers += 1;
    if (isRight) score.right += 1;
    this.#bar?.increment({ model });
  }

  /** Where every node stands: its shares, what it waits for, and what its rules say. */
  report<M extends string>(status: NodeStatus<M>): void {
    const shares = Object.entries(status.shares).map(([arm, share]) => `${arm} ${percent(share)}`);
    this.say(`${status.node} is ${status.settled ?? status.phase}: ${shares.join(', ')}`);
    for (const { rule, outcome, reason } of status.verdicts) this.say(`    ${rule}: ${outcome}, ${reason}`);
    for (const child of status.children) this.report(child);
  }

  end(): void {
    // What was said since the last redrawing is still in the bar's buffer.
    this.#bars?.update();
    this.#bars?.stop();
    this.#bars = undefined;
    this.#bar = undefined;
    const said = [...this.#scores].map(
      ([model, { answers, right }]) => `${model} ${percent(right / answers)} of ${answers}`,
    );
    if (said.length > 0) this.say(`right so far: ${said.join(', ')}`);
  }
}
