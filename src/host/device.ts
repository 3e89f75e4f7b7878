/**
 * The device of a session: its four open files, and what a script may do to them behind the store's back.
 *
 * Real files (and memory) can only lose the process: what they were given stays. The simulated disk can also lose the
 * power. Faults of single calls can be put in front of either; they last until the next crash. A disk that lies stays
 * one until it is told otherwise.
 */
import { assert } from '../base/assert';
import { equalBytes } from '../base/bytes';
import { closeAll, FILE_NAMES, SECTOR_BYTES, type FileName, type FileSet } from '../storage/file';
import type { FaultScript } from '../storage/fault_script';
import { faultyFiles } from '../storage/faulty';
import { readImages } from '../storage/images';
import { inBoardOrder } from '../storage/simulated/board_order';
import type { Fate } from '../storage/simulated/fates';
import { whyImpossible } from '../storage/simulated/fates';
import type { SimulatedDisk } from '../storage/simulated/disk';
import type { PendingItem as DiskItem } from '../storage/simulated/pending';
import { unflushedFiles } from '../storage/unflushed';
import type { PendingItem, PowerCutChoice } from '../protocol/drill';
import type { StoreImages } from '../protocol/session';
import type { ItemFate, PowerCut } from '../protocol/trace';
import type { DeviceKind } from '../workload/command';
import { LabError } from './lab_error';

export abstract class Device {
  abstract readonly kind: DeviceKind;
  /** The files without faults, counters or trace, open as long as the session is: for whoever only looks. */
  bare: FileSet;
  #faulty: FileSet;
  #lies = false;

  constructor(files: FileSet) {
    this.bare = files;
    this.#faulty = files;
  }

  /** What the gate hands calls to: changes with every fault, crash and cut. */
  get files(): FileSet {
    return this.#lies ? unflushedFiles(this.#faulty) : this.#faulty;
  }

  images(): StoreImages {
    return readImages(this.bare);
  }

  sizes(): Readonly<Record<FileName, number>> {
    const { superblock, log, data_0, data_1 } = this.bare;
    return { superblock: superblock.size(), log: log.size(), data_0: data_0.size(), data_1: data_1.size() };
  }

  readBytes(file: FileName, at: number, length: number): { bytes: Uint8Array; size: number } {
    const source = this.bare[file];
    const size = source.size();
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
    source.read(at, bytes);
    return { bytes, size };
  }

  addFaults(script: FaultScript): void {
    this.#faulty = faultyFiles(this.#faulty, script);
  }

  setLying(lies: boolean): void {
    this.#lies = lies;
  }

  /** The process is gone: the faults that were waiting for it are too. */
  crash(): void {
    this.#faulty = this.bare;
  }

  /** @returns the byte as it was, and as it is. */
  flip(file: FileName, offset: number, bit: number): { before: number; after: number } {
    const { bytes, size } = this.readBytes(file, offset, 1);
    const [before] = bytes;
    if (before === undefined) {
      throw new LabError('command_refused', `${file} is ${size} bytes long: there is no byte ${offset}.`, {
        file,
        offset,
      });
    }
    const after = before ^ (1 << bit);
    this.writeAtRest(file, offset, after);
    return { before, after };
  }

  /** @throws LabError command_refused */
  abstract assertCanLosePower(choice: PowerCutChoice): void;
  /** An independent copy. Only of a device that is a model. */
  abstract fork(): Device;
  abstract pending(): readonly PendingItem[];
  abstract powerCut(choice: PowerCutChoice): PowerCut;
  protected abstract writeAtRest(file: FileName, offset: number, byte: number): void;

  protected replaceFiles(files: FileSet): void {
    this.bare = files;
    this.crash();
  }

  close(): void {
    closeAll(this.bare);
  }
}

/** Files of a file system or of memory. */
export class FileDevice extends Device {
  readonly kind: 'memory' | 'file';
  readonly #onClose: () => void;

  constructor(kind: 'memory' | 'file', files: FileSet, onClose: () => void = () => {}) {
    super(files);
    this.kind = kind;
    this.#onClose = onClose;
  }

  pending(): readonly PendingItem[] {
    return [];
  }

  fork(): never {
    return this.assertCanLosePower();
  }

  powerCut(): never {
    return this.assertCanLosePower();
  }

  assertCanLosePower(): never {
    throw new LabError(
      'command_refused',
      'Only the simulated device can lose the power: put `device simulated` first.',
    );
  }

  protected writeAtRest(file: FileName, offset: number, byte: number): void {
    this.bare[file].write(offset, Uint8Array.of(byte));
  }

  override close(): void {
    super.close();
    this.#onClose();
  }
}

export class SimulatedDevice extends Device {
  readonly kind = 'simulated';
  #disk: SimulatedDisk;

