import type { StreamMeter } from './stream-meter.js';

type Controller = ReadableStreamDefaultController<unknown> | ReadableByteStreamController;

/** True for a ReadableStream of the platform, of this realm or another. */
export function isWebStream(value: object): value is ReadableStream<unknown> {
  if (typeof ReadableStream !== 'function') return false;
  if (value instanceof ReadableStream) return true;
  return 'getReader' in value && Object.prototype.toString.call(value) === '[object ReadableStream]';
}

function isByteStream(source: ReadableStream<unknown>): boolean {
  try {
    source.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** Passes chunks on one at a time, and only when one is asked for, so that the source's own queue is the only queue. */
class Relay {
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #meter: StreamMeter;
  #pulling = false;
  #closed = false;
  #cancelled = false;

  constructor(reader: ReadableStreamDefaultReader<unknown>, meter: StreamMeter) {
    this.#reader = reader;
    this.#meter = meter;
  }

  /** An end or an error reaches a consumer that has not asked for anything, too. */
  start(controller: Controller): void {
    this.#reader.closed.then(
      () => {
        this.#closed = true;
        // The source counts as closed before its last chunk has been handed over.
        if (!this.#pulling) this.#close(controller);
      },
      (error: unknown) => {
        this.#meter.broke(error);
        controller.error(error);
      },
    );
  }

  async pull(controller: Controller): Promise<void> {
    this.#meter.asked();
    this.#pulling = true;
    try {
      const { done, value } = await this.#reader.read();
      if (!done) {
        this.#meter.item();
        // A byte controller takes views only, and a byte stream gives nothing else.
        (controller as ReadableStreamDefaultController<unknown>).enqueue(value);
      }
      if (done || this.#closed) this.#close(controller);
    } finally {
      this.#pulling = false;
    }
  }

  async cancel(reason: unknown): Promise<void> {
    this.#cancelled = true;
    this.#meter.cancelling();
    try {
      await this.#reader.cancel(reason);
    } finally {
      this.#meter.ended();
    }
  }

  #close(controller: Controller): void {
    // A cancelled source counts as closed at once, and has ended when it has cleaned up.
    if (this.#cancelled) return;
    this.#meter.ended();
    try {
      controller.close();
      // A reader that waits with a buffer of its own gets it back empty.
      if ('byobRequest' in controller) controller.byobRequest?.respond(0);
    } catch {
      // It was closed or cancelled already.
    }
  }
}

/**
 * A ReadableStream with the chunks, errors, back-pressure and cancellation of `source`, which tells `meter` how it goes. It is
 * a real stream, since platforms refuse imitations, with the source's prototype and own named properties. A byte stream
 * serves readers with their own buffer by one copy more. Undefined when somebody is reading the source already.
 */
export function watchWebStream(
  source: ReadableStream<unknown>,
  meter: () => StreamMeter,
): ReadableStream<unknown> | undefined {
  if (source.locked) return undefined;
  const bytes = isByteStream(source);
  const relay = new Relay(source.getReader(), meter());
  const start = (controller: Controller): void => relay.start(controller);
  const pull = (controller: Controller): Promise<void> => relay.pull(controller);
  const cancel = (reason: unknown): Promise<void> => relay.cancel(reason);
  const watched: ReadableStream<unknown> = bytes
    ? new ReadableStream({ type: 'bytes', start, pull, cancel }, { highWaterMark: 0 })
    : new ReadableStream<unknown>({ start, pull, cancel }, { highWaterMark: 0 });
  dress(watched, source);
  return watched;
}

function dress(watched: ReadableStream<unknown>, source: ReadableStream<unknown>): void {
  const prototype: object | null = Object.getPrototypeOf(source) as object | null;
  if (prototype !== Object.getPrototypeOf(watched)) Object.setPrototypeOf(watched, prototype);
  // Names only: symbols are where some platforms keep the state of a stream.
  for (const key of Object.getOwnPropertyNames(source)) {
    const descriptor = Object.getOwnPropertyDescriptor(source, key);
    if (descriptor !== undefined && !Object.hasOwn(watched, key)) Object.defineProperty(watched, key, descriptor);
  }
  if (Symbol.asyncIterator in source && !(Symbol.asyncIterator in watched)) {
    // Some browsers' streams cannot be iterated, and some libraries add it to each stream they give out.
    Object.defineProperty(watched, Symbol.asyncIterator, { value: () => iterate(watched), configurable: true });
  }
}

async function* iterate(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void, void> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
    reader.releaseLock();
  }
}
