import { isThenable } from '../waiting/promises.js';
import type { StreamMeter } from './stream-meter.js';

type Method = (...args: unknown[]) => unknown;
type Methods = Readonly<Record<PropertyKey, unknown>>;

const isMethod = (value: unknown): value is Method => typeof value === 'function';
function isDone(result: unknown): boolean {
  try {
    return Boolean((result as { readonly done?: unknown }).done);
  } catch {
    // No result at all, which is for the reader to find out.
    return false;
  }
}

/**
 * Calls `onResult` or `onError` with what `result` comes to, before whoever gets the returned value can see it. A native promise is
 * returned as it is; a foreign thenable may do its work again for each `then`, so it is asked once.
 */
function observe(result: unknown, onResult: (value: unknown) => void, onError: (error: unknown) => void): unknown {
  if (!isThenable(result)) {
    onResult(result);
    return result;
  }
  const promise = result instanceof Promise ? result : Promise.resolve(result);
  promise.then(onResult, onError);
  return promise;
}

/** Calls one of the source's own methods and tells the meter what came of it; `ends` if the stream is over after it in any case. */
function step(source: object, method: Method, args: unknown[], meter: StreamMeter, ends = false): unknown {
  const onError = (error: unknown): void => meter.broke(error);
  meter.asked();
  let result: unknown;
  try {
    result = Reflect.apply(method, source, args);
  } catch (error) {
    onError(error);
    throw error;
  }
  return observe(result, (value) => (ends || isDone(value) ? meter.ended() : meter.item()), onError);
}

function opened(source: object, open: Method, meter: StreamMeter): unknown {
  try {
    return Reflect.apply(open, source, []);
  } catch (error) {
    meter.broke(error);
    throw error;
  }
}

/** What replaces a method of the source, or undefined for those that are left alone. */
function replacement(source: object, proxy: object, key: PropertyKey, meter: StreamMeter): Method | undefined {
  const value: unknown = Reflect.get(source, key, source);
  if (key === Symbol.asyncIterator && isMethod(value)) {
    let started = false;
    return () => {
      const iterator = opened(source, value, meter);
      if (iterator === source) return proxy;
      // A collection that can be read again: the first reading is the request's, later ones are nobody's business.
      if (started || typeof iterator !== 'object' || iterator === null) return iterator;
      started = true;
      return watchIterable(iterator, meter);
    };
  }
  // Where the platform has no such symbol, no key is undefined.
  if (key === Symbol.asyncDispose && isMethod(value)) {
    return (...args) => {
      meter.cancelling();
      return step(source, value, args, meter, true);
    };
  }
  if (!isMethod((source as Methods)['next'])) return undefined;
  if (key === 'next' && isMethod(value)) return (...args) => step(source, value, args, meter);
  if (key === 'throw' && isMethod(value)) {
    return (...args) => {
      meter.cancelling();
      return step(source, value, args, meter);
    };
  }
  if (key === 'return') {
    return (...args) => {
      meter.cancelling();
      if (isMethod(value)) return step(source, value, args, meter);
      // The source need not know that its reader left; the meter must.
      meter.ended();
      return Promise.resolve({ done: true, value: args[0] });
    };
  }
  return undefined;
}

/** A method that can be called on the proxy and runs on the source, whose private fields a proxy does not have. */
function onSource(method: Method, source: object, proxy: object): Method {
  return new Proxy(method, {
    apply: (target, self, args) => {
      const result: unknown = Reflect.apply(target, self === proxy ? source : self, args);
      return result === source ? proxy : result;
    },
  });
}

/**
 * An async iterable or iterator that behaves as `source` in everything and tells `meter` how its first reading goes: the same
 * items, errors, extra properties and prototype. Only reading by iteration is seen, not by other methods of its own.
 */
export function watchIterable(source: object, meter: StreamMeter): object {
  const methods = new Map<PropertyKey, { readonly value: unknown; readonly method: Method }>();
  const get = (_: object, key: PropertyKey): unknown => {
    const value: unknown = Reflect.get(source, key, source);
    const known = methods.get(key);
    if (known !== undefined && known.value === value) return known.method;
    const replaced = replacement(source, proxy, key, meter);
    if (replaced === undefined && (!isMethod(value) || key === 'constructor')) return value;
    const method = replaced ?? onSource(value as Method, source, proxy);
    methods.set(key, { value, method });
    return method;
  };
  // The proxy's own target is an empty object, since over a frozen one no property could be given another value.
  const proxy: object = new Proxy(
    {},
    {
      get,
      set: (_, key, value) => Reflect.set(source, key, value, source),
      has: (_, key) => Reflect.has(source, key),
      deleteProperty: (_, key) => Reflect.deleteProperty(source, key),
      defineProperty: (_, key, descriptor) => Reflect.defineProperty(source, key, descriptor),
      ownKeys: () => Reflect.ownKeys(source),
      getPrototypeOf: () => Reflect.getPrototypeOf(source),
      setPrototypeOf: (_, prototype) => Reflect.setPrototypeOf(source, prototype),
      preventExtensions: () => false,
      getOwnPropertyDescriptor: (_, key) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(source, key);
        return descriptor === undefined ? undefined : { ...descriptor, configurable: true };
      },
    },
  );
  return proxy;
}
