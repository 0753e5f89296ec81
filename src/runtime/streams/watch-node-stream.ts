import type { StreamMeter } from './stream-meter.js';

/** What is used of Node's stream.Readable, which is recognised by its shape: this library runs without Node, too. */
export interface NodeReadable {
  on(event: 'end' | 'close', listener: () => void): unknown;
  pipe(destination: unknown): unknown;
  push(chunk: unknown, encoding?: unknown): boolean;
  destroy(error?: Error): unknown;
  readonly readableLength: number;
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  readonly errored: Error | null;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

export function isNodeStream(value: object): value is NodeReadable {
  const it = value as Partial<Record<keyof NodeReadable, unknown>>;
  return isFunction(it.pipe) && isFunction(it.push) && isFunction(it.on) && typeof it.readableLength === 'number';
}

// What a pipeline does to its source when the reader goes away: the client hung up, the model did nothing wrong.
const readerLeft = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ABORT_ERR']);

/**
 * Watches a Node stream without taking anything from it: the stream itself is what the caller gets. The first item is timed
 * when the model delivers it, whether or not it is read at once. An error handed to `destroy` counts as the model's, except
 * those that mean that the reader left.
 */
export function watchNodeStream(stream: NodeReadable, meter: StreamMeter): void {
  const judge = (): void => {
    const error = stream.errored;
    if (stream.readableEnded) meter.ended();
    else if (error === null || ('code' in error && readerLeft.has(String(error.code)))) {
      meter.cancelling();
      meter.ended();
    } else meter.broke(error);
  };
  if (stream.readableLength > 0) meter.item();
  // Ended or destroyed before it was handed over: it will say so no more.
  if (stream.readableEnded || stream.destroyed) {
    judge();
    return;
  }
  // Listening for data would set the stream flowing, and listening for errors would hide them from the process.
  stream.on('end', judge);
  stream.on('close', judge);
  const push = stream.push;
  Reflect.defineProperty(stream, 'push', {
    configurable: true,
    writable: true,
    value: function delivered(this: NodeReadable, chunk: unknown, ...rest: unknown[]): boolean {
      if (chunk !== null) meter.item();
      return Reflect.apply(push, this, [chunk, ...rest]) as boolean;
    },
  });
}
