import { TurnoutError, messageOf } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import type { Metrics } from '../evidence/metric.js';
import type { Signal, Strategy } from '../strategies/strategy.js';
import type { Law } from './law.js';
import { type Look, strategyLooks } from './strategy-looks.js';
import { walk } from './strategy-walk.js';

/** What the laws are run over. */
export interface StrategyLawsOptions {
  /** Makes the strategy; called once per walk, so that nothing can be kept between two. */
  readonly create: () => Strategy;
  /** Goes before the name of each law. */
  readonly name?: string;
  /** The metrics of the router, where rules read some. */
  readonly metrics?: Metrics;
  /** Signals of your own, mixed in: the ends of special tasks, say. */
  readonly signals?: (rng: Rng) => Signal;
  /** Random walks per law. Default 20. */
  readonly walks?: number;
  /** Signals per walk. Default 60. */
  readonly steps?: number;
  /** Of the first walk; the others follow. Default 1. */
  readonly seed?: number;
}

const shown = (signal: Signal) => JSON.stringify(signal).slice(0, 160);

/**
 * The laws that every strategy keeps, ours or a user's, as named checks for any test runner:
 * `for (const law of strategyLaws({ create })) test(law.name, law.run)`. Each drives strategies by seeded random walks of ticks with
 * evidence, commands, ends of tasks and instances that come and go.
 */
export function strategyLaws(options: StrategyLawsOptions): readonly Law[] {
  const { create, name, metrics = {}, signals, walks = 20, steps = 60, seed = 1 } = options;
  const run = (law: string, make: () => Look) => {
    for (let index = 0; index < walks; index += 1) {
      const look = make();
      const trail: string[] = [];
      try {
        for (const step of walk({ create, metrics, steps, signals }, seed + index)) {
          trail.push(shown(step.signal));
          const complaint = look(step);
          if (complaint !== undefined) throw new TurnoutError('domain', complaint);
        }
      } catch (error) {
        const last = trail.slice(-5).join(' → ') || 'init';
        throw new TurnoutError(
          'domain',
          `It breaks "${law}" (seed ${seed + index}): ${messageOf(error)} After ${trail.length} signals: ${last}`,
          { cause: error },
        );
      }
    }
  };
  return Object.entries(strategyLooks).map(([law, make]) => ({
    name: name === undefined ? law : `${name} ${law}`,
    run: () => run(law, make),
  }));
}
