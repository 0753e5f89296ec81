/** Nodes in (-1, 1), ascending, and weights that sum to 2. */
export interface Rule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/**
 * The Gauss-Legendre rule with `count` nodes (1 to 1024): exact for polynomials up to degree 2 count - 1. Nodes are the
 * zeros of the Legendre polynomial, by Newton steps from the asymptotic guess cos(pi (i + 3/4) / (n + 1/2)).
 */
export function gaussLegendre(count: number): Rule {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < (count + 1) >> 1; i += 1) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    // Newton gains digits so fast that the fifth step changes nothing any more.
    for (let step = 0; step < 5; step += 1) {
      let before = 1;
      let value = x;
      for (let n = 2; n <= count; n += 1) {
        [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
      }
      slope = (count * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    nodes[i] = -x;
    nodes[count - 1 - i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
    weights[count - 1 - i] = weights[i] as number;
  }
  return { nodes, weights };
}
