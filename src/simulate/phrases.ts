const round = (value: number, digits = 2) => Number(value.toPrecision(digits));

/** `3.2 %` */
export function percent(fraction: number): string {
  return `${round(fraction * 100)} %`;
}

/** A difference of two rates: `1 point`, `0.4 points`. */
export function points(difference: number): string {
  const value = round(difference * 100);
  return `${value} ${value === 1 ? 'point' : 'points'}`;
}

/** `12 minutes`, `3.5 hours`, `2 days`. */
export function hours(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const;
  const [unit, length] = units.find(([, length]) => ms >= length) ?? (['second', 1000] as const);
  const value = round(ms / length);
  return `${value} ${unit}${value === 1 ? '' : 's'}`;
}

/** A whole count. */
export function count(value: number): string {
  return String(Math.round(value));
}
