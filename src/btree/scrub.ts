/**
 * Reads everything that the last checkpoint made durable from the files, past the pool: damage is found before a reader
 * does. Each damaged page is reported with the keys that it held, as the pages above it know them.
 */
import { toHex } from '../base/bytes';
import { EngineError } from '../base/errors';
import { pageId, type PageId } from '../base/ids';
import type { Finding } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { BTreeEvent, DamagedRange } from './events';
import { childAt, keyAt, kindOf, slotCount } from './page';
import type { PageMap } from './page_map';
import type { Pager } from './pager';

/** Keys in [from, to); undefined where there is no bound. */
interface Bounds {
  readonly from: Uint8Array | undefined;
  readonly to: Uint8Array | undefined;
}

export function scrubTree(pager: Pager, map: PageMap, root: PageId, trace: TraceSink<BTreeEvent> | null): Finding[] {
  const findings: Finding[] = [];
  const damaged: DamagedRange[] = [];
  const bounds = new Map<PageId, Bounds>([[root, { from: undefined, to: undefined }]]);
  let pagesRead = 0;
  const readOr = (read: () => Uint8Array, held: string, range?: DamagedRange): Uint8Array | undefined => {
    pagesRead++;
    try {
      return read();
    } catch (error) {
      findings.push(findingOf(error, held));
      if (range) damaged.push(range);
      return undefined;
    }
  };
  for (let level = map.depth; level > 0; level--) {
    for (let number = 0; map.mapPlace(level, number); number++) {
      const place = map.mapPlace(level, number)!;
      readOr(() => pager.readMapPlace(level, number, place), 'places of other pages');
    }
  }
  // Parents have to be read before their children are known; their numbers say nothing of that.
  const pending = [root];
  const read = new Set<PageId>();
  while (pending.length > 0) {
    const page = pending.pop()!;
    read.add(page);
    const place = map.place(page);
    if (!place) continue;
    const holds = bounds.get(page)!;
    const bytes = readOr(() => pager.readPlace(page, place), describe(holds), { page, holds });
    if (bytes && kindOf(bytes) === 'inner') pending.push(...childrenOf(bytes, holds, bounds));
  }
  for (let page = pageId(1); page < map.length; page++) {
    const place = map.place(page);
    if (place && !read.has(page))
      readOr(() => pager.readPlace(page, place), 'part of a value, or keys below a damaged page', { page });
  }
  trace?.emit({ kind: 'btree.tree_scrubbed', pagesRead, damaged });
  return findings;
}

function childrenOf(bytes: Uint8Array, own: Bounds, bounds: Map<PageId, Bounds>): PageId[] {
  const slots = slotCount(bytes);
  const children: PageId[] = [];
  for (let slot = -1; slot < slots; slot++) {
    const child = childAt(bytes, slot);
    bounds.set(child, {
      from: slot < 0 ? own.from : keyAt(bytes, slot),
      to: slot + 1 < slots ? keyAt(bytes, slot + 1) : own.to,
    });
    children.push(child);
  }
  return children;
}

function findingOf(error: unknown, held: string): Finding {
  if (!(error instanceof EngineError)) throw error;
  return { rule: 'P2', detail: `${error.message} It held ${held}.`, place: error.place };
}

function describe({ from, to }: Bounds): string {
  return `keys ${from ? `from ${toHex(from)}` : 'from the first'}${to ? ` to ${toHex(to)}` : ' on'}`;
}
