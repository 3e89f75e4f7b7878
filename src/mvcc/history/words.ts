/** Values and transactions in sentences. */
import { nameOf, type ReadValue } from './history';

/** So many elements of a list are shown, the last ones: what went wrong is mostly at the end. */
const ELEMENTS_SHOWN = 6;

export function valueText(value: ReadValue): string {
  if (value === null) return 'nothing';
  if (typeof value === 'number') return String(value);
  const shown = value.slice(-ELEMENTS_SHOWN);
  return `[${shown.length < value.length ? '..., ' : ''}${shown.join(', ')}]`;
}

/** `T1, T2 and T5`. */
export function namesText(transactions: readonly number[]): string {
  const names = transactions.map(nameOf);
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}
