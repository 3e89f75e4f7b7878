/** The processes of one browser, found by the profile they all name; no other program's are ever touched. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import process from 'node:process';
import { NotMeasured } from './row';

interface BrowserProcess {
  readonly pid: number;
  /** Empty for the browser itself. */
  readonly type: string;
}

/** All that live; one may end while the list is made. The browser itself comes first. */
export function processesOn(profile: string): BrowserProcess[] {
  if (process.platform !== 'linux') throw new NotMeasured(`finds processes through /proc, not on ${process.platform}`);
  const found = readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    // Words are parted by zeros, or by spaces where a process has written its command line anew.
    const command = Number.isInteger(pid) ? `${read(`/proc/${pid}/cmdline`) ?? ''} `.replaceAll('\0', ' ') : '';
    if (!command.includes(`--user-data-dir=${profile} `)) return [];
    if (read(`/proc/${pid}/stat`)?.includes(') Z ') !== false) return [];
    const type = /--type=(\S+)/.exec(command)?.[1] ?? '';
    return [{ pid, type }];
  });
  return found.sort((a, b) => (a.type === '' ? 0 : 1) - (b.type === '' ? 0 : 1));
}

function renderersOn(profile: string): number[] {
  return processesOn(profile)
    .filter(({ type }) => type === 'renderer')
    .map(({ pid }) => pid);
}

/** The renderers in which a worker runs; a browser keeps others ready that show nothing yet. */
export function renderersWithWorker(profile: string): number[] {
  return renderersOn(profile).filter((pid) =>
    entries(`/proc/${pid}/task`).some((thread) =>
      read(`/proc/${pid}/task/${thread}/comm`)?.startsWith('DedicatedWorker'),
    ),
  );
}

/** The renderers that have a file of the store open: the one of its owner, where the browser keeps its rules. */
export function renderersWithStore(profile: string): number[] {
  // The system says where a file is, whatever links led there.
  const folder = realpathSync(profile);
  return renderersOn(profile).filter((pid) =>
    openFiles(pid).some((file) => file.startsWith(folder) && file.includes('/File System/')),
  );
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return entries(folder).flatMap((descriptor) => {
    try {
      return [readlinkSync(`${folder}/${descriptor}`)];
    } catch {
      return []; // Closed meanwhile.
    }
  });
}

/** None where the process has ended. */
function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
