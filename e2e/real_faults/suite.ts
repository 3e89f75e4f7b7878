/** Rows as tests: one each, in the short form; what this machine cannot do is skipped, with the reason in its name. */
import { test as base } from '@playwright/test';
import { serveBuiltPage } from '../support/built_page';
import { lineOf, runRow, type Row, type RowResult } from './row';

/** Another one finds other instants: FAULTLINE_SEED=… npm run e2e. */
const SEED = Number(process.env['FAULTLINE_SEED'] ?? 20);

/** With the address of the page of `page/`, served as long as this worker runs. */
export const test = base.extend<object, { address: string }>({
  address: [
    async ({}, use) => {
      const page = await serveBuiltPage('e2e/real_faults/page/index.html');
      await use(page.address);
      await page.close();
    },
    { scope: 'worker' },
  ],
});

export async function short(row: Row, address: string): Promise<RowResult> {
  const result = await runRow(row, { address, count: row.count.short, seed: SEED, say: () => undefined });
  console.log(`seed ${SEED}: ${lineOf(result)}`);
  test.skip(result.verdict === 'not measured', `not measured: ${result.reason ?? 'the fault did not happen'}`);
  return result;
}

/** Rows of which a journey, or another row, shows every day what they show on their own: those wait for the long run. */
const RARELY = new Set(['settling', 'tabs', 'browser_kill', 'frozen_tab', 'full_disk']);

export function declare(rows: readonly Row[]): void {
  for (const row of rows) {
    test(`${row.name}: ${row.what}${RARELY.has(row.name) ? ' @long' : ''}`, async ({ address }) => {
      test.setTimeout(180_000);
      const result = await short(row, address);
      test.expect(result.findings).toEqual([]);
      test.expect(result.lost, 'acknowledged commits lost').toBe(0);
      test.expect(result.verdict).toBe('held');
    });
  }
}
