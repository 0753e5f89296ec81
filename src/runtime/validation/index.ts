export { validate } from './validate.js';
export type { ScoreDifference } from './score-difference.js';
export type { Scorer, ValidationCase, ValidationOptions, ValidationProgress } from './validation-options.js';
export type { LatencyQuantiles, ValidationFailure, ValidationReport } from './validation-report.js';
