/**
 * The manifest: which tables are in force, as a history of edits that is durable edit by edit.
 *
 * A compaction replaces some tables by others. Each table is written once, to free extents, so nothing is in danger until
 * the moment when the new ones count and the old ones do not. That moment is one record of this history: the edit is whole
 * on disk, and all of it happened; or it is not, and none did. (LevelDB's MANIFEST; Gray and Reuter 1993, section 10.3,
 * would call it the log of the catalogue.)
 *
 *     superblock --root--> head 0, head 1, "edit 41 has to be there"
 *
 *     area 0, epoch 6   | snapshot 38 | edit 39 | edit 40 | edit 41 | edit 42 |      |     in force
 *     area 1, epoch 5   | closed      | edit 30 | edit 31 |   ...                           whatever is left of it
 *
 * An edit goes behind the last one, and is flushed. When there is no room left, the whole version, with the edit in it,
 * goes to the other area as a snapshot of a higher epoch; flushed, it is in force. Then the old area is closed: a record
 * put over its snapshot, flushed as well, before the edit counts as done. An area has at least as much room behind the
 * snapshot as the snapshot is long, and is written whole, zeros and all (A3): snapshots cost at most about twice what the
 * edits did.
 *
 * Why close it? Both areas are whole only between two flushes. So at any other time, an area in force that has become
 * damaged leaves none, and that is refused; were the old one still whole, an opening could not tell this from a crash
 * before the new one was whole, and would go back, in silence, to tables whose extents were given away long since.
 *
 * Where an area lies: its head is named by the root, and never changes; all behind the head is named by the snapshot, and
 * is new with each. So a superblock of any age finds the manifest, however it grew and moved since, and growing needs no
 * superblock. What a closed area had behind its head is free.
 *
 * What a crash leaves:
 *
 *     in the write of an edit              the record is whole (after) or is not (before), torn wherever
 *     in the write of a snapshot           the other area is as it was: before; or the snapshot is whole: after
 *     before the old area is closed        both are whole; the higher epoch counts: after
 *     in the write that closes it          whatever it holds then, the higher epoch counts
 *
 *   A1  A record starts on a sector boundary, and no flushed sector of the area in force is written again: what is torn
 *       can only be the record that nobody was promised.
 *   A2  At any time at most one record is written and not flushed. One that could not be written is taken back, and that
 *       is flushed, or nothing is written any more.
 *   A3  A snapshot of epoch e goes to area e mod 2, when area e + 1 mod 2 is in force, and fills the area with zeros behind it:
 *       of an earlier life nothing is left that could parse.
 *   A4  `append` returns when the edit is flushed and every other area is closed, flushed.
 *   A5  Opening takes the whole snapshot with the highest epoch, and the edits behind it, each numbered one more than the
 *       last, until one is not whole. A whole one further on is damage; so is an end before the edit that the root needs.
 *   A6  Nothing is built on what an opening read before it is durable: it may have been in the cache alone, and where a
 *       flush had failed even there for good. What no root needs is therefore written anew, as it was verified, and flushed;
 *       the other area is closed once more, unless a root and the record that closes it both say that it was.
 *   A7  Extents used are the two heads, and what the area in force has behind its own.
 *   A8  No single wrong read decides: an area is read twice before its end is believed (`manifest_area.ts`), nothing is written
 *       that was not verified, and the last other copy goes when the one in force was read back whole.
 *   A9  Every extent that the snapshot in force names is the manifest's. An opening that finds a data file too short for some
 *       of them (a flush said that it was longer, and lied; or nothing was promised yet) puts a snapshot that names others in
 *       its place, before a file grows: what becomes of those extents then would be read as the end of the area.
 */
import { assert } from '../base/assert';
import { EMPTY_BYTES } from '../base/bytes';
import { EngineError, isEngineError } from '../base/errors';
import type { ExtentId } from '../base/ids';
import type { Finding } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { DataFileName, ExtentAllocator } from '../storage/extent_allocator';
import { SECTOR_BYTES, type StorageFile } from '../storage/file';
import type { LsmEvent } from './events';
import {
  areaOfEpoch,
  extentsOfArea,
  isClosed,
  readArea,
  writeArea,
  type AreaContents,
  type PlacedRecord,
} from './manifest_area';
import { encodeClosed, encodeEdit, encodeSnapshot, encodeVersion, versionBytes } from './manifest_codec';
import { decodeManifestRoot, encodeManifestRoot, type ManifestDescription } from './manifest_root';
import { applyEdit, checkVersion, EMPTY_VERSION, LEVELS_MAX, type Version, type VersionEdit } from './version';

