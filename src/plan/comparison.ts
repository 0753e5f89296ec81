/** What a shadow's output is compared with: the output that the user got, on the same input. */
export interface ComparedPair {
  readonly primary: unknown;
  readonly shadow: unknown;
  readonly input: unknown;
}

/** How the outputs of a primary and its shadow are held against each other. A callback that throws counts as an error. */
export interface Comparison {
  /** True when the two agree. */
  readonly compare: (pair: ComparedPair) => boolean;
  /** True for a pair that must not be judged: known differences, for one. */
  readonly ignore?: (pair: ComparedPair) => boolean;
  /** What is kept of an output in the sample of differences: the place to take out personal data. */
  readonly clean?: (output: unknown) => unknown;
}
