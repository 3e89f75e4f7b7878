/** The five-minute rule as the notes tell it is the one that the desk computes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PRICED_KINDS } from '../protocol/prices';
import { DeviceClocks, memoryPrices } from './priced_devices';

const TITLES = { nvme: 'NVMe', sata: 'SATA', hdd: 'hard disk' } as const;

function words(seconds: number): string {
  if (seconds < 6000) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 150_000 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}

test('the table in notes/media.md is what the parameters give', () => {
  const notes = readFileSync(new URL('../../notes/media.md', import.meta.url), 'utf8');
  for (const kind of PRICED_KINDS) {
    const intervals = [1024, 4096, 16_384].map((pageBytes) => memoryPrices(pageBytes).devices[kind].breakEvenSeconds);
    expect(notes).toContain(`| ${TITLES[kind]} | ${intervals.map(words).join(' | ')} |`);
  }
});

test('a larger page is dearer to keep, and hardly dearer to read', () => {
  const [small, large] = [memoryPrices(1024), memoryPrices(16_384)];
  for (const kind of PRICED_KINDS) {
    expect(large.devices[kind].breakEvenSeconds).toBeLessThan(small.devices[kind].breakEvenSeconds / 10);
    expect(large.devices[kind].readNs).toBeGreaterThan(small.devices[kind].readNs);
  }
});

test('the clocks of the devices run with the calls of a run, and stand still while somebody only looks', () => {
  const clocks = new DeviceClocks();
  const write = (): void => {
    clocks.charge('write', 'log', 0, 512);
    clocks.charge('flush', 'log', 0, 0);
  };
  write();
  const once = clocks.times();
  expect(once.nvme).toBeLessThan(once.sata);
  expect(once.sata).toBeLessThan(once.hdd);
  expect(clocks.without(() => (write(), 7))).toBe(7);
  expect(clocks.times()).toEqual(once);
  write();
  for (const kind of PRICED_KINDS) expect(clocks.times()[kind]).toBeGreaterThan(once[kind]);
});
