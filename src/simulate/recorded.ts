import type { Context } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import { isObject, own } from '../core/json.js';
import { show } from '../core/options.js';
import type { SimulatedOutcome } from './outcome.js';

/**
 * Where recorded lines come from: a text, or anything that gives its lines one by one, such as `readline` of a file.
 */
export type RecordedLines = string | Iterable<string> | AsyncIterable<string>;

/**
 * Traffic that was recorded, as JSON Lines in the order of time:
 * `{"at":1767225600000,"context":{"targetingKey":"u1"},"outcomes":{"v1":{"latencyMs":21,"clicked":true}}}`.
 *
 * `at` is ms since 1970; `outcomes` tells by model what came, or would have come, of the request. A model without an
 * outcome in the line answers as `models` says; if that does not know it either, the request is left out and counted as
 * unmatched (replay by rejection: Li, Chu, Langford and Wang 2011).
 */
export interface RecordedTraffic {
  readonly lines: RecordedLines;
}

/** One request of a recording. */
export interface RecordedRequest {
  /** Milliseconds since the start. */
  readonly atMs: number;
  readonly context: Context;
  readonly outcomes: Readonly<Record<string, SimulatedOutcome>>;
}

/** How many lines are read ahead. */
const aheadMax = 4096;

/** Reads recorded requests, some thousand at a time. */
export class RecordedSource {
  readonly #lines: AsyncIterator<string> | Iterator<string>;
  #buffer: RecordedRequest[] = [];
  #at = 0;
  #line = 0;
  #startMs: number | undefined;
  #lastAt = -Infinity;
  #isOver = false;

  /** Throws, when it reads, a ConfigError that names the line. */
  constructor({ lines }: RecordedTraffic) {
    const all = typeof lines === 'string' ? lines.split('\n') : lines;
    this.#lines = Symbol.asyncIterator in all ? all[Symbol.asyncIterator]() : all[Symbol.iterator]();
  }

  /** The wall time of the first request; undefined if there is none. Known after the first `fill`. */
  get startMs(): number | undefined {
    return this.#startMs;
  }

  /** True when nothing is read ahead although there may be more: `fill` is wanted. */
  get isDry(): boolean {
    return this.#at >= this.#buffer.length && !this.#isOver;
  }

  get nextMs(): number {
    return this.#buffer[this.#at]?.atMs ?? Infinity;
  }

  take(): RecordedRequest {
    const request = this.#buffer[this.#at] as RecordedRequest;
    this.#at += 1;
    return request;
  }

  async fill(): Promise<void> {
    this.#buffer = this.#buffer.slice(this.#at);
    this.#at = 0;
    while (this.#buffer.length < aheadMax && !this.#isOver) {
      const { done, value } = await this.#lines.next();
      this.#line += 1;
      if (done === true) this.#isOver = true;
      else if (value.trim() !== '') this.#buffer.push(this.#parse(value));
    }
  }

  #parse(text: string): RecordedRequest {
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      return this.#refuse('', `must be JSON (was ${show(text)})`);
    }
    if (!isObject(line)) return this.#refuse('', `must be an object (was ${show(line)})`);
    const { at, context = {}, outcomes = {} } = line;
    if (!(typeof at === 'number' && at >= 0 && at <= 8.64e15)) {
      return this.#refuse('.at', `must be a time in ms since 1970 (was ${show(at)})`);
    }
    if (!(at >= this.#lastAt))
      return this.#refuse('.at', `must not be before the line above, ${this.#lastAt} (was ${at})`);
    if (!isObject(context)) return this.#refuse('.context', `must be an object (was ${show(context)})`);
    if (!isObject(outcomes)) return this.#refuse('.outcomes', `must be an object by model (was ${show(outcomes)})`);
    for (const model of Object.keys(outcomes)) {
      const outcome = own(outcomes, model);
      if (!isObject(outcome)) return this.#refuse(`.outcomes.${model}`, `must be an object (was ${show(outcome)})`);
    }
    this.#lastAt = at;
    this.#startMs ??= at;
    return { atMs: at - this.#startMs, context, outcomes: outcomes as RecordedRequest['outcomes'] };
  }

  #refuse(where: string, message: string): never {
    throw new ConfigError('simulate', [{ path: `traffic.lines[${this.#line - 1}]${where}`, message: `${message}.` }]);
  }
}
