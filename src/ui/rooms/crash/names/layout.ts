/**
 * Where names, files and the arrows between them stand: of the moment before a cut, and of a state after it. Both
 * become the same kind of scene, so that one picture and one table show either.
 *
 *     names            files
 *     +--------+       file 1
 *     | plan   |\      +-----+-----+
 *     +--------+ \     | aut | umn |
 *     +--------+  \    +-----+-----+
 *     |plan_new|---\-> file 2 ...
 *     +--------+    (one row for each file; names beside them in rows of their own)
 */
import { lettersOf } from '../../../../lab/names_judge';
import { SLOT_BYTES } from '../../../../lab/names_language';
import type { DirectoryState, FileId, FileView, NamesMoment, NameView } from '../../../../protocol/names';
import type { MarkState } from '../../../marks/states';

const BLOCK_LETTERS = 3;

export interface NameMark {
  readonly name: string;
  readonly state: MarkState;
  readonly note: string;
  readonly y: number;
}
export interface BlockMark {
  readonly letters: string;
  readonly state: MarkState;
  readonly x: number;
  readonly width: number;
}
export interface FileMark {
  readonly file: FileId;
  readonly title: string;
  readonly note: string;
  readonly blocks: readonly BlockMark[];
  /** Named by something, and not there. */
  readonly missing: boolean;
  readonly y: number;
}
/** `sure`: on the disk. `handed`: what the program sees and the disk may not have. `stale`: what the disk has instead. */
export interface ArrowMark {
  readonly name: string;
  readonly file: FileId;
  readonly kind: 'sure' | 'handed' | 'stale' | 'broken';
  readonly from: number;
  readonly to: number;
}
export interface NamesScene {
  readonly names: readonly NameMark[];
  readonly files: readonly FileMark[];
  readonly arrows: readonly ArrowMark[];
  readonly frame: { readonly nameWidth: number; readonly filesX: number; readonly height: number };
}
export interface SceneSize {
  readonly width: number;
  /** The file whose blocks are two slots, if the program keeps one. */
  readonly slotsIn?: string | undefined;
}

export const NAME_HEIGHT = 24;
export const BLOCK_HEIGHT = 14;
/** Of a file's row: its title, its letters, its blocks, and air. */
export const FILE_TITLE = 12;
export const FILE_LETTERS = 30;
export const FILE_BLOCKS = 36;
const ROW = 62;
const TOP = 22;
const BLOCK_MAX = 58;
const SLOT_GAP = 8;

type Unplaced<Mark> = Omit<Mark, 'y'>;
interface FileContent extends Omit<FileMark, 'y' | 'blocks'> {
  readonly blocks: readonly Omit<BlockMark, 'x' | 'width'>[];
}
type ArrowContent = Omit<ArrowMark, 'from' | 'to'>;

/** What the program sees, and what of it the disk has. */
export function layoutMoment(moment: NamesMoment, size: SceneSize): NamesScene {
  const arrows = moment.names.flatMap(({ name, now, onDisk }): ArrowContent[] => [
    ...(now === undefined ? [] : [{ name, file: now, kind: now === onDisk ? ('sure' as const) : ('handed' as const) }]),
    ...(onDisk === undefined || onDisk === now ? [] : [{ name, file: onDisk, kind: 'stale' as const }]),
  ]);
  return place(moment.names.map(nameOfMoment), moment.files.map(fileOfMoment), arrows, size);
}

function nameOfMoment({ name, now, onDisk }: NameView): Unplaced<NameMark> {
  if (now === undefined) return { name, state: 'garbage', note: 'still on the disk' };
  if (now === onDisk) return { name, state: 'durable', note: 'on the disk' };
  return { name, state: 'handed', note: onDisk === undefined ? 'not on the disk' : `on the disk: file ${onDisk}` };
}

function fileOfMoment({ file, blocks, length, lengthOnDisk, ended }: FileView): FileContent {
  const short = lengthOnDisk !== length ? `length ${length}; on the disk ${lengthOnDisk ?? 'none'}` : '';
  return {
    file,
    title: `file ${file}`,
    note: ended ? 'at its end; still on the disk' : blocks.length === 0 && short === '' ? 'empty' : short,
    missing: false,
    blocks: blocks.map(({ bytes, durable }) => ({
      letters: lettersOf(bytes),
      state: ended ? 'garbage' : durable ? 'durable' : 'handed',
    })),
  };
}

