/**
 * What every journey starts from: the built lab, served without special headers at a sub-path of a loopback address,
 * in a Chromium whose profile is a fresh folder on disk (a default Playwright context would fake the file system).
 *
 * Nothing plays by itself, and no service worker is installed: drawing sixty frames a second without a GPU, and copying
 * the whole lab into a cache, would be most of the work of a journey. One that is about either says so:
 * `test.use(MOVING)`, `test.use(KEPT_OFFLINE)`, and about both `test.use(AS_VISITED)`.
 *
 *     import { expect, test } from './support/lab';
 *     test('...', async ({ page, lab }) => { await page.goto(lab.address); ... });
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, chromium, expect, type BrowserContext } from '@playwright/test';
import { chromiumArguments, findOrInstallChromium } from '../../tools/chromium.mjs';
import { freshProfileFolder, removeFolder } from '../../tools/profile_folder.mjs';
import { serveFolder } from '../../tools/static_server.mjs';

export { expect };

export const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
/** Not the root of the host: the lab must work wherever its folder is put. */
export const SUB_PATH = '/some/sub/path/';

type PersistentOptions = NonNullable<Parameters<typeof chromium.launchPersistentContext>[1]>;

/** Starts Chromium on a profile folder; a second start on the same folder finds the same files. */
export async function launchOnProfile(profile: string, options: PersistentOptions = {}): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: await findOrInstallChromium(),
    headless: true,
    ...options,
    args: [...chromiumArguments(), ...(options.args ?? [])],
  });
}

export const MOVING = { contextOptions: { reducedMotion: 'no-preference', serviceWorkers: 'block' } } as const;
export const KEPT_OFFLINE = { contextOptions: { reducedMotion: 'reduce' } } as const;
/** As a browser comes: with motion, and the service worker of the lab. */
export const AS_VISITED = { contextOptions: {} } as const;

export interface ServedLab {
  /** Ends with a slash. */
  readonly address: string;
  /** Stops serving: what is loaded from then on comes from the service worker. */
  close(): Promise<void>;
}

export async function serveLab(folder = DIST): Promise<ServedLab> {
  if (!existsSync(path.join(folder, 'index.html'))) throw new Error('dist/ is missing: run `npm run build` first');
  return serveFolder(folder, { subPath: SUB_PATH });
}

interface LabFixtures {
  /** The profile folder of this test. */
  profile: string;
  /** Uncaught errors and policy violations seen so far; a test that provokes one empties the list. */
  complaints: string[];
}
interface LabWorkerFixtures {
  lab: ServedLab;
}

export const test = base.extend<LabFixtures, LabWorkerFixtures>({
  lab: [
    async ({}, use) => {
      const lab = await serveLab();
      await use(lab);
      await lab.close();
    },
    { scope: 'worker' },
  ],

  contextOptions: { reducedMotion: 'reduce', serviceWorkers: 'block' },

  baseURL: async ({ lab }, use) => {
    await use(lab.address);
  },

  profile: async ({}, use) => {
    const folder = freshProfileFolder();
    await use(folder);
    removeFolder(folder);
  },

  complaints: async ({}, use) => {
    await use([]);
  },

  context: async ({ profile, complaints, baseURL, viewport, colorScheme, contextOptions }, use) => {
    const context = await launchOnProfile(profile, {
      viewport,
      colorScheme,
      ...(baseURL === undefined ? {} : { baseURL }),
      ...contextOptions,
    });
    context.on('weberror', (webError) => complaints.push(String(webError.error())));
    context.on('console', (message) => {
      if (/Content[- ]Security[- ]Policy/i.test(message.text())) complaints.push(message.text());
    });
    await use(context);
    await context.close();
    expect(complaints, 'uncaught errors and policy violations of the page').toEqual([]);
  },

  page: async ({ context }, use) => {
    await use(context.pages()[0] ?? (await context.newPage()));
  },
});
