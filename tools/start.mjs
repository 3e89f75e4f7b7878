/** `npm start`: installs if needed, builds, serves the lab on loopback and opens the browser where there is one. */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { ensureInstalled, root } from './install.mjs';

/** The same address each time, if it is free: the stores of the browser belong to an address. */
const USUAL_PORT = 4870;

ensureInstalled();
build();
// Only now: it needs the installed packages.
const { serveFolder } = await import('./static_server.mjs');
const dist = path.join(root, 'dist');
const server = await serveFolder(dist, { port: USUAL_PORT }).catch(() => serveFolder(dist));
console.log(`\nFaultline is at ${server.address}\nCtrl-C stops it.`);
openBrowser(server.address);

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    void server.close().then(() => process.exit(0));
  });
}

function build() {
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string} address */
function openBrowser(address) {
  if (process.env['BROWSER'] === 'none' || process.env['CI'] !== undefined) return;
  const isLinux = process.platform !== 'darwin' && process.platform !== 'win32';
  if (isLinux && process.env['DISPLAY'] === undefined && process.env['WAYLAND_DISPLAY'] === undefined) return;
  const [command, parameters] =
    process.platform === 'darwin'
      ? ['open', [address]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', address]]
        : ['xdg-open', [address]];
  const child = spawn(/** @type {string} */ (command), /** @type {string[]} */ (parameters), {
    stdio: 'ignore',
    detached: true,
  });
  // No browser to open: the address is on screen.
  child.once('error', () => undefined);
  child.unref();
}
