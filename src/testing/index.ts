export { FaultyStore } from './faulty-store.js';
export type { Fault, StoreCall } from './faulty-store.js';
export type { Law } from './law.js';
export { ManualClock } from './manual-clock.js';
export { storeLaws } from './store-laws.js';
export type { StoreUnderTest } from './store-laws.js';
