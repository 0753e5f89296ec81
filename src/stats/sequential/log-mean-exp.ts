/** ln(mean of exp(x)): the mean of e-values whose logs may be far outside what `exp` can hold. No values: -Infinity. */
export function logMeanExp(logs: readonly number[]): number {
  const greatest = Math.max(...logs);
  if (!Number.isFinite(greatest)) return greatest;
  return greatest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - greatest), 0) / logs.length);
}
