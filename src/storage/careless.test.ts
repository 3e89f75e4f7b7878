/** What each careless file does to a flush or a write, seen from the device. */
import { describe, expect, it } from 'vitest';
import { CARELESS, carelessFiles, type CarelessName } from './careless';
import { SimulatedDisk } from './simulated/disk';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function filesWith(name: CarelessName) {
  const disk = new SimulatedDisk();
  return { disk, files: carelessFiles(disk.openNow({ create: true }), [name]) };
}

describe('careless files', () => {
  it.each(Object.keys(CARELESS) as CarelessName[])('%s touches no file but its own', (name) => {
    const { disk, files } = filesWith(name);
    for (const file of Object.values(files)) {
      file.write(0, bytes(1));
      file.write(1, bytes(2));
      file.flush();
    }
    const durable = disk.durableImages();
    for (const file of Object.values(files)) {
      const isWhole = durable[file.name].length === 2;
      expect(isWhole, file.name).toBe(!(CARELESS[name].files as readonly string[]).includes(file.name));
    }
  });

  it('a late write comes with the flush, behind it: what is written is readable, and not durable', () => {
    const { disk, files } = filesWith('logWriteBeforeFlush');
    files.log.write(0, bytes(7));
    expect(disk.images().log).toHaveLength(0);
    expect(files.log.size()).toBe(1);
    files.log.flush();
    expect(disk.images().log).toEqual(bytes(7));
    expect(disk.durableImages().log).toHaveLength(0);
  });

  it('a program sees its own late writes', () => {
    const { files } = filesWith('logWriteBeforeFlush');
    files.log.write(0, bytes(7, 8));
    const into = new Uint8Array(2);
    expect(files.log.read(0, into)).toBe(2);
    expect(into).toEqual(bytes(7, 8));
  });

  it('every second write is lost, and said to be whole', () => {
    const { disk, files } = filesWith('everyLogWrite');
    for (let i = 0; i < 4; i++) expect(files.log.write(i, bytes(i + 1))).toBe(1);
    expect(disk.images().log).toEqual(bytes(1, 0, 3));
  });
});
