/** Devices by name, and what can be turned where lookups are priced on them by the share of the data in memory. */
import type { PricedKind } from '../protocol/prices';
import { duration, figures } from './media_words';

export const DEVICE_TITLES: Readonly<Record<PricedKind, string>> = {
  nvme: 'NVMe SSD',
  sata: 'SATA SSD',
  hdd: 'hard disk',
};

export const MEMORY_SHARES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1] as const;
export const MEMORY_PATTERNS = ['random', 'skewed'] as const;
export const MEMORY_RATES: readonly number[] = [1, 3, 10, 30, 100, 1000, 10_000, 100_000];

/** Up to days: 4.9 min, 23 h. */
export function span(seconds: number): string {
  if (seconds < 100) return duration(seconds * 1e9);
  if (seconds < 6000) return `${figures(seconds / 60)} min`;
  return seconds < 150_000 ? `${figures(seconds / 3600)} h` : `${figures(seconds / 86_400)} days`;
}
