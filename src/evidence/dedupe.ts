import { positiveCount, verify } from '../core/options.js';

/**
 * The reports that were counted lately, so that one which comes twice counts once.
 *
 * Two generations share the limit: when the younger is half of it, the older is forgotten. So memory is bounded, and a report is
 * never forgotten before limit / 2 newer ones came. Each replica keeps its own: a copy that reaches another one is not noticed.
 */
export class SeenReports {
  readonly #generationMax: number;
  #young = new Set<string>();
  #old = new Set<string>();
  #forgotten = 0;

  /** `limit` is in reports, at least 2 (default 65 536, some 8 MB when full). Throws ConfigError. */
  constructor(limit = 65_536) {
    verify('dedupe', 'dedupe', limit, positiveCount);
    this.#generationMax = Math.max(1, Math.floor(limit / 2));
  }

  /** How many reports the limit made it forget: from then on a copy of one of them would count again. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** How many reports it remembers. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** True the first time that this metric is reported of this decision, false while that is remembered. */
  first(id: string, metric: string): boolean {
    // The length keeps ('a', 'bc') and ('ab', 'c') apart.
    const key = `${id.length} ${id}${metric}`;
    if (this.#young.has(key) || this.#old.has(key)) return false;
    if (this.#young.size >= this.#generationMax) {
      this.#forgotten += this.#old.size;
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(key);
    return true;
  }
}