/** Heads never move: they are taken before anything else, so that they lie where a file is cut off last. */
const HEADS_FILE: DataFileName = 'data_0';

/** Edits have at least so much room behind a snapshot, however short that is. */
const ROOM_BYTES_MIN = 4096;

export interface ManifestOptions {
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  readonly verifyChecksums: boolean;
  readonly wholeWrites: boolean;
  /** Off: an edit counts as done when it is written (a protection). */
  readonly flushes: boolean;
  /** Absent: `ROOM_BYTES_MIN`. Less makes small pictures, and many snapshots. */
  readonly roomBytesMin?: number;
  /** Where a new manifest lies behind its heads. Absent: in `data_0`, as they do. */
  readonly preferredFile?: DataFileName;
  readonly trace: TraceSink<LsmEvent> | null;
}

/** The area in force. */
interface Area {
  readonly epoch: number;
  /** Its head first. */
  readonly extents: readonly ExtentId[];
  /** Where the next record goes. */
  end: number;
}

/** For rooms: an area as its bytes say. */
export interface AreaDescription {
  readonly area: 0 | 1;
  readonly extents: readonly ExtentId[];
  readonly isInForce: boolean;
  readonly epoch: number | undefined;
  readonly records: readonly PlacedRecord[];
  readonly end: number;
}

export class Manifest {
  readonly #options: ManifestOptions;
  /** Undefined until the first edit. */
  #heads: readonly [ExtentId, ExtentId] | undefined;
  #area: Area | undefined;
  #version: Version;
  /** How long a version is in a snapshot. */
  #measured: { readonly version: Version; readonly bytes: number } | undefined;
  /** Whether the other area was found whole: a crash came before it was closed. */
  #otherIsWhole = false;
  /** Whether it was found closed, as A4 leaves it. */
  #otherIsClosed = false;
  /** Of what an opening found: whether the root needs all of it, and whether edits stand behind the snapshot. */
  #isPromised = true;
  #hasEdits = false;
  /** A9: extents that it names are not there. */
  #isCutOff = false;
  /** A6. */
  #isSettled: boolean;
  /** A2: why nothing is written any more. */
  #broken: Error | undefined;
  #bytesWritten = 0;
  #preferredFile: DataFileName;

  private constructor(options: ManifestOptions, version: Version, isSettled: boolean) {
    this.#options = options;
    this.#version = version;
    this.#isSettled = isSettled;
    this.#preferredFile = options.preferredFile ?? HEADS_FILE;
  }

  /**
   * Finds the version that a root leads to; an empty root is an empty store. Marks the manifest's own extents as used;
   * those of tables are left to whoever opens the tables. Writes nothing: `finishOpening` does.
   *
   * @throws EngineError manifest_damaged, read_failed
   */
  static open(root: Uint8Array, options: ManifestOptions): Manifest {
    if (root.length === 0) return new Manifest(options, EMPTY_VERSION, false);
    const { allocator } = options;
    const found = decodeManifestRoot(root);
    if (!found) {
      throw new EngineError('manifest_damaged', 'The superblock does not hold the root of an LSM tree.', {
        file: 'superblock',
      });
    }
    const missing = found.heads.find((head) => !allocator.exists(head));
    if (missing !== undefined) throw damaged('its data file ends before it begins', allocator, [missing]);
    const areas = found.heads.map((head, i) => readArea(allocator, i as 0 | 1, head, options));
    const contents = areas.reduce((a, b) => (b && !(a && a.epoch > b.epoch) ? b : a));
    if (!contents) throw damaged('neither of its areas has a whole snapshot', allocator, found.heads);
    assertComplete(contents, found.edit, allocator);
    const manifest = new Manifest(options, contents.version, false);
    manifest.#heads = found.heads;
    manifest.#area = { epoch: contents.epoch, extents: contents.extents, end: contents.end };
    // Where it was moved to, it stays.
    if (contents.extents.length > 1) manifest.#preferredFile = allocator.locate(contents.extents[1]!).name;
    manifest.#otherIsWhole = areas.every((area) => area !== undefined);
    const other = found.heads[areaOfEpoch(contents.epoch - 1)];
    manifest.#otherIsClosed = !manifest.#otherIsWhole && isClosed(allocator, other, contents.epoch - 1, options);
    manifest.#isPromised = contents.version.edit <= found.edit;
    manifest.#hasEdits = contents.records.length > 1;
    manifest.#isCutOff = contents.isCutOff;
    for (const extent of manifest.extents) {
      if (allocator.isUsed(extent)) throw damaged(`it lists extent ${extent} twice`, allocator, [extent]);
      allocator.markUsed(extent);
    }
    return manifest;
  }

