import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { CONFORMANCE_CASES } from './conformance';
import { faultyFiles } from './faulty';
import type { Storage } from './file';
import { Latch, latchedFiles } from './latched';
import { MemoryStorage } from './memory';
import { Meter, meteredFiles } from './metered';
import { NodeStorage } from './node';
import { recordedFiles } from './recorded';
import { SimulatedDisk } from './simulated/disk';
import { PROFILES } from './simulated/profiles';
import { unflushedFiles } from './unflushed';
import { wrappedStorage } from './wrapped_file';

const folder = mkdtempSync(join(tmpdir(), 'faultline-storage-'));
let folders = 0;
afterAll(() => rmSync(folder, { recursive: true }));

const node = (): Storage => new NodeStorage(join(folder, `store_${++folders}`));
const nothing = { emit: (): void => undefined };

const PLACES: Record<string, () => Storage> = {
  memory: () => new MemoryStorage(),
  node,
  'simulated disk': () => new SimulatedDisk(),
  'simulated disk that lies': () => new SimulatedDisk({}, PROFILES.liar),
  'recorded memory': () => wrappedStorage(new MemoryStorage(), (files) => recordedFiles(files, nothing)),
  'metered memory': () => wrappedStorage(new MemoryStorage(), (files) => meteredFiles(files, new Meter())),
  'latched memory': () => wrappedStorage(new MemoryStorage(), (files) => latchedFiles(files, new Latch())),
  'faulty memory, no fault': () => wrappedStorage(new MemoryStorage(), (files) => faultyFiles(files, { faults: [] })),
  'faulty memory, room to spare': () =>
    wrappedStorage(new MemoryStorage(), (files) =>
      faultyFiles(files, { faults: [], full: { growthBytes: 1e9, lastWrite: 'refused' } }),
    ),
  'memory without flush': () => wrappedStorage(new MemoryStorage(), (files) => unflushedFiles(files)),
  'the whole stack on node': () =>
    wrappedStorage(node(), (files) =>
      recordedFiles(meteredFiles(latchedFiles(faultyFiles(files, { faults: [] }), new Latch()), new Meter()), nothing),
    ),
};

describe.each(Object.entries(PLACES))('%s', (_, makeStorage) => {
  for (const { name, run } of CONFORMANCE_CASES) it(name, () => run(makeStorage()));
});
