/** Points of a curve, thinned as it grows: never more than twice `max`, from its beginning to its end. */
export class Series<T> {
  readonly #max: number;
  readonly #isWorthKeeping: (point: T, before: T) => boolean;
  #points: { readonly index: number; readonly point: T }[] = [];
  #stride = 1;
  #count = 0;
  #last: T | undefined;

  /** `isWorthKeeping` marks points that are kept between the others, such as those at which something turned. */
  constructor(max: number, isWorthKeeping: (point: T, before: T) => boolean = () => false) {
    this.#max = max;
    this.#isWorthKeeping = isWorthKeeping;
  }

  add(point: T): void {
    const index = this.#count;
    this.#count += 1;
    const isTurn = this.#last !== undefined && this.#isWorthKeeping(point, this.#last);
    this.#last = point;
    if (index % this.#stride !== 0 && !isTurn) return;
    // A turn stands at an index of its own, so that it survives one thinning more than its neighbours.
    this.#points.push({ index: isTurn ? -1 : index, point });
    while (this.#points.length > 2 * this.#max) this.#thin();
  }

  /** The points in their order, the last one always among them. */
  get points(): readonly T[] {
    const points = this.#points.map(({ point }) => point);
    return this.#last !== undefined && points.at(-1) !== this.#last ? [...points, this.#last] : points;
  }

  #thin(): void {
    this.#stride *= 2;
    const kept = this.#points.filter(({ index }) => index < 0 || index % this.#stride === 0);
    // More turns than there is room for: they are thinned as all else.
    this.#points = kept.length > 1.5 * this.#max ? kept.filter((_, at) => at % 2 === 0) : kept;
  }
}