  /** The version after the last edit. */
  get version(): Version {
    return this.#version;
  }

  /** What the superblock has to keep so that the manifest is found, with every edit up to now. */
  root(): Uint8Array {
    if (!this.#heads || this.#version.edit === 0) return EMPTY_BYTES;
    return encodeManifestRoot({ heads: this.#heads, edit: this.#version.edit });
  }

  /** A7. */
  get extents(): readonly ExtentId[] {
    return [...(this.#heads ?? []), ...(this.#area?.extents.slice(1) ?? [])];
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /**
   * A6: makes what was read durable, and closes an area that a crash had left open. In an empty store, takes extents for
   * the heads. To be called before the first edit, and before any extent is taken or written to.
   *
   * @throws EngineError store_full, write_failed, flush_failed, read_failed, manifest_damaged
   */
  finishOpening(): void {
    if (this.#isSettled) return;
    if (!this.#area) this.#takeHeads();
    else this.#settle(this.#area);
    this.#otherIsWhole = false;
    this.#isSettled = true;
  }

  #takeHeads(): void {
    const heads = this.#allocate(HEADS_FILE, 2) as [ExtentId, ExtentId];
    this.#heads = heads;
    this.#options.trace?.emit({ kind: 'lsm.manifest_heads_taken', heads });
  }

  /**
   * A6. A flush that fails may drop what it was to write, and those after it say nothing of that: so what no root needs is
   * written once more, the record that closes the other area as well. Where both areas are whole and the newer is its
   * snapshot alone, that goes over itself: should it tear, the older one stands, and nothing was built on the newer. Edits
   * are not written over, since compactions may have given away what they removed: all of it becomes a snapshot in the
   * other area. On a device without room for that it is flushed, and no more; but an area that is cut off (A9) is refused.
   *
   * An area that is neither whole nor closed is closed, too: a snapshot that nobody could read is not to count later.
   */
  #settle(area: Area): void {
    const { allocator } = this.#options;
    this.#guarded(() => {
      if (this.#otherIsWhole && !this.#isPromised && !this.#hasEdits) this.#writeAgain(area);
      else this.#flush(new Set(area.extents.map((extent) => allocator.place(extent).file)));
      if (this.#otherIsWhole) this.#readBack(area);
      if (!this.#isPromised || !this.#otherIsClosed) this.#close(area.epoch - 1);
    });
    if (!this.#isCutOff && (this.#isPromised || !this.#hasEdits)) return;
    try {
      this.#writeSnapshot(this.#version, area);
    } catch (error) {
      if (this.#isCutOff || !isEngineError(error, 'store_full')) throw error;
    }
  }

  /** A8: what the opening verified; the device is not asked for it again. */
  #writeAgain({ epoch, extents }: Area): void {
    const { allocator, storeSeed, wholeWrites } = this.#options;
    const encoded = encodeVersion(this.#version);
    const record = encodeSnapshot({ epoch, edit: this.#version.edit }, extents.slice(1), encoded, storeSeed);
    const bytes = this.#filledUp(record, extents);
    this.#flush(writeArea(allocator, extents, 0, bytes, wholeWrites));
    this.#bytesWritten += bytes.length;
    this.#isCutOff = false; // It names those that there are.
  }

  /** A8. */
  #readBack({ epoch }: Area): void {
    const { allocator } = this.#options;
    const area = areaOfEpoch(epoch);
    const seen = readArea(allocator, area, this.#heads![area], this.#options);
    if (seen?.epoch === epoch && seen.version.edit === this.#version.edit) return;
    throw damaged('the area in force does not read back as it did', allocator, [this.#heads![area]]);
  }

  /** A2: whether an edit was left half-way. It may be there or not; only another opening can tell. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Makes an edit count. When this returns, the tables that it removes may be given away (as far as no reader has them).
   * When it throws and `isBroken` is false, nothing has happened; if it is true, nothing that the edit names, old or new,
   * may be given away before the store was opened again.
   *
   * @throws EngineError store_full, write_failed, flush_failed
   */
  append(edit: VersionEdit): Version {
    this.#assertWritable();
    const { storeSeed } = this.#options;
    const isReadable = edit.added.every(({ level }) => level < LEVELS_MAX);
    assert(isReadable, 'A5: an edit that no opening would take is not written');
    const next = applyEdit(this.#version, edit);
    const area = this.#area;
    const record = area && encodeEdit({ epoch: area.epoch, edit: next.edit }, edit, storeSeed);
    if (area && area.end + record!.length <= this.#areaBytes(area)) this.#writeEdit(area, record!);
    else this.#writeSnapshot(next, area);
    this.#version = next;
    return next;
  }

  /**
   * From now on the manifest lies in this file, but for the heads: a snapshot of what is in force goes there.
   *
   * @throws as `append`
   */
  move(name: DataFileName): void {
    this.#assertWritable();
    const before = this.#preferredFile;
    if (name === before) return;
    this.#preferredFile = name;
    try {
      if (this.#area) this.#writeSnapshot(this.#version, this.#area);
    } catch (error) {
      this.#preferredFile = before;
      throw error;
    }
  }

  /** How many free extents the next edit may take, if it adds so many bytes to the version at most. */
  extentsForAppend(extraBytes: number): number {
    // Every commit asks, and only an edit changes the answer.
    if (this.#measured?.version !== this.#version) {
      this.#measured = { version: this.#version, bytes: versionBytes(this.#version) };
    }
    return this.#extentsFor(this.#measured.bytes + extraBytes) - 1;
  }

  /** Reads the manifest again, as an opening would, and holds it against the version in memory. */
  check(): Finding[] {
    const findings = checkVersion(this.#version);
    if (!this.#heads || !this.#area) return findings;
    const { epoch } = this.#area;
    const found = (detail: string, extent: ExtentId): void =>
      void findings.push({ rule: 'A5', detail, place: placeOf(this.#options.allocator, extent, 0) });
    for (const area of [0, 1] as const) {
      const isInForce = area === areaOfEpoch(epoch);
      const contents = this.#read(area);
      const head = this.#heads[area];
      if (!isInForce && contents) found(`area ${area} should be closed, and has a whole snapshot`, head);
      if (!isInForce) continue;
      if (!contents) found(`area ${area} is in force, and has no whole snapshot`, head);
      else if (contents.version.edit !== this.#version.edit || contents.damagedAt !== undefined) {
        found(`area ${area} ends at edit ${contents.version.edit}, not at ${this.#version.edit}`, head);
      } else if (idsOf(contents.version) !== idsOf(this.#version)) found(`area ${area} names other tables`, head);
    }
    return findings;
  }

  get state(): ManifestDescription {
    const area = this.#area;
    return {
      heads: this.#heads,
      inForce: area && { area: areaOfEpoch(area.epoch), epoch: area.epoch, extents: area.extents, bytes: area.end },
      edit: this.#version.edit,
    };
  }

  /** As the files say. */
  describe(): readonly AreaDescription[] {
    return (this.#heads ?? []).map((head, i) => {
      const area = i as 0 | 1;
      const contents = this.#read(area);
      return {
        area,
        extents: contents?.extents ?? [head],
        isInForce: this.#area !== undefined && area === areaOfEpoch(this.#area.epoch),
        epoch: contents?.epoch,
        records: contents?.records ?? [],
        end: contents?.end ?? 0,
      };
    });
  }

  #read(area: 0 | 1): AreaContents | undefined {
    const { allocator, storeSeed } = this.#options;
    return readArea(allocator, area, this.#heads![area], { storeSeed, verifyChecksums: true });
  }

  // ---- an edit behind the others

  #writeEdit(area: Area, record: Uint8Array): void {
    this.#guarded(() => this.#put(area.extents, area.end, record, () => this.#takeBack(area.extents, area.end)));
    area.end += record.length;
  }

  // ---- a snapshot in the other area

  #writeSnapshot(version: Version, former: Area | undefined): void {
    const { allocator, storeSeed, trace } = this.#options;
    const epoch = (former?.epoch ?? 0) + 1;
    const area = areaOfEpoch(epoch);
    const encoded = encodeVersion(version);
    const tail = this.#allocate(this.#preferredFile, this.#extentsFor(encoded.length) - 1);
    const extents = [this.#heads![area], ...tail];
    const record = encodeSnapshot({ epoch, edit: version.edit }, tail, encoded, storeSeed);
    const bytes = this.#filledUp(record, extents);
    this.#guarded(() => {
      this.#put(extents, 0, bytes, () => {
        this.#takeBack(extents, 0);
        for (const extent of tail) allocator.free(extent);
      });
      this.#close(epoch - 1);
    });
    for (const extent of former?.extents.slice(1) ?? []) allocator.free(extent);
    this.#area = { epoch, extents, end: record.length };
    this.#version = version;
    trace?.emit({ kind: 'lsm.manifest_area_changed', area, epoch, edit: version.edit, extents, bytes: record.length });
  }

  /** A3: zeros behind it. */
  #filledUp(record: Uint8Array, extents: readonly ExtentId[]): Uint8Array {
    const bytes = new Uint8Array(extents.length * this.#options.allocator.extentBytes);
    bytes.set(record);
    return bytes;
  }

  /** @throws EngineError store_full; nothing is taken then */
  #allocate(name: DataFileName, count: number): ExtentId[] {
    const { allocator } = this.#options;
    const taken: ExtentId[] = [];
    try {
      while (taken.length < count) taken.push(allocator.allocate(name));
      return taken;
    } catch (error) {
      for (const extent of taken) allocator.free(extent);
      throw error;
    }
  }

  /** Puts a record over the snapshot of the area that had this epoch. */
  #close(epoch: number): void {
    const { storeSeed } = this.#options;
    this.#put(
      [this.#heads![areaOfEpoch(epoch)]],
      0,
      encodeClosed({ epoch, edit: this.#version.edit }, storeSeed),
      null,
    );
  }

  // ---- writing

  #assertWritable(): void {
    assert(this.#isSettled, 'A6: what was read is flushed before anything is built on it');
    if (this.#broken !== undefined) throw this.#broken;
  }

  #areaBytes({ extents }: Area): number {
    return extents.length * this.#options.allocator.extentBytes;
  }

  #extentsFor(versionBytes: number): number {
    const { allocator, roomBytesMin = ROOM_BYTES_MIN } = this.#options;
    return extentsOfArea(versionBytes, Math.max(versionBytes, roomBytesMin), allocator.extentBytes);
  }

  /** Writes and flushes. What could not be written is taken back, if the caller says how. */
  #put(extents: readonly ExtentId[], at: number, bytes: Uint8Array, takeBack: (() => void) | null): void {
    const { allocator, wholeWrites } = this.#options;
    let files: ReadonlySet<StorageFile>;
    try {
      files = writeArea(allocator, extents, at, bytes, wholeWrites);
    } catch (error) {
      if (!takeBack) throw error;
      takeBack();
      throw new TakenBack(error);
    }
    this.#bytesWritten += bytes.length;
    this.#flush(files);
  }

  /** A2: zeros where the record began, whatever of it arrived. */
  #takeBack(extents: readonly ExtentId[], at: number): void {
    const { allocator } = this.#options;
    this.#flush(writeArea(allocator, extents, at, new Uint8Array(SECTOR_BYTES), true));
  }

  #flush(files: ReadonlySet<StorageFile>): void {
    if (this.#options.flushes) for (const file of files) file.flush();
  }

  /** A2: what fails half-way leaves a manifest that is read, and not written; what was taken back leaves it as it was. */
  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (error instanceof TakenBack) throw error.cause;
      this.#broken = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }
}

/** A write failed, and it is certain that nothing is left of it. */
class TakenBack extends Error {
  constructor(cause: unknown) {
    super('taken back', { cause });
  }
}

/** A5. */
function assertComplete(
  { damagedAt, extents, version }: AreaContents,
  needed: number,
  allocator: ExtentAllocator,
): void {
  if (damagedAt !== undefined) {
    throw damaged(`edit ${version.edit + 1} is not whole, and a later one is`, allocator, extents, damagedAt);
  }
  if (version.edit < needed) {
    throw damaged(`it ends at edit ${version.edit}, and edit ${needed} was promised`, allocator, extents);
  }
}

function damaged(why: string, allocator?: ExtentAllocator, extents: readonly ExtentId[] = [], at = 0): EngineError {
  const extent = allocator && extents[Math.floor(at / allocator.extentBytes)];
  const place = extent === undefined ? {} : placeOf(allocator!, extent, at % allocator!.extentBytes);
  return new EngineError('manifest_damaged', `The manifest is damaged: ${why}.`, place);
}

function placeOf(allocator: ExtentAllocator, extent: ExtentId, within: number) {
  const { at, name } = allocator.locate(extent);
  return { file: name, offset: at + within };
}

/** Which tables in which runs. */
const idsOf = ({ levels }: Version): string =>
  JSON.stringify(levels.map((runs) => runs.map(({ id, tables }) => [id, tables.map((table) => table.id)])));
