/**
 * The simulated disk: four files over a cache that forgets.
 *
 * A program that runs on it is the real program; only the device is a model. What the model says:
 *
 *   D1  The cache is coherent: a read shows the last write, flushed or not. So does another program after this one
 *       died (`crash`): the system is alive and still holds everything.
 *   D2  A write or truncate is durable only after a `flush` of its own file has returned. Until then it is pending:
 *       each 512-byte sector it touched, in every version the sector had since, and each change of the length apart.
 *   D3  When the power goes (`powerCut`), each pending item meets its own fate, whatever became of the others: a
 *       sector stays as it was, gets any one of its versions, is torn between two, or holds noise; a length changes
 *       or does not. So sectors arrive in any order, also across files; a file may be longer than its data, with
 *       zeros where bytes are missing; and a truncate may be there although an earlier write is not.
 *   D4  Flushing one file promises nothing about another. That the flush of one may drag along the length of another
 *       needs no rule of its own: D3 already lets any pending length survive at any moment.
 *   D5  A flush that fails may have thrown its data away (`dropUnflushed`): reads still show it, a power cut never
 *       brings it back, and the next flush succeeds without it, but for the length that what it does flush needs (Rebello et al. 2020, "Can applications recover from
 *       fsync failures?", section 3). A sector written anew carries the dropped bytes along: the cache writes sectors.
 *   D6  A lying disk answers `flush` and does nothing (the profile `liar`).
 *
 * Which fates can happen at all is the profile's matter (`profiles.ts`), the result of a choice is `survive`
 * (`pending.ts`). Faults of single calls, wrong counts, errors, a full disk, are `faultyFiles` around these files; a
 * crash at the k-th call, or inside it, is `latchedFiles`. The disk itself has no chance in it: noise and random
 * choices come from seeds handed in. Not modelled: names, which here are always durable (`directory.ts` is about them);
 * and an SSD that loses old data of its own when the power goes. Damage at rest is handed in too (`damage`).
 *
 * A disk is cheap to fork: images are overlays over a shared base (`image.ts`).
 */
import { assert } from '../../base/assert';
import { FILE_NAMES, fileSet, type FileName, type FileSet, type Storage } from '../file';
import type { FileImages, PartialImages } from '../images';
import { filesMissing, storageInUse } from '../preconditions';
import { whyImpossible, type PowerCutChoice } from './fates';
import { SimulatedContent, SimulatedFile } from './simulated_file';
import { Image } from './image';
import type { PendingItem } from './pending';
import { PROFILES, type PersistenceProfile } from './profiles';
import { finish } from './sector';
import { survive } from './survive';

export class SimulatedDisk implements Storage {
  readonly #contents = new Map<FileName, SimulatedContent>();
  readonly #open = new Set<FileName>();
  readonly profile: PersistenceProfile;
  readonly #counter = { calls: 0 };

  /** Starts with `images` durable; they belong to the disk from here on. Files without an image do not exist. */
  constructor(images: PartialImages = {}, profile: PersistenceProfile = PROFILES.adversarial) {
    this.profile = profile;
    for (const name of FILE_NAMES) {
      const image = images[name];
      if (image !== undefined) this.#contents.set(name, new SimulatedContent(name, new Image(image)));
    }
  }

  open(options: { readonly create: boolean }): Promise<FileSet> {
    return new Promise((resolve) => resolve(this.openNow(options)));
  }

  /** `open` without the promise. */
  openNow({ create }: { readonly create: boolean }): FileSet {
    if (this.#open.size > 0) throw storageInUse('this simulated disk');
    const missing = FILE_NAMES.filter((name) => !this.#contents.has(name));
    if (missing.length > 0 && !create) throw filesMissing(missing);
    for (const name of missing) this.#contents.set(name, new SimulatedContent(name, new Image(new Uint8Array(0))));
    return fileSet((name) => {
      this.#open.add(name);
      const content = this.#contents.get(name)!;
      return new SimulatedFile(content, this.#counter, this.profile, () => this.#open.delete(name));
    });
  }

  /** Reads, writes, flushes and truncates since the disk was made; a fork counts on. */
  get calls(): number {
    return this.#counter.calls;
  }

  /**
   * What a power cut could lose now: every pending item of every file, in the order they became pending. An item's
   * number, counted from 1, is its place in this list.
   */
  pending(): readonly PendingItem[] {
    const items = [...this.#contents.values()].flatMap((content) => content.pending.items());
    return items.sort((a, b) => a.call - b.call);
  }

  /** An independent copy: same bytes, same pending items, no file open. */
  fork(): SimulatedDisk {
    const copy = new SimulatedDisk({}, this.profile);
    for (const [name, content] of this.#contents) copy.#contents.set(name, content.fork());
    copy.#counter.calls = this.#counter.calls;
    return copy;
  }

  /** The disk after the program died (D1): everything issued is still there, and still pending. */
  crash(): SimulatedDisk {
    return this.fork();
  }

  /**
   * The disk after the power went and came back (D3): what survived, all of it durable, nothing pending.
   * Any well-formed choice is carried out; whether the profile allows it is `whyImpossible`'s matter.
   */
  powerCut(choice: PowerCutChoice): SimulatedDisk {
    const items = this.pending();
    const why = whyImpossible(items, choice, PROFILES.psow_off);
    assert(why === undefined, `a power cut has one possible fate for each pending item: ${why ?? ''}`);
    const disk = new SimulatedDisk({}, this.profile);
    for (const [name, content] of this.#contents) {
      const mine = content.pending.items();
      const fates = items.flatMap((item, i) => (item.file === name ? [choice[i]!] : []));
      disk.#contents.set(name, new SimulatedContent(name, survive(content.durable, mine, fates)));
    }
    return disk;
  }

  /** A byte at rest changes behind everybody's back, open files or not. Not while anything is pending in the file. */
  damage(name: FileName, at: number, byte: number): void {
    const content = this.#contents.get(name);
    assert(content !== undefined && at < content.visible.size, 'only a byte that is there can be damaged');
    content.damage(at, byte);
  }

  /** Copies of what reads show. A file that does not exist counts as empty. */
  images(): FileImages {
    return this.#eachFile((content) => content.visible.toBytes());
  }

  /** Copies of what is durable: the images of a cut that loses everything pending. */
  durableImages(): FileImages {
    return this.#eachFile((content) => content.durable.toBytes());
  }

  /** 16 hex digits, the same for all disks that show the same bytes in the same files. */
  imageHash(): string {
    let low = 0;
    let high = 0;
    for (const name of FILE_NAMES) {
      const hash = this.#contents.get(name)?.visible.hash() ?? { low: -1, high: -1 };
      low = finish(Math.imul(low, 31) + hash.low);
      high = finish(Math.imul(high, 37) + hash.high);
    }
    return hexWord(high) + hexWord(low);
  }

  #eachFile(bytesOf: (content: SimulatedContent) => Uint8Array): FileImages {
    const bytes = (name: FileName): Uint8Array => {
      const content = this.#contents.get(name);
      return content === undefined ? new Uint8Array(0) : bytesOf(content);
    };
    return { superblock: bytes('superblock'), log: bytes('log'), data_0: bytes('data_0'), data_1: bytes('data_1') };
  }
}

const hexWord = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
