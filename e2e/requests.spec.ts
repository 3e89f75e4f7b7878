/**
 * The lab talks to its own origin only. Its Content-Security-Policy does not reach workers, so this is measured from
 * the outside: Chromium runs behind a proxy that records every request of page, workers and service worker.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { serveFolder } from '../tools/static_server.mjs';
import { KEPT_OFFLINE, expect, launchOnProfile, serveLab, test } from './support/lab';
import { startRecordingProxy, type RecordingProxy } from './support/recording_proxy';

test.use(KEPT_OFFLINE);

/**
 * Hosts that Chromium itself asks for at its start (sign-in, updates, lists), whatever page is open. Exact names: a page
 * that loads a font or a script from the same maker must still be caught.
 */
const BROWSERS_OWN_HOSTS = new Set([
  'accounts.google.com',
  'android.clients.google.com',
  'clients2.google.com',
  'content-autofill.googleapis.com',
  'edgedl.me.gvt1.com',
  'optimizationguide-pa.googleapis.com',
  'redirector.gvt1.com',
  'safebrowsing.googleapis.com',
  'safebrowsingohttpgateway.googleapis.com',
  'update.googleapis.com',
]);

/** What went elsewhere than to the lab, and not for the browser's own purposes. */
function foreign(addresses: readonly string[], lab: string): string[] {
  return addresses.filter((address) => {
    if (address.startsWith(lab)) return false;
    const host = address.includes('://') ? new URL(address).hostname : address.replace(/:\d+$/, '');
    return !BROWSERS_OWN_HOSTS.has(host);
  });
}

/** Behind the proxy in all it does, loopback included. */
function launchBehind(proxy: RecordingProxy, profile: string): Promise<BrowserContext> {
  return launchOnProfile(profile, { proxy: { server: proxy.address, bypass: '<-loopback>' } });
}

async function underServiceWorker(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller === null) {
      await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }));
    }
  });
}

test('page, workers and service worker send no request to another origin', async ({ profile }) => {
  const lab = await serveLab();
  const origin = new URL(lab.address).origin;
  const proxy = await startRecordingProxy(origin);
  const context = await launchBehind(proxy, profile);
  try {
    const requested: string[] = [];
    context.on('request', (request) => requested.push(request.url()));
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(lab.address);
    await underServiceWorker(page);
    await page.reload();
    await page.waitForLoadState('networkidle');

    const own = proxy.seen.filter((address) => address.startsWith(lab.address));
    expect(own, 'the page itself came through the proxy').toContain(lab.address);
    expect(own, 'and so did the service worker').toContain(`${lab.address}sw.js`);
    expect(foreign(proxy.seen, lab.address), 'of all that left the browser').toEqual([]);
    // And once more from the inside, where the browser's own requests do not appear.
    expect(requested.filter((address) => !address.startsWith(lab.address) && !/^(data|blob):/.test(address))).toEqual(
      [],
    );
  } finally {
    await context.close();
    await proxy.close();
    await lab.close();
  }
});

test('the recorder sees what a worker of a leaking page sends elsewhere', async ({ profile }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'faultline_leak_'));
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html><script>new Worker("worker.js")</script>');
  writeFileSync(
    path.join(folder, 'worker.js'),
    'fetch("http://elsewhere.invalid/http"); fetch("https://elsewhere.invalid/https"); new WebSocket("ws://elsewhere.invalid/socket")',
  );
  const leak = await serveFolder(folder);
  const proxy = await startRecordingProxy(new URL(leak.address).origin);
  const context = await launchBehind(proxy, profile);
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(leak.address);
    await expect
      .poll(() => foreign(proxy.seen, leak.address).sort())
      .toEqual(['elsewhere.invalid:443', 'elsewhere.invalid:80', 'http://elsewhere.invalid/http']);
  } finally {
    await context.close();
    await proxy.close();
    await leak.close();
    rmSync(folder, { recursive: true });
  }
});

test('after the first load the lab works without its server', async ({ page }) => {
  const lab = await serveLab();
  await page.goto(lab.address);
  await underServiceWorker(page);
  await lab.close();

  await page.reload();
  await expect(page).toHaveTitle('Faultline');
  await expect(page.locator('#lab > *').first()).toBeVisible();
  const airports = await page.evaluate(
    async () => (await (await fetch('./data/airports.csv')).text()).split('\n').length,
  );
  expect(airports, 'header, 3,376 airports, end of file').toBe(3378);
});
