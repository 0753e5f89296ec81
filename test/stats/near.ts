/** The relative distance of a value from the truth; absolute where the truth is 0. */
export function relative(value: number, truth: number): number {
  return Math.abs(truth === 0 ? value : value / truth - 1);
}

export const domainError = { name: 'TurnoutError', code: 'domain' };
