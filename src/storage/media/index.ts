/** Device models: what the calls of a run would cost on memory, flash and disk. */
export { CAUSES, STAGES, type Cause, type Stage } from './bill';
export { DEVICE_DEFAULTS, type DeviceOptions, type MediaCounts } from './device';
export { FLUSH_ROUTES, type FlushReach, type FlushRoute } from './flush_reach';
export { MEDIA_KINDS, MEDIA_TITLES, PARAMETERS, SOURCES, type MediaKind, type Standing } from './parameters';
export {
  callsOf,
  devicePrice,
  makeDevice,
  priceRequests,
  priceRun,
  type MediaCall,
  type OperationPrice,
  type Price,
  type PriceOptions,
  type RequestPrice,
  type RunPrice,
} from './price';
export { STACK_DEFAULTS, StorageStack } from './stack';
export { makeRequests, type WorkloadSpec } from './workload';
