/** Words for numbers and keys. */
import { decodeText, toHex } from '../../base/bytes';

export function digits(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Exact under a KiB, then with one decimal at most. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [value, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KiB'] : [bytes / 1024 / 1024, 'MiB'];
  return `${Number.isInteger(value) ? digits(value) : value.toFixed(1)} ${unit}`;
}

export function keyText(key: Uint8Array): string {
  const text = decodeText(key);
  if (text === undefined || /[^\x20-\x7e\u00a0-\uffff]/.test(text))
    return `0x${toHex(key.subarray(0, 8))}${key.length > 8 ? '…' : ''}`;
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

/** As much of a word as a width holds; nothing where not even a letter fits. */
export function fitted(text: string, width: number, letter = 6): string {
  const room = Math.floor((width - 3) / letter);
  if (text.length <= room) return text;
  if (room < 2) return '';
  return room < 4 ? text.slice(0, room) : `${text.slice(0, room - 1)}…`;
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${digits(count)} ${count === 1 ? one : many}`;
