/**
 * What the crash search found and the store cannot help. Each is pinned here, so that nobody takes it for a promise, and
 * so that it turns red on the day the store learns better.
 */
import { expect, it } from 'vitest';
import { runScript } from './testing/sessions';

/**
 * Three things in a row: a flush fails and the cache drops what it held; the program dies in the next two calls, before
 * it could leave word of that (P5 in `kv_store/superblock.ts`); later the power goes. The system lived in between, so
 * the next program read, and built on, what was in the cache alone and would never be written again. It says so: the
 * store refuses, and salvage gives what is whole. Only a checkpoint at every opening that follows no clean end would
 * help, and everybody would pay for it each time.
 */
it('a flush that dropped its data, and a death before the store could note it, cost a later commit; it is reported', () => {
  const { log } = runScript(`store log 8k extent 512 align 512
seed 7
put a 1
flush
fail flush 1 drop
put b 2
crash at +3
flush
reopen
put c 3
flush
power-cut lose all
reopen
reopen salvage
scan
`);
  const results = log.map(({ result }) => result);
  expect(results[6]).toMatchObject({ kind: 'crashed' });
  expect(results[7]).toMatchObject({ kind: 'opened', recovery: { lastLsn: 2 } });
  expect(results[9]).toMatchObject({ kind: 'flushed', durableLsn: 3 });
  expect(results[11]).toMatchObject({ kind: 'failed', failure: { code: 'log_damaged' } });
  expect(results[12]).toMatchObject({ kind: 'opened', recovery: { lastLsn: 1, end: 'damaged' } });
});
