import { messageOf } from '../core/errors.js';
import type { HistoryEntry } from './control/store.js';
import { Events } from './events.js';
import { type Alert, type RouterEvents, eventNames } from './router-events.js';
import type { Logger } from './router-options.js';

const operationsMax = 100;
const levels = { info: 'info', warning: 'warn', critical: 'error' } as const;

/** Everything that a router tells the world: events, the logger, and counts of what failed. Nothing here can throw. */
export class Telemetry<M extends string> {
  readonly events: Events<RouterEvents<M>>;
  readonly #router: string;
  readonly #logger: Logger | undefined;
  readonly #errors = new Map<string, number>();

  constructor(router: string, logger: Logger | undefined) {
    this.#router = router;
    this.#logger = logger;
    this.events = new Events<RouterEvents<M>>(eventNames, (error, event) => ({
      operation: `listener of ${event}`,
      error,
    }));
  }

  /** Builds the payload only if somebody listens. */
  emit<E extends keyof RouterEvents<M>>(event: E, payload: () => RouterEvents<M>[E]): void {
    if (this.events.has(event)) this.events.emit(event, payload());
  }

  alert(alert: Alert): void {
    const { severity, why } = alert;
    this.#log(levels[severity], why, alert);
    this.emit('alert', () => alert);
  }

  /** Trouble that no request felt. */
  error(error: unknown, operation: string): void {
    const known = this.#errors.get(operation);
    if (known !== undefined || this.#errors.size < operationsMax) this.#errors.set(operation, (known ?? 0) + 1);
    this.#log('error', `${operation}: ${messageOf(error)}`, { operation, error });
    this.emit('error', () => ({ operation, error }));
  }

  /** What a stored change has to tell. */
  history(entries: readonly HistoryEntry[]): void {
    for (const { node, from, to, why, at, facts, alert } of entries) {
      if (alert !== undefined) {
        this.alert({ ...alert, node, why, at, facts });
        continue;
      }
      this.#log('info', `${node}: ${from} → ${to}: ${why}`, { node, from, to, ...facts });
      this.emit('transition', () => ({ node, from, to, why, facts }));
    }
  }

  counters(): Readonly<Record<string, number>> {
    const errors = [...this.#errors].map(([operation, n]) => [`errors: ${operation}`, n] as const);
    return { unreportedErrors: this.events.unreported, ...Object.fromEntries(errors) };
  }

  #log(level: 'info' | 'warn' | 'error', message: string, fields: object): void {
    try {
      this.#logger?.[level](message, { router: this.#router, ...fields });
    } catch {
      // A logger that throws has nobody left to tell.
    }
  }
}
