import type { Context } from './context.js';
import type { Json } from './json.js';

/** A condition as data: one operator key, whose value is its operands. It travels in plans and stored states. */
export type JsonCondition = { readonly [operator: string]: Json };

/** Which requests a rule is for. A function that throws counts as false. */
export type Condition = JsonCondition | ((context: Context) => boolean);
