/** How an LSM tree is to work. What a table was built with, the table says itself: all of it may change from one opening to the next. */
/** `partitioned`: a filter for each run of data blocks, read when needed; `full`: one for the table, read with it. */
export type FilterKind = 'none' | 'full' | 'partitioned';

export interface FilterOptions {
  readonly kind: FilterKind;
  /** On average over all levels; how they share it is `allocation`. */
  readonly bitsPerKey: number;
  /** `equal`: each level the same; `monkey`: more for the small levels (Dayan, Athanassoulis, Idreos 2017, section 4). */
  readonly allocation: 'equal' | 'monkey';
  /** In place of both: bits a key for each level, level 0 first; deeper levels are as the last one named. */
  readonly byLevel?: readonly number[];
}

/** Which tables are merged when (see policy.ts). */
export type PolicyOptions =
  /** One sorted run a level, each `ratio` times the one above (O'Neil et al. 1996; LevelDB). */
  | { readonly kind: 'leveled'; readonly ratio: number; readonly l0Tables: number }
  /** Up to `ratio` sorted runs a level, merged into one of the next (Dayan, Idreos 2018, section 2: tiering). */
  | { readonly kind: 'tiered'; readonly ratio: number }
  /** Tiered, with a leveled last level (Dayan, Idreos 2018, section 4: lazy leveling). */
  | { readonly kind: 'lazy_leveling'; readonly ratio: number };

export interface LsmTuning {
  /** A memtable of more becomes immutable, and a table at the next checkpoint. */
  readonly memtableBytes: number;
  /** Data, index and filter blocks kept in memory. */
  readonly cacheBytes: number;
  /** A data block is closed when it has so many, before its trailer. */
  readonly blockBytes: number;
  /** A compaction begins another table when this one has so many; one flushed from a memtable may be longer. */
  readonly tableBytes: number;
  /** Every so many entries of a block have their whole key. */
  readonly restartInterval: number;
  readonly filter: FilterOptions;
  readonly policy: PolicyOptions;
}

export const DEFAULT_LSM_TUNING: LsmTuning = Object.freeze({
  memtableBytes: 4 * 1024 * 1024,
  cacheBytes: 8 * 1024 * 1024,
  blockBytes: 4096,
  tableBytes: 2 * 1024 * 1024,
  restartInterval: 16,
  filter: { kind: 'full', bitsPerKey: 10, allocation: 'equal' },
  policy: { kind: 'leveled', ratio: 10, l0Tables: 4 },
} as const);

/** On unless the lab or the crash suite switches them off. */
export interface LsmProtections {
  /** Blocks, footers and manifest records are held against their checksums when read. */
  readonly blockChecksum: boolean;
  /** A write is believed only if the device took every byte. */
  readonly wholeWrites: boolean;
  /** Tables are flushed before the manifest names them. */
  readonly tablesBeforeManifest: boolean;
  /** The manifest is flushed before what it no longer names is given away. */
  readonly manifestBeforeReuse: boolean;
  /** A tombstone stays until nothing older of its key can lie below it. */
  readonly tombstonesToTheBottom: boolean;
}
export const ALL_LSM_PROTECTIONS: LsmProtections = Object.freeze({
  blockChecksum: true,
  wholeWrites: true,
  tablesBeforeManifest: true,
  manifestBeforeReuse: true,
  tombstonesToTheBottom: true,
});

/** What a level may have before something of it moves down. */
export interface LevelLimit {
  readonly runsMax: number;
  /** Where it is bytes that count as well. */
  readonly bytesMax?: number;
}
