/** What the events say, folded, is what the tree says of itself, after every single one of them. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { lsn } from '../base/ids';
import type { Batch, Cursor } from '../base/ordered_index';
import { SeededRandom } from '../base/runtime';
import { faultyFiles } from '../storage/faulty';
import { MemoryStorage } from '../storage/memory';
import type { LsmEvent } from './events';
import type { LsmIndex } from './lsm_index';
import type { PolicyOptions } from './options';
import { chooseCompaction, levelLimits } from './policy';
import { LsmFold } from './testing/lsm_fold';
import { openSmall, SMALL_TUNING } from './testing/small_lsm';
import { bytesOf } from './version';

const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 2, l0Tables: 2 },
  { kind: 'tiered', ratio: 2 },
  { kind: 'lazy_leveling', ratio: 2 },
];

/** A tree on memory files, its events folded and compared one by one. */
class Watched {
  compared = 0;
  readonly seen = new Map<string, number>();
  readonly #fold = new LsmFold();
  #storage = new MemoryStorage();
  #random: SeededRandom;
  readonly #policy: PolicyOptions;
  #root: Uint8Array = EMPTY_BYTES;
  #lsn = 0;
  #tree!: LsmIndex;
  #isOpen = false;
  #cursors: Cursor[] = [];

  constructor(seed: number, policy: PolicyOptions) {
    this.#random = new SeededRandom(seed);
    this.#policy = policy;
    this.open();
  }

  open(): void {
    this.#isOpen = false;
    this.#storage = new MemoryStorage(this.#storage.snapshot());
    const files = this.#storage.openNow({ create: true });
    const policy = this.#policy;
    this.#cursors = [];
    const isFull = this.#random.below(3) === 0;
    const device = isFull
      ? faultyFiles(files, { faults: [], full: { growthBytes: 6000, lastWrite: 'refused' } })
      : files;
    this.#tree = openSmall(device, this.#root, { policy, trace: { emit: (event) => this.#take(event) } });
    this.#isOpen = true;
    this.#lsn = Math.max(this.#lsn, this.#tree.appliedLsn);
    this.compare('after an opening');
  }

  #take(event: LsmEvent): void {
    this.#fold.take(event);
    this.seen.set(event.kind, (this.seen.get(event.kind) ?? 0) + 1);
    if (this.#isOpen) this.compare(`after ${event.kind}, event ${this.compared}`);
  }

  compare(when: string): void {
    const described = this.#tree.describe();
    // Telling what differs takes longer than comparing.
    if (!isDeepStrictEqual(this.#fold.state, described)) expect(this.#fold.state, when).toEqual(described);
    const { version } = described;
    const isDue = version.levels.some((runs, level) => {
      const { bytesMax = Infinity, runsMax } = described.limits[level]!;
      const bytes = bytesOf(runs);
      if (this.#policy.kind === 'tiered') return runs.length >= runsMax;
      const isLast = level > 0 && level === version.levels.length - 1;
      if (this.#policy.kind === 'lazy_leveling') {
        return isLast ? runs.length > 1 || bytes > bytesMax : runs.length >= runsMax;
      }
      return level === 0 ? runs.length >= runsMax || bytes >= bytesMax : runs.length > runsMax || bytes >= bytesMax;
    });
    const tuning = { ...SMALL_TUNING, policy: this.#policy };
    expect(isDue, when).toBe(chooseCompaction(version, tuning) !== undefined);
    expect(described.limits).toEqual(levelLimits(version, tuning));
    this.compared++;
  }

  goOn(seed: number): void {
    this.#random = new SeededRandom(seed);
  }

  step(): void {
    const random = this.#random;
    try {
      switch (random.below(12)) {
        case 0:
          this.#checkpoint(random.below(2) === 0);
          break;
        case 1:
        case 2:
          this.#tree.background(300 + random.below(3000));
          break;
        case 3:
          this.#cursors.push(this.#tree.cursor({}, false));
          break;
        case 4:
          this.#cursors.splice(random.below(this.#cursors.length + 1), 1)[0]?.close();
          break;
        case 5:
          this.#tree.get(this.#key());
          break;
        case 6:
          if (random.below(8) === 0) this.open();
          else if (random.below(8) === 0) this.#tree.rebuild();
          break;
        default:
          this.#tree.apply(this.#batch(), lsn(++this.#lsn));
          if (this.#tree.wantsCheckpoint) this.#checkpoint(false);
      }
    } catch (error) {
      if (!isEngineError(error, 'store_full')) throw error;
      this.open();
    }
  }

  #checkpoint(isGivenUp: boolean): void {
    const checkpoint = this.#tree.beginCheckpoint();
    try {
      for (let steps = 0; !checkpoint.step(300).done; steps++) {
        if (isGivenUp && steps === 0) {
          checkpoint.abandon();
          return;
        }
        this.#tree.apply(this.#batch(), lsn(++this.#lsn));
      }
    } catch (error) {
      checkpoint.abandon();
      throw error;
    }
    this.#root = checkpoint.root;
    checkpoint.finish();
  }

  #key(): Uint8Array {
    return encodeText(`key ${String(this.#random.below(300)).padStart(3, '0')}`);
  }

  #batch(): Batch {
    return Array.from({ length: 1 + this.#random.below(6) }, () => {
      if (this.#random.below(4) === 0) return { kind: 'delete', key: this.#key() };
      return { kind: 'put', key: this.#key(), value: new Uint8Array(this.#random.below(60)) };
    });
  }
}

/** Whatever chance has in store: the first half of a run meets everything that is asked for below. */
const KNOWN_SEED = 1;

describe('the events of an LSM tree', () => {
  it.each(POLICIES.map((policy) => [policy.kind, policy] as const))('tell all that it describes: %s', (_, policy) => {
    const tree = new Watched(KNOWN_SEED, policy);
    for (let i = 0; i < 200; i++) tree.step();
    tree.goOn(inject('seed'));
    for (let i = 0; i < 200; i++) tree.step();
    expect(tree.compared).toBeGreaterThan(800);
    const expected = ['table_started', 'table_abandoned', 'table_dropped', 'compaction_finished', 'version_edited'];
    const readers = ['reader_started', 'reader_ended', 'tree_opened', 'manifest_area_changed', 'memtable_rotated'];
    for (const kind of [...expected, ...readers]) expect(tree.seen.get(`lsm.${kind}`) ?? 0, kind).toBeGreaterThan(0);
  });
});
