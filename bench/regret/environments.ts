/** A Bernoulli bandit: the arms' means, and how many decisions are made. */
export interface Environment {
  readonly name: string;
  readonly means: readonly number[];
  readonly horizon: number;
}

const nine = Array.from({ length: 9 }, () => 0.4);

/** A and B are the settings of Garivier and Cappé (2011); C is the log of SMPyBandits; D to F are small differences. */
export const environments: readonly Environment[] = [
  { name: 'A', means: [0.9, 0.8], horizon: 5_000 },
  { name: 'B', means: [0.1, 0.05, 0.05, 0.05, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01], horizon: 20_000 },
  { name: 'C', means: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], horizon: 10_000 },
  { name: 'D', means: [0.5, ...nine], horizon: 10_000 },
  { name: 'E', means: [0.05, 0.045], horizon: 100_000 },
  { name: 'F', means: [0.5, 0.45, 0.4], horizon: 10_000 },
];
