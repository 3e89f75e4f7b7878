/**
 * The step language of the lesson on names: one step a line, small enough to be read aloud.
 *
 *     create NAME              move NAME NAME       remove NAME
 *     write NAME "TEXT"        over what is there, from the first letter
 *     truncate NAME LENGTH     flush NAME           flush directory
 *     slot NAME EPOCH "TEXT"   writes one of two slots of a file: odd epochs the second, even ones the first
 *     wait                     seconds pass
 *     settle                   some 40 s pass, and the system has written everything back
 *     say saved                the user is told; nothing happens on the disk
 *
 * A slot, as the store's superblock has two of them, in letters:
 *
 *     0       1            7         9
 *     +-------+------------+---------+
 *     | epoch | text       | crc     |    crc: the low 16 bits of crc32c over the epoch and the text
 *     +-------+------------+---------+    (the store keeps all 32)
 */
import { encodeText } from '../base/bytes';
import { crc32c } from '../base/checksum';
import type { DirectoryStep } from '../protocol/names';

export const SLOT_BYTES = 9;
const SLOT_TEXT = 1;
const SLOT_CRC = 7;
const EPOCH_MAX = 9;

export interface NamesLine {
  /** As it was written, without spaces around it. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  readonly step: DirectoryStep;
  /** The user is told here that the save is done. */
  readonly tells: boolean;
}

export interface NamesError {
  readonly line: number;
  readonly message: string;
}

export interface NamesScript {
  readonly lines: readonly NamesLine[];
  readonly errors: readonly NamesError[];
}

/** Reads a program; a line that is wrong gives an error and is left out. Empty lines and `#` notes are skipped. */
export function parseNames(text: string): NamesScript {
  const lines: NamesLine[] = [];
  const errors: NamesError[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*$/, '').trim();
    if (line === '') continue;
    const step = parseStep(line);
    if (typeof step === 'string') errors.push({ line: index + 1, message: step });
    else lines.push({ text: line, line: index + 1, step, tells: /^say\b/.test(line) });
  }
  return { lines, errors };
}

/** What each line looks like; `N` is a name, `T` a text in quotes, `D` digits. */
const FORMS: readonly { readonly form: RegExp; readonly make: (parts: readonly string[]) => DirectoryStep | string }[] =
  [
    { form: form('create N'), make: ([name]) => ({ kind: 'create', name: name! }) },
    {
      form: form('write N T'),
      make: ([name, text]) => ({ kind: 'write', name: name!, at: 0, bytes: encodeText(text!) }),
    },
    {
      form: form('truncate N D'),
      make: ([name, length]) => ({ kind: 'truncate', name: name!, length: Number(length) }),
    },
    { form: form('flush directory'), make: () => ({ kind: 'flush_directory' }) },
    { form: form('flush N'), make: ([name]) => ({ kind: 'flush', name: name! }) },
    { form: form('move N N'), make: ([from, to]) => ({ kind: 'move', from: from!, to: to! }) },
    { form: form('remove N'), make: ([name]) => ({ kind: 'remove', name: name! }) },
    { form: form('slot N D T'), make: ([name, epoch, text]) => slotStep(name!, Number(epoch), text!) },
    { form: form('settle'), make: () => ({ kind: 'settle' }) },
    { form: form('wait'), make: () => ({ kind: 'wait' }) },
    { form: form('say saved'), make: () => ({ kind: 'wait' }) },
  ];

function form(pattern: string): RegExp {
  const parts: Readonly<Record<string, string>> = {
    N: '((?!directory\\b)[a-z][a-z0-9_]{0,11})',
    T: '"([a-z]{1,12})"',
    D: '([0-9]{1,2})',
  };
  return new RegExp(
    `^${pattern
      .split(' ')
      .map((word) => parts[word] ?? word)
      .join('\\s+')}$`,
  );
}

function parseStep(line: string): DirectoryStep | string {
  for (const { form, make } of FORMS) {
    const match = form.exec(line);
    if (match !== null) return make(match.slice(1));
  }
  return `“${line}” is no step: create, write, truncate, flush, move, remove, slot, wait, settle, say saved; texts are 1 to 12 small letters in quotes`;
}

function slotStep(name: string, epoch: number, text: string): DirectoryStep | string {
  if (text.length !== SLOT_CRC - SLOT_TEXT) return `a slot holds ${SLOT_CRC - SLOT_TEXT} letters`;
  if (epoch > EPOCH_MAX) return `an epoch has one digit here`;
  return { kind: 'write', name, at: (epoch % 2) * SLOT_BYTES, bytes: encodeSlot(epoch, text) };
}

export function encodeSlot(epoch: number, text: string): Uint8Array {
  const bytes = new Uint8Array(SLOT_BYTES);
  bytes.set(encodeText(`${epoch}${text}`));
  const crc = crc32c(bytes, 0, SLOT_CRC);
  bytes[SLOT_CRC] = crc & 0xff;
  bytes[SLOT_CRC + 1] = (crc >>> 8) & 0xff;
  return bytes;
}

/** @returns the slot at a place, undefined if its checksum does not hold. */
export function decodeSlot(
  bytes: Uint8Array,
  at: number,
): { readonly epoch: number; readonly text: string } | undefined {
  const slot = bytes.subarray(at, at + SLOT_BYTES);
  if (slot.length < SLOT_BYTES || slot.every((byte) => byte === 0)) return undefined;
  const stored = slot[SLOT_CRC]! | (slot[SLOT_CRC + 1]! << 8);
  if ((crc32c(slot, 0, SLOT_CRC) & 0xffff) !== stored) return undefined;
  const [epoch, ...letters] = [...slot.subarray(0, SLOT_CRC)].map((byte) => String.fromCharCode(byte));
  return { epoch: Number(epoch), text: letters.join('') };
}
