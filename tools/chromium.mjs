/**
 * Finds a Chromium, or installs one, in this order: the environment variable FAULTLINE_CHROMIUM, one on the system,
 * Playwright's download, the system's package manager. If all fail, the error lists what was tried and why not.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];

/** Where the installers of other systems put it, outside PATH. */
const PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => {
    const base = process.env[name];
    return base === undefined ? [] : [path.join(base, 'Google', 'Chrome', 'Application', 'chrome.exe')];
  }),
};

/**
 * Arguments for every Chromium that tests start. Without the network ones it looks up its maker's hosts at each start.
 * @returns {string[]}
 */
export function chromiumArguments() {
  const asRoot = process.getuid?.() === 0;
  return [
    // The sandbox refuses to start as root, which is what a container usually is.
    ...(asRoot ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {readonly string[]} names */
function onPath(names) {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
      const file = path.join(folder, name + suffix);
      if (folder !== '' && isExecutable(file)) return file;
    }
  }
  return undefined;
}

/**
 * A Chromium that is already there.
 * @param {string[]} [tried] gets one line for each place that had none
 * @returns {Promise<string | undefined>}
 */
export async function findChromium(tried = []) {
  const named = process.env['FAULTLINE_CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`FAULTLINE_CHROMIUM is set to ${named}, which is not a program that can be run`);
  }
  tried.push('environment variable FAULTLINE_CHROMIUM: not set');

  const places = Object.hasOwn(PLACES, process.platform)
    ? PLACES[/** @type {keyof typeof PLACES} */ (process.platform)]
    : [];
  const onSystem = onPath(NAMES) ?? places.find((place) => existsSync(place));
  if (onSystem !== undefined) return onSystem;
  tried.push(`on the system: none of ${NAMES.join(', ')} on PATH`);

  const downloaded = await playwrightChromium();
  if (downloaded !== undefined && existsSync(downloaded)) return downloaded;
  return undefined;
}

async function playwrightChromium() {
  try {
    const { chromium } = await import('playwright-core');
    return chromium.executablePath();
  } catch {
    return undefined;
  }
}

/** @param {string} command @param {string[]} parameters */
function run(command, parameters) {
  console.log(`$ ${[command, ...parameters].join(' ')}`);
  const { status, error } = spawnSync(command, parameters, {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    timeout: 10 * 60 * 1000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error !== undefined) return error.message;
  return status === 0 ? undefined : `exit code ${status}`;
}

/** @param {string[]} tried */
function installWithSystem(tried) {
  const asRoot = process.getuid?.() === 0;
  const sudo = asRoot ? [] : ['sudo', '-n'];
  const managers = [
    {
      name: 'apt-get',
      privileged: true,
      commands: [
        ['apt-get', 'update'],
        ['apt-get', 'install', '-y', 'chromium'],
      ],
    },
    { name: 'dnf', privileged: true, commands: [['dnf', 'install', '-y', 'chromium']] },
    { name: 'pacman', privileged: true, commands: [['pacman', '-Sy', '--noconfirm', 'chromium']] },
    { name: 'brew', privileged: false, commands: [['brew', 'install', '--cask', 'chromium']] },
  ];
  for (const manager of managers) {
    if (onPath([manager.name]) === undefined) {
      tried.push(`package manager ${manager.name}: not on this system`);
      continue;
    }
    if (manager.privileged && !asRoot && spawnSync('sudo', ['-n', 'true']).status !== 0) {
      tried.push(`package manager ${manager.name}: needs root, and sudo without a password is refused`);
      continue;
    }
    let failure;
    for (const words of manager.commands) {
      const [command = '', ...parameters] = manager.privileged ? [...sudo, ...words] : words;
      failure = run(command, parameters);
      // A stale package list may still do: only the last command decides.
    }
    if (failure === undefined) return true;
    tried.push(`package manager ${manager.name}: ${failure}`);
  }
  return false;
}

/**
 * @returns {Promise<string>} the path of a Chromium; installs one if there is none
 */
export async function findOrInstallChromium() {
  /** @type {string[]} */
  const tried = [];
  const present = await findChromium(tried);
  if (present !== undefined) return present;

  const failure = run(process.execPath, ['node_modules/playwright-core/cli.js', 'install', 'chromium']);
  const downloaded = await playwrightChromium();
  if (failure === undefined && downloaded !== undefined && existsSync(downloaded)) return downloaded;
  tried.push(`Playwright's download: ${failure ?? 'no program where it should be'}`);

  if (installWithSystem(tried)) {
    const installed = await findChromium();
    if (installed !== undefined) return installed;
    tried.push('the package manager reported success, but there is still none of them on PATH');
  }
  throw new Error(
    ['No Chromium found, and none could be installed. Tried:', ...tried.map((line) => `  - ${line}`)].join('\n') +
      '\nInstall Chromium or Chrome, or set FAULTLINE_CHROMIUM to the path of one.',
  );
}
