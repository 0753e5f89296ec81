export { type Claim, type Endpoint, httpEndpoint, type HttpEndpointOptions } from './endpoint.js';
export { parseSnapshot, type Snapshot } from './snapshot.js';
export {
  createRouter,
  type SnapshotDecision,
  SnapshotRouter,
  type SnapshotRouterOptions,
} from './snapshot-router.js';
