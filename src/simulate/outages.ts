import {
  type Check,
  count,
  duration,
  fraction,
  must,
  object,
  oneOf,
  optional,
  positive,
  text,
} from '../core/options.js';
import { isObject } from '../core/json.js';

/** A time in which something does not work. */
export type Outage = {
  /** Milliseconds after the start. */
  readonly atMs: number;
  readonly forMs: number;
} & (
  | {
      /** The calls of a model fail. */
      readonly of: 'model';
      readonly model: string;
      /** The chance that one fails meanwhile. Default 1. */
      readonly errorRate?: number;
    }
  | {
      /**
       * A replica is gone with what it had not sent yet; the others take its requests, and another one comes in its
       * place.
       */
      readonly of: 'replica';
      /** From 0. */
      readonly replica: number;
    }
  | {
      /** The store does not answer. */
      readonly of: 'store';
      /** Only this replica is cut off from it. Default: all are. */
      readonly replica?: number;
      /**
       * What is lost: the call, or the answer of a call that took effect, or now one and now the other. Default
       * `'call'`.
       */
      readonly loses?: 'call' | 'answer' | 'either';
    }
);

const isDuring = ({ atMs, forMs }: Outage, nowMs: number): boolean => nowMs >= atMs && nowMs < atMs + forMs;

/** What does not work when. */
export class Outages {
  readonly #all: readonly Outage[];

  constructor(outages: readonly Outage[]) {
    this.#all = outages;
  }

  /** The moments at which something breaks or works again, in ascending order. */
  get edges(): readonly number[] {
    return [...new Set(this.#all.flatMap(({ atMs, forMs }) => [atMs, atMs + forMs]))].sort((a, b) => a - b);
  }

  /** Whether any outage is of this model. */
  concerns(model: string): boolean {
    return this.#all.some((outage) => outage.of === 'model' && outage.model === model);
  }

  /** The chance that a call of the model fails for an outage. */
  ofModel(model: string, nowMs: number): number {
    let worst = 0;
    for (const outage of this.#all) {
      if (outage.of === 'model' && outage.model === model && isDuring(outage, nowMs)) {
        worst = Math.max(worst, outage.errorRate ?? 1);
      }
    }
    return worst;
  }

  ofReplica(replica: number, nowMs: number): boolean {
    return this.#all.some((outage) => outage.of === 'replica' && outage.replica === replica && isDuring(outage, nowMs));
  }

  /** What a replica loses of its calls of the store; undefined while it answers. */
  ofStore(replica: number, nowMs: number): 'call' | 'answer' | 'either' | undefined {
    for (const outage of this.#all) {
      if (outage.of === 'store' && (outage.replica ?? replica) === replica && isDuring(outage, nowMs)) {
        return outage.loses ?? 'call';
      }
    }
    return undefined;
  }
}

const span = { atMs: duration, forMs: positive, of: oneOf('model', 'replica', 'store') };
const kinds: Readonly<Record<string, Check>> = {
  model: object({ ...span, model: text, errorRate: optional(fraction) }),
  replica: object({ ...span, replica: count }),
  store: object({ ...span, replica: optional(count), loses: optional(oneOf('call', 'answer', 'either')) }),
};
const kindCheck: Check = (value, path, issues) => {
  const kind = isObject(value) ? kinds[String(value['of'])] : undefined;
  (kind ?? must("{ of: 'model' }, { of: 'replica' } or { of: 'store' }", () => false))(value, path, issues);
};

/** The check of an outage. */
export const outageCheck: Check = kindCheck;
