/**
 * What paper says about a B-tree, to stand beside what the engine did: capacity, fan-out, height, pages that a checkpoint
 * writes. Sizes are those of the format as `btree/page.ts` draws it; nothing here looks into a tree.
 */
const HEADER_BYTES = 36;
const SLOT_BYTES = 2;
const CHILD_BYTES = 4;
const MAP_ENTRY_BYTES = 8;
const SECTOR_BYTES = 512;
/** Of a log group, and of a record with one put: header, frame, lengths. */
const GROUP_BYTES = 48;
const RECORD_BYTES = 17 + 5;

/** Random keys leave pages ln 2 full, on average (Yao 1978); ascending ones fill them. */
export const RANDOM_FILL = Math.LN2;

const varint = (value: number): number => (value < 128 ? 1 : value < 16_384 ? 2 : 3);

export const leafCellBytes = (keyBytes: number, valueBytes: number): number =>
  varint(keyBytes) + keyBytes + varint(2 * valueBytes + 1) + valueBytes + SLOT_BYTES;

export const innerCellBytes = (separatorBytes: number): number =>
  varint(separatorBytes) + separatorBytes + CHILD_BYTES + SLOT_BYTES;

export interface TreeForm {
  /** Keys of a leaf, and children of an inner page, as full as they are on average. */
  readonly leafKeys: number;
  readonly fanOut: number;
  heightOf(keys: number): number;
  pagesOf(keys: number): number;
}

export function treeForm(pageBytes: number, leafCell: number, separatorBytes: number, fill: number): TreeForm {
  const usable = pageBytes - HEADER_BYTES;
  const leafKeys = Math.max(1, Math.floor(usable / leafCell) * fill);
  const fanOut = Math.max(2, Math.floor(usable / innerCellBytes(separatorBytes)) * fill + 1);
  const levels = (keys: number): number[] => {
    const pages = [Math.max(1, Math.ceil(keys / leafKeys))];
    while (pages.at(-1)! > 1) pages.push(Math.ceil(pages.at(-1)! / fanOut));
    return pages;
  };
  return {
    leafKeys,
    fanOut,
    heightOf: (keys) => levels(keys).length,
    pagesOf: (keys) => levels(keys).reduce((sum, pages) => sum + pages, 0),
  };
}

/** Different places that `draws` of `places` hit, on average, if each is as likely. */
export const placesHit = (places: number, draws: number): number => places * (1 - (1 - 1 / places) ** draws);

export interface AmplificationForm {
  readonly log: number;
  readonly pages: number;
  readonly map: number;
}

export interface UpdateSettings {
  readonly pageBytes: number;
  readonly valueBytes: number;
  readonly keys: number;
  readonly groupCommits: number;
  readonly checkpointLogBytes: number;
}

/** Bytes written for each byte put, by updates of a tree with full pages; copies come on top, page for page. */
export function amplificationForm(pattern: 'sequential' | 'random', settings: UpdateSettings): AmplificationForm {
  const { checkpointLogBytes, groupCommits, keys, pageBytes, valueBytes } = settings;
  const recordBytes = 16 + valueBytes;
  const groupBytes =
    Math.ceil((GROUP_BYTES + groupCommits * (RECORD_BYTES + recordBytes)) / SECTOR_BYTES) * SECTOR_BYTES;
  const logBytes = groupBytes / groupCommits;
  const updates = checkpointLogBytes / logBytes;
  const leafKeys = Math.floor((pageBytes - HEADER_BYTES) / leafCellBytes(16, valueBytes));
  const leaves = Math.ceil(keys / leafKeys);
  const dirty = pattern === 'random' ? placesHit(leaves, updates) : Math.min(leaves, updates / leafKeys + 1);
  const perMap = Math.floor((pageBytes - HEADER_BYTES) / MAP_ENTRY_BYTES);
  const mapPages = Math.ceil(leaves / perMap);
  const mapDirty = pattern === 'random' ? placesHit(mapPages, dirty) : Math.min(mapPages, dirty / perMap + 1);
  const top = mapPages > 1 ? 1 : 0;
  const extent = Math.max(SECTOR_BYTES, pageBytes);
  const user = updates * recordBytes;
  return { log: logBytes / recordBytes, pages: (dirty * extent) / user, map: ((mapDirty + top) * extent) / user };
}

/**
 * Reads of a lookup, every key as likely, into a pool that keeps the highest levels first: a page is asked for the more
 * often the fewer of its level there are. All that is known of the tree is its pages and its height.
 */
export function readsForm(pages: number, height: number, frames: number): number {
  let left = frames;
  let reads = 0;
  for (const ofLevel of levelsOf(pages, height)) {
    const kept = Math.min(ofLevel, left);
    reads += 1 - kept / ofLevel;
    left -= kept;
  }
  return reads;
}

/** Pages of each level from the root down, in a tree with the same fan-out everywhere. */
function levelsOf(pages: number, height: number): number[] {
  const levels = (fanOut: number): number[] => Array.from({ length: height }, (_, level) => fanOut ** level);
  let [low, high] = [1, pages];
  for (let i = 0; i < 60; i++) {
    const fanOut = (low + high) / 2;
    if (levels(fanOut).reduce((sum, ofLevel) => sum + ofLevel, 0) < pages) low = fanOut;
    else high = fanOut;
  }
  return levels(low);
}
