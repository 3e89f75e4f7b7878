/**
 * The Media room's questions and answers. Two kinds of truth go over this wire and never mix: what was *measured* on
 * the visitor's own disk, through real files of a scratch folder, and what a *model* says the same calls would cost.
 */
import type {
  FlushRoute,
  MediaCall,
  MediaKind,
  OperationPrice,
  Price,
  PriceOptions,
  Standing,
  WorkloadSpec,
} from '../storage/media';
import type { JobId } from './job';
import type { SessionId } from './trace';

// ---- The models

export interface MediaCard {
  readonly kind: MediaKind;
  readonly title: string;
  readonly product: string;
  /** USD, of the whole device. */
  readonly price: number;
  readonly capacityBytes: number;
}

export interface ParameterRow {
  readonly part: MediaKind | 'host';
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly means: string;
  readonly standing: Standing;
  readonly cite: string;
}

/** Everything the models rest on. */
export interface MediaCatalogue {
  readonly cards: readonly MediaCard[];
  readonly parameters: readonly ParameterRow[];
  readonly routes: readonly FlushRoute[];
}

/** What is to be priced on every device. */
export type PriceQuestion =
  /** Requests straight to the device, as data sheets state them. */
  | { readonly ask: 'workload'; readonly spec: WorkloadSpec; readonly depth: number; readonly wholeDevice: boolean }
  /** Calls of a page, through the system above the device. */
  | { readonly ask: 'calls'; readonly calls: readonly MediaCall[]; readonly options: Partial<PriceOptions> }
  /** What a session did, as far as its record is kept: the run of any room. */
  | { readonly ask: 'session'; readonly session: SessionId };

export interface DevicePrice extends Price {
  /** Calls or requests priced, and the bytes they named. */
  readonly count: number;
  readonly bytes: number;
  /** One by one, for runs of at most 2,000 calls; else empty. */
  readonly operations: readonly OperationPrice[];
  /** What a power cut right after the run would take, in bytes; lengths of files the journal does not know. */
  readonly atRisk: { readonly pageCacheBytes: number; readonly driveCacheBytes: number; readonly lengths: number };
}

// ---- Your disk

/** A latency distribution. Values are of one call: where calls were too quick for the clock, the mean of a batch. */
export interface Distribution {
  /** Samples taken. */
  readonly samples: number;
  /** Calls in one sample: 1, or so many that the clock can tell. */
  readonly callsPerSample: number;
  /** What the clock cannot tell apart, for one call. */
  readonly resolutionNs: number;
  readonly meanNs: number;
  /**
   * The median. Where the clock is too coarse to tell medians, the mean of the quickest nine tenths: a coarse clock
   * counts whole steps, and those add up.
   */
  readonly typicalNs: number;
  readonly minNs: number;
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
  readonly bins: readonly { readonly fromNs: number; readonly toNs: number; readonly count: number }[];
}

export type ProbeSeries = 'read_sequential' | 'read_random' | 'write_sequential' | 'write_random';

/** What was dirty when a flush was timed. */
export type FlushCase = 'nothing' | 'page' | 'page_grown' | 'one_mib' | 'one_mib_scattered';

export type ProbeNote =
  | { readonly kind: 'clock'; readonly stepNs: number; readonly storage: 'opfs' | 'memory' }
  | { readonly kind: 'call'; readonly series: ProbeSeries; readonly bytes: number; readonly times: Distribution }
  | { readonly kind: 'flush'; readonly case: FlushCase; readonly times: Distribution }
  | { readonly kind: 'end'; readonly writtenBytes: number; readonly ms: number };

// ---- The same updates, laid out in three ways

export type LayoutId = 'append' | 'in_place' | 'in_place_safe';

export interface LayoutSpec {
  readonly rows: number;
  readonly rowBytes: number;
  readonly updates: number;
  /** Updates made durable by one flush. */
  readonly batch: number;
  /** Groups of the log start at multiples of this: 512, or 4096, so that no page of the system is written twice. */
  readonly alignBytes: 512 | 4096;
  readonly seed: number;
}

export interface LayoutResult {
  readonly layout: LayoutId;
  readonly spec: LayoutSpec;
  readonly storage: 'opfs' | 'memory';
  /** Measured here, through real files. */
  readonly ms: number;
  readonly reads: number;
  readonly writes: number;
  readonly flushes: number;
  readonly writtenBytes: number;
  readonly rowBytesUpdated: number;
  /** Measured: what recovery has to read after a crash now, and whether a torn write can be told and repaired. */
  readonly recovery: {
    readonly ms: number;
    readonly bytes: number;
    readonly repairs: boolean;
    readonly sentence: string;
  };
  /** Measured: what has to be read and written again to get back the room of overwritten rows. */
  readonly cleaning: { readonly ms: number; readonly readBytes: number; readonly writtenBytes: number };
  /** Modelled: the same calls on each device. */
  readonly prices: readonly DevicePrice[];
  /** Modelled: the same updates for ever, on a flash drive that the data fills. Bytes on flash for each byte written. */
  readonly later: { readonly writtenBytes: number; readonly movedBytes: number; readonly paddedBytes: number };
}

export interface MediaApi {
  describeMedia(): Promise<MediaCatalogue>;
  /** One price for each device, in the order of the catalogue. */
  priceMedia(question: PriceQuestion): Promise<readonly DevicePrice[]>;
  /** Job: times reads, writes and flushes in scratch files; posts a `ProbeNote` for each series. */
  probeMedia(port: MessagePort): Promise<JobId>;
  /** Job: the same updates in each layout, one after another; posts a `LayoutResult` for each. */
  compareLayouts(spec: LayoutSpec, port: MessagePort): Promise<JobId>;
}