  constructor(disk: SimulatedDisk) {
    super(disk.openNow({ create: true }));
    this.#disk = disk;
  }

  fork(): SimulatedDevice {
    return new SimulatedDevice(this.#disk.fork());
  }

  pending(): readonly PendingItem[] {
    const images = this.#disk.durableImages();
    return inBoardOrder(this.#disk.pending()).map((item, index) => describeItem(item, index + 1, images));
  }

  assertCanLosePower(choice: PowerCutChoice): void {
    this.#possibleFates(this.#disk.pending(), choice);
  }

  powerCut(choice: PowerCutChoice): PowerCut {
    const items = this.#disk.pending();
    const fates = this.#possibleFates(items, choice);
    const before = this.images();
    this.#use(this.#disk.powerCut(fates));
    const after = this.images();
    const described = inBoardOrder(items).map((item, index) =>
      describeFate(item, index + 1, fates[items.indexOf(item)]!, after),
    );
    return {
      kind: 'host.power_cut',
      items: [...described, ...forgotten(described, before, after)],
      sizes: this.sizes(),
    };
  }

  /**
   * Damage at rest changes what is durable. Where something of the file is pending, which of its selves it changes would
   * be a guess: there the byte becomes pending itself.
   */
  protected writeAtRest(file: FileName, offset: number, byte: number): void {
    if (this.#disk.pending().some((item) => item.file === file)) {
      this.bare[file].write(offset, Uint8Array.of(byte));
      return;
    }
    this.#disk.damage(file, offset, byte);
  }

  #possibleFates(items: readonly DiskItem[], choice: PowerCutChoice): Fate[] {
    const fates = fatesOf(items, choice);
    const why = whyImpossible(items, fates, this.#disk.profile);
    if (why !== undefined) throw new LabError('command_refused', `The power cannot leave it so: ${why}.`);
    return fates;
  }

  #use(disk: SimulatedDisk): void {
    this.#disk = disk;
    this.replaceFiles(disk.openNow({ create: true }));
  }
}

function fatesOf(items: readonly DiskItem[], { keep, others = [], torn }: PowerCutChoice): Fate[] {
  const named = [...(keep === 'all' ? [] : keep), ...[...torn, ...others].map(({ item }) => item)];
  const unknown = named.find((item) => item > items.length);
  if (unknown !== undefined) {
    throw new LabError('command_refused', `There is no pending item ${unknown}: ${items.length} are pending.`);
  }
  const numbers = new Map(inBoardOrder(items).map((item, index) => [item, index + 1]));
  return items.map((one) => {
    const number = numbers.get(one)!;
    const tear = torn.find(({ item }) => item === number);
    const other = others.find(({ item }) => item === number);
    if (other !== undefined) return other.fate;
    if (tear !== undefined) return { fate: 'torn', atByte: tear.atByte };
    return { fate: keep === 'all' || keep.includes(number) ? 'kept' : 'lost' };
  });
}

export function describeItem(item: DiskItem, number: number, durable: StoreImages): PendingItem {
  if (item.kind === 'length') {
    return { kind: 'length', item: number, file: item.file, before: item.from, after: item.to };
  }
  const at = item.index * SECTOR_BYTES;
  const before = new Uint8Array(SECTOR_BYTES);
  before.set(durable[item.file].subarray(at, at + SECTOR_BYTES));
  const last = item.versions.at(-1);
  assert(last !== undefined, 'a pending sector has a version');
  const after = last.sector.bytes.slice();
  return { kind: 'sector', item: number, file: item.file, at, versions: item.versions.length, before, after };
}

function describeFate(item: DiskItem, number: number, { fate }: Fate, after: StoreImages): ItemFate {
  if (item.kind === 'length') return { item: number, file: item.file, fate };
  const at = item.index * SECTOR_BYTES;
  return { item: number, file: item.file, fate, sector: { at, bytes: after[item.file].slice(at, at + SECTOR_BYTES) } };
}

/** Sectors that changed without being pending: a failed flush had dropped them from the cache (D5 of the disk). */
function forgotten(items: readonly ItemFate[], before: StoreImages, after: StoreImages): ItemFate[] {
  const found: ItemFate[] = [];
  for (const file of FILE_NAMES) {
    const known = new Set(items.map((item) => (item.file === file ? item.sector?.at : undefined)));
    for (let at = 0; at < after[file].length; at += SECTOR_BYTES) {
      const bytes = after[file].slice(at, at + SECTOR_BYTES);
      if (known.has(at) || equalBytes(bytes, before[file].subarray(at, at + bytes.length))) continue;
      found.push({ item: 0, file, fate: 'lost', sector: { at, bytes } });
    }
  }
  return found;
}

/** Bytes of all four files. */
export function totalBytes(sizes: Readonly<Record<FileName, number>>): number {
  return FILE_NAMES.reduce((sum, name) => sum + sizes[name], 0);
}
