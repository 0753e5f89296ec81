// The runtime holds this store, since a router without a store keeps its state in one; this is its public name.
export { memoryStore } from '../runtime/control/memory-store.js';