/** What a cut left: all of it on the disk, some of it without a way to reach it. */
export function layoutState(state: DirectoryState, size: SceneSize): NamesScene {
  const gone = [...new Set(state.names.filter(({ opens }) => !opens).map(({ file }) => file))];
  const files = [
    ...state.files.map(({ file, bytes, named }): FileContent => {
      const note = named ? (bytes.length === 0 ? 'empty' : '') : 'no name points to it';
      return { file, title: `file ${file}`, note, missing: false, blocks: blocksLeft(bytes, named) };
    }),
    ...gone.map((file): FileContent => ({ file, title: `file ${file}`, note: 'is gone', missing: true, blocks: [] })),
  ].sort((a, b) => a.file - b.file);
  const names = state.names.map(({ name, opens }): Unplaced<NameMark> => {
    return { name, state: opens ? 'durable' : 'pending', note: opens ? 'opens' : 'opens nothing' };
  });
  const arrows = state.names.map(({ name, file, opens }): ArrowContent => {
    return { name, file, kind: opens ? 'sure' : 'broken' };
  });
  return place(names, files, arrows, size);
}

function blocksLeft(bytes: Uint8Array, named: boolean): FileContent['blocks'] {
  return Array.from({ length: Math.ceil(bytes.length / BLOCK_LETTERS) }, (_, block) => {
    const letters = lettersOf(bytes.subarray(block * BLOCK_LETTERS, (block + 1) * BLOCK_LETTERS));
    // Zeros are room that was asked for: the length is there, the letters are not.
    const state = !named ? 'garbage' : /^·+$/.test(letters) ? 'pending' : 'durable';
    return { letters, state } as const;
  });
}

function place(
  names: readonly Unplaced<NameMark>[],
  files: readonly FileContent[],
  arrows: readonly ArrowContent[],
  { width, slotsIn }: SceneSize,
): NamesScene {
  const rows = Math.max(names.length, files.length, 1);
  const nameWidth = Math.min(118, Math.max(84, width * 0.24));
  const filesX = nameWidth + Math.max(44, Math.min(110, width * 0.16));
  const slots = arrows.find((one) => one.name === slotsIn)?.file;
  const blocksMax = Math.max(2, ...files.map(({ blocks }) => blocks.length));
  const blockWidth = Math.min(BLOCK_MAX, (width - filesX - SLOT_GAP - 4) / blocksMax);
  // Names in the order of their files, so that arrows cross only where a name has changed its file.
  const firstFile = (name: string): number => arrows.find((one) => one.name === name)?.file ?? 0;
  const ordered = names.toSorted((a, b) => firstFile(a.name) - firstFile(b.name));
  const namesPlaced = ordered.map((name, index) => ({ ...name, y: TOP + index * ROW + 14 }));
  const filesPlaced = files.map((file, index): FileMark => ({
    ...file,
    note: file.file === slots && file.note === '' ? 'two slots, each with its checksum' : file.note,
    y: TOP + index * ROW,
    blocks: file.blocks.map((block, at) => {
      const gap = file.file === slots && at >= SLOT_BYTES / BLOCK_LETTERS ? SLOT_GAP : 0;
      return { ...block, x: filesX + gap + at * blockWidth, width: blockWidth - 2 };
    }),
  }));
  return {
    names: namesPlaced,
    files: filesPlaced,
    arrows: arrows.map((arrow) => ({
      ...arrow,
      from: namesPlaced.find(({ name }) => name === arrow.name)!.y + NAME_HEIGHT / 2,
      to: filesPlaced.find(({ file }) => file === arrow.file)!.y + FILE_BLOCKS + BLOCK_HEIGHT / 2,
    })),
    frame: { nameWidth, filesX, height: TOP + rows * ROW },
  };
}

/** The scene in words: for the table beside the picture, and for its label. */
export function sceneRows({ names, files, arrows }: NamesScene): readonly (readonly [string, string])[] {
  const contents = (file: FileId): string => {
    const mark = files.find((one) => one.file === file)!;
    if (mark.missing) return `file ${file}, which is gone`;
    const letters = mark.blocks.map((block) => block.letters).join(' ');
    return [`file ${file}`, letters === '' ? '' : `“${letters}”`, mark.note].filter((one) => one !== '').join(', ');
  };
  const kinds = { sure: '', handed: ' (not sure on the disk)', stale: ' (on the disk)', broken: '' } as const;
  const named = names.map(({ name }): readonly [string, string] => {
    const targets = arrows
      .filter((one) => one.name === name)
      .map(({ file, kind }) => `${contents(file)}${kinds[kind]}`);
    return [name, targets.join('; ')];
  });
  const reached = new Set(arrows.map(({ file }) => file));
  const alone = files.filter(({ file }) => !reached.has(file)).map(({ file }) => ['no name', contents(file)] as const);
  return [...named, ...alone];
}
