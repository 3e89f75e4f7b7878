/**
 * Works offline after the first load: the service worker of the build keeps every file of one version. A newer version
 * is fetched in the background and waits; two versions of the code must never work on one store, so it takes over
 * only when the user says so, and then every open tab reloads.
 *
 * Chromium waits until the older worker has nothing to do, and a request that comes at the wrong moment can keep it
 * waiting for minutes. Leaving the page lets the change go on, so after a while the page is loaded again regardless.
 */

/** A change of versions takes some tens of milliseconds, a few hundred on a busy machine. */
const PARKED_AFTER_MS = 3_000;

/**
 * @param onReady called when a newer version waits; `accept` lets it take over, which reloads every tab.
 */
export function watchForUpdate(onReady: (accept: () => void) => void): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  void start(onReady);
}

async function start(onReady: (accept: () => void) => void): Promise<void> {
  const workers = navigator.serviceWorker;
  // Relative to the page, which is at the root of the lab whatever its sub-path is.
  const scope = new URL('./', document.baseURI).href;
  // Without an earlier version, the first change of controller is only the first worker taking charge.
  let earlierVersion = workers.controller !== null || (await workers.getRegistration(scope))?.active != null;
  let parked: ReturnType<typeof setTimeout> | undefined;
  workers.addEventListener('controllerchange', () => {
    clearTimeout(parked);
    if (earlierVersion) location.reload();
    earlierVersion = true;
  });

  // Not in the first load: nothing on screen waits for it.
  const { Workbox } = await import('workbox-window');
  const workbox = new Workbox(new URL('sw.js', scope).href, { scope });
  workbox.addEventListener('waiting', () => {
    onReady(() => {
      workbox.messageSkipWaiting();
      parked = setTimeout(() => {
        location.reload();
      }, PARKED_AFTER_MS);
    });
  });
  try {
    await workbox.register();
  } catch (cause) {
    // Private windows and some settings forbid it: the lab works, it just needs its host at the next visit.
    console.info('Faultline will not be available offline:', cause);
  }
}
