/** Every damage of each kind that can befall a specimen. A seed chooses only where it says so. */
import { equalBytes } from '../../base/bytes';
import { SeededRandom } from '../../base/runtime';
import { FILE_NAMES, SECTOR_BYTES, type FileName } from '../../storage/file';
import type { FileImages } from '../../storage/images';
import type { CrashSubject } from '../subject';
import { olderRegion, type Damage, type DamageKind } from './damage';
import type { Specimen } from './specimen';

/** One free byte in so many is flipped. */
const FREE_BYTES_SHARE = 100;

export function* damagesOf(
  kind: DamageKind,
  subject: CrashSubject,
  specimen: Specimen,
  seed: number,
): Generator<Damage, void> {
  switch (kind) {
    case 'flip':
      yield* flips(subject, specimen, new SeededRandom(seed));
      break;
    case 'misdirect':
      yield* misdirections(subject, specimen);
      break;
    case 'region':
      yield* olderRegions(specimen);
      break;
    case 'older_file':
      yield* olderFiles(specimen);
      break;
    case 'cut':
      yield* cuts(specimen);
      break;
    case 'exchange':
      for (const from of permutations(FILE_NAMES)) {
        if (from.some((name, i) => name !== FILE_NAMES[i])) yield { kind, from };
      }
      break;
    case 'missing':
      for (const files of subsets(FILE_NAMES)) {
        for (const madeAnew of [false, true]) if (files.length > 0) yield { kind, files, madeAnew };
      }
      break;
  }
}

/** Every bit of every byte with a meaning, and of a share of those without. */
function* flips(subject: CrashSubject, { images }: Specimen, random: SeededRandom): Generator<Damage, void> {
  for (const file of FILE_NAMES) {
    const hasMeaning = meaningOf(subject, images, file);
    for (let at = 0; at < hasMeaning.length; at++) {
      const of = hasMeaning[at] === 1 ? 'meaning' : 'free';
      if (of === 'free' && random.below(FREE_BYTES_SHARE) > 0) continue;
      for (let bit = 0; bit < 8; bit++) yield { kind: 'flip', file, at, bit, of };
    }
  }
}

/** 1 for each byte of a file that something of the store depends on, as its codecs say. */
export function meaningOf(subject: CrashSubject, images: FileImages, file: FileName): Uint8Array {
  const hasMeaning = new Uint8Array(images[file].length);
  for (const field of subject.annotate(file, 0, images[file], images.superblock)) {
    if (field.family !== 'free') hasMeaning.fill(1, field.at, field.at + field.length);
  }
  return hasMeaning;
}

/** The last write of each kind, at every aligned place of every file but its own. */
function* misdirections(subject: CrashSubject, { calls, images }: Specimen): Generator<Damage, void> {
  const last = new Map<string, number>();
  calls.forEach((change, i) => {
    if (change.call !== 'write') return;
    const { at, bytes, file } = change;
    const structure = subject.annotate(file, at, bytes, images.superblock)[0]?.structure ?? 'zeros';
    last.set(`${structure.replace(/\d+/g, 'n')} in ${file}`, i);
  });
  for (const [what, call] of last) {
    const write = calls[call]!;
    for (const file of FILE_NAMES) {
      for (let at = 0; at < images[file].length; at += SECTOR_BYTES) {
        const isItsOwn = write.call === 'write' && write.file === file && write.at === at;
        if (!isItsOwn) yield { kind: 'misdirect', call, what, file, at };
      }
    }
  }
}

/** Aligned stretches of every power of two, each in every state it ever had. */
function* olderRegions({ images, moments }: Specimen): Generator<Damage, void> {
  for (const file of FILE_NAMES) {
    const now = images[file];
    for (let length = SECTOR_BYTES; length <= now.length; length *= 2) {
      for (let at = 0; at + length <= now.length; at += length) {
        const seen: Uint8Array[] = [now.subarray(at, at + length)];
        for (const [moment, older] of moments.entries()) {
          const region = olderRegion(older[file], at, length);
          if (seen.some((known) => equalBytes(known, region))) continue;
          seen.push(region);
          yield { kind: 'region', moment, file, at, length };
        }
      }
    }
  }
}

function* olderFiles({ images, moments }: Specimen): Generator<Damage, void> {
  const sets: (readonly FileName[])[] = [...FILE_NAMES.map((name) => [name]), FILE_NAMES];
  for (const files of sets) {
    for (const [moment, older] of moments.entries()) {
      const before = moments[moment - 1];
      const isNews = before === undefined || files.some((name) => !equalBytes(before[name], older[name]));
      const differs = files.some((name) => !equalBytes(images[name], older[name]));
      if (isNews && differs) yield { kind: 'older_file', moment, files };
    }
  }
}

function* cuts({ images }: Specimen): Generator<Damage, void> {
  for (const file of FILE_NAMES) {
    for (let length = 0; length < images[file].length; length++) yield { kind: 'cut', file, length };
  }
}

function* permutations<T>(items: readonly T[]): Generator<T[], void> {
  if (items.length === 0) yield [];
  for (const [i, first] of items.entries()) {
    for (const rest of permutations(items.toSpliced(i, 1))) yield [first, ...rest];
  }
}

function* subsets<T>(items: readonly T[]): Generator<T[], void> {
  if (items.length === 0) {
    yield [];
    return;
  }
  for (const rest of subsets(items.slice(1))) {
    yield rest;
    yield [items[0]!, ...rest];
  }
}
