export { FaultyStore } from './faulty-store.js';
export type { Fault, StoreCall } from './faulty-store.js';
export type { Law } from './law.js';
export { ManualClock } from './manual-clock.js';
export { storeLaws } from './store-laws.js';
export type { StoreUnderTest } from './store-laws.js';
export { fakeCell, fakeStratum, fakeView } from './fake-view.js';
export { strategyLaws } from './strategy-laws.js';
export type { StrategyLawsOptions } from './strategy-laws.js';
