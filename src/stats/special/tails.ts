/** Both sides of a distribution at a point, with their logarithms. Each keeps its digits however small it is. */
export interface Tails {
  readonly lower: number;
  readonly upper: number;
  readonly logLower: number;
  readonly logUpper: number;
}

/** ln(1 - exp(log)) for log <= 0, by whichever of two forms does not cancel. */
export function logComplement(log: number): number {
  return log > -Math.LN2 ? Math.log(-Math.expm1(log)) : Math.log1p(-Math.exp(log));
}

/** Both tails from the logarithm of one, which should be the smaller. Rounding above 0 is taken as certainty. */
export function tailsFrom(logTail: number, isLower: boolean): Tails {
  const log = Math.min(logTail, 0);
  const tail = Math.exp(log);
  const other = -Math.expm1(log);
  const logOther = logComplement(log);
  return isLower
    ? { lower: tail, upper: other, logLower: log, logUpper: logOther }
    : { lower: other, upper: tail, logLower: logOther, logUpper: log };
}

/** The tails at the left end of a support, or with `below` false at its right end. */
export function endTails(below: boolean): Tails {
  return tailsFrom(-Infinity, below);
}

export function mirrored(tails: Tails): Tails {
  return { lower: tails.upper, upper: tails.lower, logLower: tails.logUpper, logUpper: tails.logLower };
}
