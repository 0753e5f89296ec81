/** What a recommender is asked: what somebody bought. */
export interface Request {
  readonly bought: readonly number[];
}

/** Something trained: how well each item of the shop would suit a shopper, larger is better. */
export type Scorer = (request: Request) => Float64Array;

/** How many items a list has. */
export const listLength = 8;

/** The items with the greatest scores, best first, without what was bought and what `isOffered` leaves out. */
export function best(scores: Float64Array, { bought }: Request, isOffered: (item: number) => boolean): number[] {
  const list: number[] = [];
  for (let item = 0; item < scores.length; item += 1) {
    const score = scores[item] as number;
    let place = list.length;
    while (place > 0 && score > (scores[list[place - 1] as number] as number)) place -= 1;
    if (place >= listLength || bought.includes(item) || !isOffered(item)) continue;
    list.splice(place, 0, item);
    if (list.length > listLength) list.pop();
  }
  return list;
}
