export { betaBinomialBoundary } from './beta-binomial-boundary.js';
export { bestRho, type UniformBoundary } from './boundary.js';
export { empiricalProcessBound } from './empirical-process.js';
export { gammaExponentialBoundary, gammaPoissonBoundary } from './gamma-boundary.js';
export { normalBoundary } from './normal-boundary.js';
export { doubleStitching, polynomialStitching } from './stitching.js';
