/**
 * What can befall files at rest, as plain data: a damage is found by its words, and travels to a worker or into a link
 * as it is.
 *
 *     flip         one bit, of a byte that has a meaning or of one that has none
 *     misdirect    a write that landed somewhere else: its own place keeps what was there
 *     region       a stretch that shows what it held at an earlier moment of the same history
 *     older file   one file, or all four, as they were at an earlier moment
 *     cut          a file that ends sooner
 *     exchange     the files under one another's names
 *     missing      files that are not there, or that somebody made anew, empty
 */
import { assert } from '../../base/assert';
import { FILE_NAMES, type FileName } from '../../storage/file';
import type { FileImages, PartialImages } from '../../storage/images';
import { imagesAfter, type Specimen } from './specimen';

export type Damage =
  | { readonly kind: 'flip'; readonly file: FileName; readonly at: number; readonly bit: number; readonly of: FlipOf }
  /** `call`: index into the calls of the specimen. */
  | {
      readonly kind: 'misdirect';
      readonly call: number;
      readonly what: string;
      readonly file: FileName;
      readonly at: number;
    }
  | {
      readonly kind: 'region';
      readonly moment: number;
      readonly file: FileName;
      readonly at: number;
      readonly length: number;
    }
  | { readonly kind: 'older_file'; readonly moment: number; readonly files: readonly FileName[] }
  | { readonly kind: 'cut'; readonly file: FileName; readonly length: number }
  /** `from[i]`: whose bytes lie under the i-th name. */
  | { readonly kind: 'exchange'; readonly from: readonly FileName[] }
  | { readonly kind: 'missing'; readonly files: readonly FileName[]; readonly madeAnew: boolean };

/** Whether a format drawing gives the flipped byte a meaning. */
export type FlipOf = 'meaning' | 'free';

export type DamageKind = Damage['kind'];
export const DAMAGE_KINDS: readonly DamageKind[] = [
  'flip',
  'misdirect',
  'region',
  'older_file',
  'cut',
  'exchange',
  'missing',
];

/** The files of the specimen after the damage. Images that the damage leaves alone are shared, not copied. */
export function damagedImages(specimen: Specimen, damage: Damage): PartialImages {
  const { images } = specimen;
  switch (damage.kind) {
    case 'flip': {
      const bytes = images[damage.file].slice();
      bytes[damage.at]! ^= 1 << damage.bit;
      return { ...images, [damage.file]: bytes };
    }
    case 'misdirect':
      return misdirected(specimen, damage);
    case 'region':
      return { ...images, [damage.file]: withOlderRegion(specimen, damage) };
    case 'older_file':
      return { ...images, ...only(specimen.moments[damage.moment]!, damage.files) };
    case 'cut':
      return { ...images, [damage.file]: images[damage.file].subarray(0, damage.length) };
    case 'exchange':
      return Object.fromEntries(FILE_NAMES.map((name, i) => [name, images[damage.from[i]!]]));
    case 'missing':
      return only(
        images,
        FILE_NAMES.filter((name) => !damage.files.includes(name)),
      );
  }
}

function misdirected({ calls }: Specimen, { at, call, file }: Extract<Damage, { kind: 'misdirect' }>): FileImages {
  const write = calls[call];
  assert(write?.call === 'write', 'only writes go to a wrong place');
  return imagesAfter(calls.with(call, { ...write, file, at }));
}

function withOlderRegion(
  { images, moments }: Specimen,
  { at, file, length, moment }: Extract<Damage, { kind: 'region' }>,
): Uint8Array {
  const bytes = images[file].slice();
  bytes.set(olderRegion(moments[moment]![file], at, length).subarray(0, bytes.length - at), at);
  return bytes;
}

/** The region as it was; zeros where the file was shorter. */
export function olderRegion(older: Uint8Array, at: number, length: number): Uint8Array {
  const region = new Uint8Array(length);
  region.set(older.subarray(at, at + length));
  return region;
}

function only(images: FileImages, files: readonly FileName[]): PartialImages {
  return Object.fromEntries(files.map((name) => [name, images[name]]));
}

/** One line that finds the damage again. */
export function damageInWords(damage: Damage): string {
  switch (damage.kind) {
    case 'flip':
      return `bit ${damage.bit} of byte ${damage.at} of ${damage.file} flipped (${damage.of})`;
    case 'misdirect':
      return `the last write of ${damage.what} landed at byte ${damage.at} of ${damage.file}`;
    case 'region':
      return `bytes ${damage.at} to ${damage.at + damage.length} of ${damage.file} as at moment ${damage.moment}`;
    case 'older_file':
      return `${damage.files.join(', ')} as at moment ${damage.moment}`;
    case 'cut':
      return `${damage.file} cut to ${damage.length} bytes`;
    case 'exchange':
      return FILE_NAMES.map((name, i) => `${name} holds ${damage.from[i]!}`).join(', ');
    case 'missing':
      return `${damage.files.join(', ')} ${damage.madeAnew ? 'made anew, empty' : 'missing'}`;
  }
}
