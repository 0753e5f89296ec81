import { verify } from '../core/options.js';
import type { Metrics } from '../evidence/metric.js';
import type { BuiltIn } from '../runtime/router-options.js';
import type { ModelsOf, Strategy } from '../strategies/strategy.js';
import type { SimulationResult } from './result.js';
import { Simulation } from './simulation.js';
import { type SimulationOptions, simulationCheck } from './simulation-options.js';
import { worldOf } from './world.js';

/**
 * Runs a plan on virtual time: the real control loop, strategies, guardrails and ledger, with requests and outcomes
 * that are drawn or were recorded. One seed gives one run, bit by bit; memory does not depend on the number of
 * requests.
 *
 * Calls settle at once, their latency is a number; shadows have no queue; clocks are right. Throws a ConfigError with
 * every mistake; rejects with `aborted` when the signal says so.
 */
export async function simulate<
  const S extends Strategy<string, NoInfer<(keyof Qs & string) | BuiltIn>>,
  Qs extends Metrics = Record<never, never>,
>(options: SimulationOptions<Qs, S, ModelsOf<S>>): Promise<SimulationResult> {
  // What S and Qs are was inferred for the caller, who alone needs it.
  return runSimulation(options as unknown as SimulationOptions);
}

/** The same without inference. */
export async function runSimulation(options: SimulationOptions): Promise<SimulationResult> {
  verify('simulate', 'options', options, simulationCheck);
  const simulation = new Simulation(options, await worldOf(options));
  try {
    return await simulation.run();
  } finally {
    await simulation.close();
  }
}
