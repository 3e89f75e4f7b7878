/** Answers the Media room's questions to the models: what they rest on, and what runs would cost. */
import {
  callsOf,
  devicePrice,
  FLUSH_ROUTES,
  makeRequests,
  MEDIA_KINDS,
  MEDIA_TITLES,
  PARAMETERS,
  priceRequests,
  priceRun,
  SOURCES,
  type MediaCall,
  type MediaKind,
  type PriceOptions,
} from '../storage/media';
import type { StorageEvent } from '../storage/events';
import type { DevicePrice, MediaCard, MediaCatalogue, ParameterRow, PriceQuestion } from '../protocol/media';
import type { TraceRecord } from '../protocol/trace';

/** Longer runs come without their operations: the page has no use for more. */
const OPERATIONS_MAX = 2000;

export function describeMedia(): MediaCatalogue {
  const parameters = Object.entries(PARAMETERS).flatMap(([part, table]) =>
    Object.entries(table).map(([name, { value, unit, means, source }]): ParameterRow => {
      const { standing, cite } = SOURCES[source];
      return { part: part as ParameterRow['part'], name, value, unit, means, standing, cite };
    }),
  );
  return { cards: MEDIA_KINDS.map(cardOf), parameters, routes: FLUSH_ROUTES };
}

function cardOf(kind: MediaKind): MediaCard {
  const capacityBytes = PARAMETERS[kind].capacityBytes.value;
  return { kind, ...MEDIA_TITLES[kind], price: devicePrice(kind), capacityBytes };
}

/** @param recordsOf what a session did, as far as it is kept */
export function priceMedia(
  question: PriceQuestion,
  recordsOf: (session: number) => readonly TraceRecord[],
): readonly DevicePrice[] {
  switch (question.ask) {
    case 'workload':
      return MEDIA_KINDS.map((kind) => priceWorkload(kind, question));
    case 'calls':
      return priceCalls(question.calls, question.options);
    case 'session':
      return priceCalls(
        callsOf(
          recordsOf(question.session)
            .map(({ event }) => event)
            .filter(isStorageEvent),
        ),
        {},
      );
  }
}

function isStorageEvent(event: TraceRecord['event']): event is StorageEvent {
  return event.kind.startsWith('storage.');
}

export function priceCalls(calls: readonly MediaCall[], options: Partial<PriceOptions>): readonly DevicePrice[] {
  const bytes = calls.reduce((sum, call) => sum + call.bytes, 0);
  return MEDIA_KINDS.map((kind) => {
    const price = priceRun(calls, kind, options);
    const operations = calls.length <= OPERATIONS_MAX ? price.operations : [];
    return { ...price, operations, count: calls.length, bytes };
  });
}

/** Random places of a disk are anywhere on it; on flash and in memory it makes no difference where. */
function priceWorkload(
  kind: MediaKind,
  { spec, depth, wholeDevice }: Extract<PriceQuestion, { ask: 'workload' }>,
): DevicePrice {
  const capacity = PARAMETERS[kind].capacityBytes.value;
  const spanBytes =
    wholeDevice && kind === 'hdd' ? Math.floor(capacity / spec.blockBytes) * spec.blockBytes : spec.spanBytes;
  const requests = makeRequests({ ...spec, spanBytes });
  const price = priceRequests(requests, kind, depth, { modelledBytes: spec.spanBytes });
  const atRisk = { pageCacheBytes: 0, driveCacheBytes: kind === 'dram' ? price.counts.hostBytes : 0, lengths: 0 };
  return { ...price, operations: [], count: price.requests, atRisk };
}
