/** Every crash state of a script with transactions open, over a store with versions: nothing silent, and with a protection off, something. */
import { expect, it } from 'vitest';
import type { CrashBatch, CrashCell, CrashRequest } from '../protocol/crash';
import { PROTOCOL_VERSION } from '../protocol/trace';
import { Host } from './host';
import { listeningPort, SharedPlaces, testEnvironment } from './testing/environment';

const script = (head: string): string => `${head}
seed 7
batch put a red ; put b red
flush
begin open
put a never in open
begin reader read-only
begin t
put a green in t
delete b in t
commit t
begin u
put a lost in u
commit u
flush
checkpoint
begin v
put b blue in v
commit v relaxed
write
put never seen in open
`;

async function cellsOf(text: string, change: Partial<CrashRequest> = {}): Promise<CrashCell[]> {
  const port = listeningPort<CrashBatch>();
  new Host(testEnvironment(new SharedPlaces()), PROTOCOL_VERSION).searchCrashes(
    {
      source: { kind: 'script', text },
      profile: 'measured_ext4',
      switchedOff: [],
      statesMax: 80,
      seed: 1,
      share: { index: 0, of: 1 },
      crashRecovery: false,
      ...change,
    },
    port,
  );
  await expect.poll(() => port.heard.at(-1)?.finished, { timeout: 60_000 }).toBe(true);
  return port.heard.flatMap((batch) => batch.cells);
}

it.each([
  ['a map', 'store log 8k extent 512 versions'],
  ['a B-tree', 'store log 16k extent 512 btree page 256 versions'],
  ['an LSM tree', 'store log 16k extent 512 lsm memtable 600 block 128 table 512 versions'],
])('over %s every state is as promised, and without the flush before “yes” some are not', async (_name, head) => {
  const cells = await cellsOf(script(head));
  expect(cells.length).toBeGreaterThan(50);
  expect([...new Set(cells.map(({ letter }) => letter))].sort()).toEqual(['A', 'L']);
  const without = await cellsOf(script(head), { switchedOff: ['flushBeforeAcknowledge'] });
  expect(without.map(({ letter }) => letter)).toContain('S');
});
