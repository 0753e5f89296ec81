// Written as numbers, not as calls of Math, so that a bundler can leave out those that nothing uses.

/** ln(2 pi) */
export const logTwoPi = 1.8378770664093453;

/** ln(2 pi) / 2 */
export const halfLogTwoPi = 0.9189385332046727;

/** The square root of 2 pi. */
export const rootTwoPi = 2.5066282746310002;
