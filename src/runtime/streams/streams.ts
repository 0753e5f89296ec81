import type { Clock } from '../../core/clock.js';
import type { StreamMeter } from './stream-meter.js';
import { watchIterable } from './watch-iterable.js';
import { isNodeStream, watchNodeStream } from './watch-node-stream.js';
import { isWebStream, watchWebStream } from './watch-web-stream.js';

const itemsPerTurn = 256;

/** True for an AsyncIterable, Node's streams among them, and for a ReadableStream. Never throws. */
export function isStream(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function' || isWebStream(value);
  } catch {
    return false;
  }
}

/**
 * The same stream, watched: what the consumer does with it and what becomes of it goes to the meter that `meter` makes. The
 * value itself, and no meter, when it is a stream that nobody can watch, because it is locked.
 */
export function watch(stream: object, meter: () => StreamMeter): object {
  if (isWebStream(stream)) return watchWebStream(stream, meter) ?? stream;
  if (!isNodeStream(stream)) return watchIterable(stream, meter());
  watchNodeStream(stream, meter());
  return stream;
}

/** A stream that is being read to its end, its items dropped. */
export interface Drain {
  /** Tells the stream that nobody reads it any more; resolves when it has cleaned up, and never rejects. */
  stop(): Promise<void>;
}

interface Source {
  next(): PromiseLike<{ readonly done?: boolean | undefined }>;
  stop(): unknown;
}

function open(stream: object): Source {
  if (isWebStream(stream)) {
    const reader = stream.getReader();
    return { next: () => reader.read(), stop: () => reader.cancel() };
  }
  const iterator = (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return { next: () => iterator.next(), stop: () => iterator.return?.() };
}

/**
 * Reads a stream to its end, one item at a time. Now and then it lets timers run, so that a stream that never ends and never
 * waits can be stopped.
 */
export function drain(stream: object, clock: Clock): Drain {
  const reading = { stopped: false, source: undefined as Source | undefined };
  const read = async (): Promise<void> => {
    reading.source = open(stream);
    for (let items = 1; !reading.stopped; items += 1) {
      if ((await reading.source.next()).done === true) return;
      if (items % itemsPerTurn === 0) await laterTurn(clock);
    }
  };
  const finished = quietly(read);
  const stop = async (): Promise<void> => {
    reading.stopped = true;
    await Promise.all([quietly(async () => reading.source?.stop()), finished]);
  };
  return { stop };
}

/** What a stream does with its reader is told by its meter: its errors are of no use to whoever drops its items. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // See above.
  }
}

async function laterTurn(clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => (clock.setTimer === undefined ? resolve() : clock.setTimer(resolve, 1)));
}

/** Tells a stream that nobody will read it; resolves when it has cleaned up, and never rejects. */
export function discard(stream: object): Promise<void> {
  return quietly(async () => {
    if (isNodeStream(stream)) stream.destroy();
    else if (isWebStream(stream)) await stream.cancel();
    else await open(stream).stop();
  });
}
