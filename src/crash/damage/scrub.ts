/** Rot under a running store: whether its check finds the place before an opening has to. */
import { ManualSchedule, SeededRandom } from '../../base/runtime';
import type { FileName, FileSet } from '../../storage/file';
import { readImages, type FileImages } from '../../storage/images';
import { MemoryStorage } from '../../storage/memory';
import type { CrashStore, CrashSubject } from '../subject';
import type { Damage } from './damage';
import { meaningOf } from './damages';
import type { Specimen } from './specimen';

/** One store, opened once, under which bits flip and flip back. */
export class Scrub {
  readonly #files: FileSet;
  readonly #store: CrashStore;
  readonly #subject: CrashSubject;
  /** As the opening left them. */
  readonly #images: FileImages;
  readonly #meaning = new Map<FileName, Uint8Array>();

  constructor(subject: CrashSubject, specimen: Specimen) {
    this.#files = new MemoryStorage(specimen.images).openNow({ create: false });
    const { schedule } = new ManualSchedule();
    const random = new SeededRandom(1);
    this.#store = subject.open({ files: this.#files, random, schedule, protections: subject.protections });
    this.#subject = subject;
    this.#images = readImages(this.#files);
  }

  /** Whether the running store still has there what had a meaning: an opening may write anew, elsewhere, what a crash left in doubt. */
  uses({ at, file, of }: Extract<Damage, { kind: 'flip' }>): boolean {
    if (of === 'free') return true;
    const known = this.#meaning.get(file) ?? meaningOf(this.#subject, this.#images, file);
    this.#meaning.set(file, known);
    return known[at] === 1;
  }

  /** Whether a check names the file that the flip is in. Nothing but `check` runs meanwhile. */
  finds({ at, bit, file }: Extract<Damage, { kind: 'flip' }>): boolean {
    const byte = new Uint8Array(1);
    this.#files[file].read(at, byte);
    const sound = byte[0]!;
    this.#files[file].write(at, new Uint8Array([sound ^ (1 << bit)]));
    const isFound = this.#store.check().some(({ place }) => place?.file === file);
    this.#files[file].write(at, new Uint8Array([sound]));
    return isFound;
  }
}
