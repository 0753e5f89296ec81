/**
 * Ranks from 1, in the order of `values`; equal values share the mean of their ranks. `tieTerm` is the sum of t^3 - t over
 * groups of t equal values, by which rank tests correct their variance.
 */
export function ranksOf(values: readonly number[]): { ranks: number[]; tieTerm: number } {
  const order = values.map((_, index) => index).sort((i, j) => (values[i] as number) - (values[j] as number));
  const ranks = Array<number>(values.length).fill(0);
  let tieTerm = 0;
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end += 1;
    const size = end - start;
    tieTerm += size * (size * size - 1);
    for (let k = start; k < end; k += 1) ranks[order[k] as number] = (start + 1 + end) / 2;
    start = end;
  }
  return { ranks, tieTerm };
}
