/**
 * Opening a tree: its map is read, level by level, and every page has a place again. Pages themselves are read when
 * somebody asks for them; but for those that a checkpoint may have been writing over when it was interrupted.
 */
import { EngineError, isEngineError } from '../base/errors';
import { lsn, pageId, type ExtentId, type Lsn } from '../base/ids';
import type { DataFileName } from '../storage/extent_allocator';
import { findCopies, NO_COPIES, type CopiedPages } from './copied_pages';
import type { MapLoaded } from './events';
import { findImages } from './log_images';
import type { BTreeOptions } from './options';
import { cellBytesOf } from './page';
import { mapEntries, PageMap, type PagePlace } from './page_map';
import { Pager } from './pager';
import { Tree } from './tree';
import { decodeTreeRoot, type TreeRoot } from './tree_root';

export interface OpenedTree {
  readonly pager: Pager;
  readonly map: PageMap;
  readonly tree: Tree;
  readonly lsn: Lsn;
  readonly copies: CopiedPages;
  /** For salvage: what of the map could not be read, first. */
  readonly damage: EngineError | undefined;
}

/** Reads, and writes nothing. @throws EngineError page_damaged, read_failed */
export function openTree(rootBytes: Uint8Array, options: BTreeOptions): OpenedTree {
  const { allocator, pageBytes, poolBytes, protections, storeSeed, trace } = options;
  const pager = new Pager({
    allocator,
    storeSeed,
    pageBytes,
    poolBytes,
    verifyChecksums: protections.pageChecksum,
    wholeWrites: protections.wholeWrites,
    trace,
  });
  const map = new PageMap(pageBytes);
  trace?.emit({ kind: 'btree.tree_opened', pageBytes, protection: options.protection, frames: pager.pool.capacity });
  if (rootBytes.length === 0) {
    return { pager, map, tree: Tree.empty(pager, lsn(0), trace), lsn: lsn(0), copies: NO_COPIES, damage: undefined };
  }
  const root = decodeTreeRoot(rootBytes);
  if (root?.pageBytes !== pageBytes) {
    const problem = 'The superblock does not hold the root of a tree with these pages.';
    const damage = new EngineError('page_damaged', problem, { file: 'superblock' });
    if (options.isSalvage !== true) throw damage;
    return { pager, map, tree: Tree.empty(pager, lsn(0), trace), lsn: lsn(0), copies: NO_COPIES, damage };
  }
  const { damage, mapPages } = loadMap(root, map, pager, options);
  const { height, keys, needsMending, userBytes } = root;
  const shape = { root: root.root, height, keys, userBytes, needsMending };
  const copied = findCopies(root, map, pager, options);
  const copies = { ...copied, pages: [...copied.pages, ...findImages(root, map, pager, options)] };
  trace?.emit({
    kind: 'btree.map_loaded',
    root: root.root,
    height: root.height,
    pages: pager.pageCount,
    mapPages,
    entries: pager.pages().map((page) => ({ page, extent: map.place(page)!.extent, crc: map.place(page)!.crc })),
    others: [...mapExtents(map, pager), ...copies.extents],
    ...copiesInWords(copies),
  });
  return { pager, map, tree: new Tree(pager, shape, root.lsn, trace), lsn: root.lsn, copies, damage };
}

interface LoadedMap {
  readonly mapPages: number;
  readonly damage: EngineError | undefined;
}

/** For salvage, what cannot be read of the map is passed over: the pages it knew of are not found then. */
function loadMap(root: TreeRoot, map: PageMap, pager: Pager, options: BTreeOptions): LoadedMap {
  const found: { damage?: EngineError } = {};
  const passOver = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (options.isSalvage !== true || !isEngineError(error, 'page_damaged')) throw error;
      found.damage ??= error;
    }
  };
  let numbers: number[] = [];
  let mapPages = 0;
  passOver(() => {
    claim(root.map, pager, options);
    map.loadTop(root.mapDepth, root.map);
    numbers = [0];
  });
  for (let level = root.mapDepth; level > 0; level--) {
    const below: number[] = [];
    const load = (number: number): void => {
      const bytes = pager.readMapPlace(level, number, map.mapPlace(level, number)!);
      mapPages++;
      for (const entry of map.load(bytes, level, number, mapEntries(bytes, cellBytesOf(bytes)))) {
        const place = level === 1 ? map.place(entry) : map.mapPlace(level - 1, entry);
        passOver(() => {
          claim(place!, pager, options);
          if (level === 1) pager.adopt(pageId(entry), place!);
          below.push(entry);
        });
      }
    };
    for (const number of numbers) passOver(() => load(number));
    numbers = below;
  }
  if (found.damage) pager.adoptNoneFree(root.mapEntries);
  else pager.adoptFree();
  pager.preferredFile = fileOfMost(map, pager, options);
  return { mapPages, damage: found.damage };
}

/** New pages go where most are: a file that was emptied by a rebuild stays empty. */
function fileOfMost(map: PageMap, pager: Pager, { allocator }: BTreeOptions): DataFileName {
  let inFirst = 0;
  for (const page of pager.pages()) {
    const place = map.place(page);
    if (place && allocator.locate(place.extent).name === 'data_0') inFirst++;
  }
  return 2 * inFirst >= pager.pageCount ? 'data_0' : 'data_1';
}

function mapExtents(map: PageMap, pager: Pager): ExtentId[] {
  const pages = new Set(pager.pages().map((page) => map.place(page)!.extent));
  return [...map.extents()].filter((extent) => !pages.has(extent));
}

function copiesInWords({ extents, pages }: CopiedPages): Pick<MapLoaded, 'copies' | 'lists'> {
  const copied = pages.filter(({ from }) => from === 'double_write');
  const copies = copied.map(({ copy: { extent }, page }) => ({ page, extent }));
  const useful = new Set(copies.map(({ extent }) => extent));
  return { copies, lists: extents.filter((extent) => !useful.has(extent)) };
}

/** T2: the map names every extent once, and refers to it. */
function claim(place: PagePlace, pager: Pager, { allocator }: BTreeOptions): void {
  if (!allocator.exists(place.extent)) {
    const { at, name } = allocator.locate(place.extent);
    throw new EngineError('page_damaged', `The data file ends before extent ${place.extent}, which the map names.`, {
      file: name,
      offset: at,
    });
  }
  if (allocator.isUsed(place.extent)) {
    const { at, name } = allocator.locate(place.extent);
    throw new EngineError('page_damaged', `The map names extent ${place.extent} twice.`, { file: name, offset: at });
  }
  allocator.markUsed(place.extent);
  pager.references.add(place.extent);
}

/** For salvage: the first page that cannot be read, of all that the map names. */
export function firstDamage({ map, pager }: Pick<OpenedTree, 'map' | 'pager'>): EngineError | undefined {
  for (const page of pager.pages()) {
    const place = map.place(page);
    try {
      if (place) pager.readPlace(page, place);
    } catch (error) {
      if (isEngineError(error, 'page_damaged')) return error;
      throw error;
    }
  }
  return undefined;
}
