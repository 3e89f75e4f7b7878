/** What a checker of accessibility finds wrong in what is on the page now, one line each. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Nothing is wrong, once what is still arriving (bytes, code, a run) is there. */
export async function expectNoFaults(page: Page, what?: string, part = 'body'): Promise<void> {
  await expect.poll(() => faults(page, part), what).toEqual([]);
}

async function faults(page: Page, part: string): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    (looked) => (window as unknown as { axe: { run(part: string): Promise<AxeResults> } }).axe.run(looked),
    part,
  );
  return violations.map(
    ({ help, id, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 120)).join(' ')})`,
  );
}
