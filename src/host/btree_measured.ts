/**
 * A real store with a B-tree on files in memory, and an account of every byte that it writes.
 *
 * Calls on the files are counted by the meter; what a write was for, the engine's own events say. A page event names an
 * extent, and an extent has a length, so pages, copies and map are sums over events. What is left of the bytes that the
 * page writer counted is the directory of the copies, for which there is no event; images of pages are taken out of the
 * log's bytes and stand with the copies, since they are there for the same reason; what is left of the data files' bytes
 * is room: zeros written ahead of need.
 *
 *   A1  The parts add up to what the files were asked to write. None of them is negative.
 */
import { assert } from '../base/assert';
import type { BTreeEvent, PageProtection, TreeDescription, TreeStats } from '../btree';
import type { Store, TuningOptions } from '../kv_store';
import { RECORD_HEADER_BYTES } from '../storage/log_region';
import type { DeviceModel, Meter } from '../storage/metered';
import type { WrittenBytes } from '../protocol/btree';
import { KeyGenerator } from '../workload/generators';
import { quickValue } from './measured_rows';
import { MeasuredStore, type FileBytes, type StoreTraceEvent } from './measured_store';

export type { StoreTraceEvent } from './measured_store';

export interface MeasuredSettings {
  readonly pageBytes: number;
  readonly protection: PageProtection;
  readonly poolBytes: number;
  readonly seed: number;
  readonly logBytes: number;
  readonly checkpointLogBytes: number;
  /** Told of every call on the files. */
  readonly device?: DeviceModel;
  /** Told of every event of the store. */
  readonly listen?: (event: StoreTraceEvent) => void;
  /** Without events there is no account by kind, and no price for them either. Default: with. */
  readonly traced?: boolean;
}

const COUNTED = { in_place: 'pages', new_place: 'pages', double_write: 'copies' } as const;

export class MeasuredTree {
  readonly settings: MeasuredSettings;
  readonly #measured: MeasuredStore;
  #bytes = { pages: 0, copies: 0, images: 0, map: 0, spilled: 0 };
  /** What the page writers of earlier openings wrote, and what had been written when the account was last opened. */
  #before = { writer: 0, log: 0, superblock: 0, data: 0 };
  readonly counts = { splits: 0, checkpoints: 0, dirtyPages: 0, dirtyPagesInAll: 0 };

  constructor(settings: MeasuredSettings) {
    this.settings = settings;
    const { device, listen, logBytes, pageBytes, protection, seed, traced = true } = settings;
    this.#measured = new MeasuredStore(
      {
        seed,
        format: { logBytes, tree: { pageBytes, protection } },
        device,
        listen: traced
          ? (event) => {
              this.#note(event);
              listen?.(event);
            }
          : undefined,
      },
      this.#tuning(settings.poolBytes),
    );
    this.startAccount();
  }

  get store(): Store {
    return this.#measured.store;
  }
  get meter(): Meter {
    return this.#measured.meter;
  }
  get extentBytes(): number {
    return Math.max(512, this.settings.pageBytes);
  }

  /** What is counted from here on. */
  startAccount(): void {
    this.#bytes = { pages: 0, copies: 0, images: 0, map: 0, spilled: 0 };
    this.#before = { writer: this.stats().pageBytesWritten, ...this.#measured.writtenBytes() };
    Object.assign(this.counts, { splits: 0, checkpoints: 0, dirtyPages: 0, dirtyPagesInAll: 0 });
  }

  written(): WrittenBytes {
    const files = this.#measured.writtenBytes();
    const byWriter = this.stats().pageBytesWritten - this.#before.writer;
    const { copies, images, map, pages, spilled } = this.#bytes;
    const directory = byWriter - copies - map - pages - spilled;
    const room = files.data - this.#before.data - byWriter;
    assert(directory >= 0 && room >= 0, 'A1: no part is negative');
    return {
      log: files.log - this.#before.log - images,
      pages,
      copies: copies + images + directory,
      map,
      spilled,
      superblock: files.superblock - this.#before.superblock,
      room,
    };
  }

  stats(): TreeStats {
    const { tree } = this.store.stats();
    assert(tree !== undefined, 'the store has a tree');
    return tree;
  }

  describe(): TreeDescription {
    const { tree } = this.store.describe();
    assert(tree !== undefined, 'the store has a tree');
    return tree;
  }

  /** Closes the store and opens it with another pool: nothing of the tree is in memory then. */
  reopen(poolBytes: number): void {
    this.#measured.reopen(this.#tuning(poolBytes));
    this.startAccount();
  }

  /** How long the files are. */
  sizes(): FileBytes {
    return this.#measured.sizes();
  }

  #tuning(poolBytes: number): Partial<TuningOptions> {
    return { checkpointLogBytes: this.settings.checkpointLogBytes, poolBytes };
  }

  #note(event: StoreTraceEvent): void {
    switch (event.kind) {
      case 'btree.page_written':
        this.#bytes[COUNTED[event.where]] += this.extentBytes;
        break;
      case 'btree.page_logged':
        this.#bytes.images += RECORD_HEADER_BYTES + this.settings.pageBytes;
        break;
      case 'btree.map_page_written':
        this.#bytes.map += this.extentBytes;
        break;
      case 'btree.page_spilled':
        this.#bytes.spilled += this.extentBytes;
        break;
      case 'btree.leaf_split':
      case 'btree.inner_split':
        this.counts.splits++;
        break;
      case 'btree.checkpoint_flushed':
        this.counts.checkpoints++;
        this.counts.dirtyPages = event.pages;
        this.counts.dirtyPagesInAll += event.pages;
        break;
      default:
    }
  }
}

export const isTreeEvent = (event: StoreTraceEvent): event is BTreeEvent => event.kind.startsWith('btree.');

/** Puts `keys` ascending keys in large batches: full pages, as after loading a sorted file. */
export function* loadAscending(tree: MeasuredTree, keys: number, valueBytes: number, seed: number): Generator<number> {
  const generator = new KeyGenerator({ order: 'sequential', keySpace: keys, seed });
  // A batch may be a quarter of the log.
  const batch = Math.max(1, Math.min(500, Math.floor(tree.settings.logBytes / 8 / (valueBytes + 40))));
  for (let from = 0, n = 0; from < keys; from += batch, n++) {
    const count = Math.min(batch, keys - from);
    tree.store.batch(
      Array.from({ length: count }, (_, i) => ({
        kind: 'put' as const,
        key: generator.keyOf(from + i),
        value: quickValue(from + i, valueBytes),
      })),
    );
    tree.store.flush();
    if (n % 20 === 0) yield from;
  }
  tree.store.checkpoint();
}
