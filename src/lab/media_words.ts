/** Durations, bytes and money as the Media room says them; and durations at a scale that a person can feel. */
import type { FlushRoute, MediaKind } from '../storage/media';
import type { FlushCase, LayoutId, ProbeSeries } from '../protocol/media';

const STEPS: readonly (readonly [number, string])[] = [
  [1, 'ns'],
  [1e3, 'µs'],
  [1e6, 'ms'],
  [1e9, 's'],
];

/** Two or three figures: 340 ns, 1.2 µs, 8.3 ms. */
export function duration(ns: number): string {
  if (ns === 0) return '0';
  const [size, unit] = STEPS.findLast(([from]) => ns >= from * 0.9995) ?? STEPS[0]!;
  return `${figures(ns / size)} ${unit}`;
}

/** Two figures; all of them from a hundred on. */
export function figures(value: number): string {
  if (value >= 99.5) return Math.round(value).toLocaleString('en');
  return value >= 9.95 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

const HUMAN: readonly (readonly [number, string, string])[] = [
  [1, 'second', 'seconds'],
  [60, 'minute', 'minutes'],
  [3600, 'hour', 'hours'],
  [86_400, 'day', 'days'],
  [365.25 * 86_400, 'year', 'years'],
];

/** If a nanosecond were a second. */
export function humanScale(ns: number): string {
  const [size, one, many] = HUMAN.findLast(([from]) => ns >= from * 0.95) ?? HUMAN[0]!;
  const count = figures(ns / size);
  return `${count} ${count === '1' ? one : many}`;
}

export function bytes(count: number): string {
  if (count >= 2 ** 30) return `${figures(count / 2 ** 30)} GiB`;
  if (count >= 2 ** 20) return `${figures(count / 2 ** 20)} MiB`;
  if (count >= 1024) return `${figures(count / 1024)} KiB`;
  return `${Math.round(count)} B`;
}

export function energy(joules: number): string {
  if (joules === 0) return '0';
  const [size, unit] = (
    [
      [1, 'J'],
      [1e-3, 'mJ'],
      [1e-6, 'µJ'],
      [1e-9, 'nJ'],
    ] as const
  ).find(([from]) => joules >= from) ?? [1e-12, 'pJ'];
  return `${figures(joules / size)} ${unit}`;
}

/** A run costs next to nothing: so many of them that the dearest device comes to a dollar at least. */
export function runsForADollar(dearestUsd: number): { readonly count: number; readonly words: string } {
  const counts = [
    { count: 1, words: 'one run' },
    { count: 1e3, words: 'a thousand runs' },
    { count: 1e6, words: 'a million runs' },
    { count: 1e9, words: 'a billion runs' },
  ] as const;
  return counts.find(({ count }) => dearestUsd * count >= 1) ?? { count: 1e12, words: 'a trillion runs' };
}

/** Two figures, however small: one column is to be compared from top to bottom. */
export function dollars(usd: number): string {
  if (usd === 0) return '0';
  if (usd < 1e-4) return 'under $0.0001';
  return `$${usd < 0.1 ? Number(usd.toPrecision(2)) : figures(usd)}`;
}

/** How many such runs the device would last; undefined where nothing wears. */
export function runsUntilWorn(wear: number): string {
  if (wear === 0) return 'does not wear';
  const runs = 1 / wear;
  const power = Math.floor(Math.log10(runs));
  if (power < 4) return Math.round(runs).toLocaleString('en');
  const raised = String(power).replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(digit)));
  return `${(runs / 10 ** power).toFixed(1)} × 10${raised}`;
}

export const KIND_TITLES: Readonly<Record<MediaKind, string>> = {
  dram: 'DRAM',
  nvme: 'NVMe SSD',
  sata: 'SATA SSD',
  hdd: 'Hard disk',
};

export const SERIES_TITLES: Readonly<Record<ProbeSeries, string>> = {
  read_sequential: 'read, one after another',
  read_random: 'read, random places',
  write_sequential: 'write, one after another',
  write_random: 'write, random places',
};

export const FLUSH_TITLES: Readonly<Record<FlushCase, string>> = {
  nothing: 'nothing dirty',
  page: '4 KiB dirty',
  page_grown: '4 KiB, and the file has grown',
  one_mib: '1 MiB in one write',
  one_mib_scattered: '1 MiB as 256 scattered pages',
};

/** The same where there is no room. */
export const FLUSH_NAMES: Readonly<Record<FlushCase, string>> = {
  nothing: 'nothing dirty',
  page: '4 KiB dirty',
  page_grown: '4 KiB, grown file',
  one_mib: '1 MiB, one write',
  one_mib_scattered: '1 MiB, 256 pages',
};

export const LAYOUT_TITLES: Readonly<Record<LayoutId, string>> = {
  append: 'Appended to a log',
  in_place: 'In place',
  in_place_safe: 'In place, written twice',
};

/** What a route of a flush is called in lists and links. */
export const routeName = (route: FlushRoute | undefined): string =>
  route === undefined ? '' : `${route.engine}, ${route.platform}`;
