/**
 * Disks that lose power. What a drive holds at an instant is copied, while nothing can change it, and the copy is
 * mounted as after a real cut: the file system replays its journal, and Chromium starts on what is left.
 *
 *     a machine with a drive                                           the same, one level deeper
 *
 *     profile        Chromium writes here                              profile
 *     ext4           its page cache is the machine's memory            ext4
 *     drive.img      a file: all that the drive was handed             inner.img      on
 *     ext4 "outside" frozen while drive.img is copied                  ext4           a drive with a cache of its own
 *                                                                      drive.img      what the cache was flushed to
 *                                                                      ext4 "outside"
 *
 * What is lost is what the system had not handed to the drive. In the deeper one, what the drive was handed and not
 * told to flush is lost as well, since a flush of the inner file system is an fsync of `inner.img` and nothing else is.
 *
 *   X1  The copy is one instant. Freezing the file system *outside* stops the device at a request: those under way
 *       end, later ones wait until the thaw, and meanwhile `drive.img` cannot change. Without that a copy would have
 *       early parts older than late ones, a state that no cut leaves. The frozen one is never the file system under
 *       test, whose freezing would first write everything out.
 *   X2  Whatever is acknowledged up to the thaw counts: while the device stands still no flush returns, so a commit that
 *       a flush covers was on it before, and one that is told yes without a flush is caught.
 *   X3  Everything is unmounted again, on whatever way the harness ends.
 *
 * Not in it: a request cut in its middle, so no torn sector, and no drive that writes out of order without a flush
 * asking for order. Those are the simulated disk's (`src/storage/simulated`).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { freshProfileFolder, removeFolder } from '../../tools/profile_folder.mjs';
import { NotMeasured } from './row';

const IMAGE_MIB = { outside: 1024, drive: 400, inner: 300 };

/** Runs a program. @returns what was wrong, in a few words, or undefined */
function run(program: string, ...parameters: string[]): string | undefined {
  const { error, status, stderr } = spawnSync(program, parameters, { encoding: 'utf8' });
  if (error !== undefined) return error.message;
  if (status === 0) return undefined;
  // Programs name themselves and the file first; what was refused comes last.
  const reason = stderr.trim().split('\n', 1)[0]!.split(': ').at(-1)!;
  return `${program}: ${reason === '' ? `exit code ${status}` : reason}`;
}

function must(program: string, ...parameters: string[]): void {
  const problem = run(program, ...parameters);
  if (problem !== undefined) throw new Error(problem);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isRoot = (): boolean => process.getuid?.() === 0;

/** Unmounts what this process mounted, the last first. */
class Mounts {
  readonly #mounted: string[] = [];

  constructor() {
    process.on('exit', () => this.unmountAll());
  }

  mount(folder: string, ...parameters: string[]): void {
    mkdirSync(folder, { recursive: true });
    must('mount', ...parameters, folder);
    this.#mounted.push(folder);
  }

  unmount(folder: string): void {
    // A browser that was just closed may still be writing.
    for (let tries = 1; run('umount', folder) !== undefined; tries++) {
      if (tries === 20) throw new Error(`${folder} stays busy`);
      must('sleep', '0.1');
    }
    this.#mounted.splice(this.#mounted.lastIndexOf(folder), 1);
  }

  unmountAll(): void {
    for (const folder of this.#mounted.splice(0).reverse()) {
      run('fsfreeze', '--unfreeze', folder);
      if (run('umount', folder) !== undefined) run('umount', '--lazy', folder);
    }
  }
}
const mounts = new Mounts();

// ---- a disk that fills up

/** Puts a small file system in memory where a folder is, with all the folder holds. */
export function mountSmallDisk(
  folder: string,
  kibibytes: number,
): { resize(kibibytes: number): void; unmount(): void } {
  if (!isRoot()) throw new NotMeasured('mounting a small disk needs root');
  const copy = freshProfileFolder();
  must('cp', '--archive', `${folder}/.`, copy);
  try {
    mounts.mount(folder, '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs');
  } catch (error) {
    throw new NotMeasured(`no file system in memory can be mounted here: ${messageOf(error)}`);
  }
  must('cp', '--archive', `${copy}/.`, folder);
  removeFolder(copy);
  return {
    resize: (to) => must('mount', '-o', `remount,size=${to}k`, folder),
    unmount: () => mounts.unmount(folder),
  };
}

// ---- disks that lose power

/** `kept`: all that the drive was handed is there after a cut. `lost`: only what it was told to flush. */
export type DriveCache = 'kept' | 'lost';

export class Machine {
  readonly #folder: string;
  readonly #cache: DriveCache;
  /** Where Chromium's profile lies. */
  readonly profile: string;

  /** @throws NotMeasured where this machine has no loop devices, no ext4, no root */
  constructor(cache: DriveCache) {
    assertPossible();
    this.#cache = cache;
    this.#folder = freshProfileFolder();
    const outsideImage = path.join(this.#folder, 'outside.img');
    makeFileSystem(outsideImage, IMAGE_MIB.outside);
    mountImage(outsideImage, this.#outside);
    const drive = path.join(this.#outside, 'drive.img');
    makeFileSystem(drive, IMAGE_MIB.drive);
    this.profile = mountDrive(drive, path.join(this.#folder, 'machine'), cache, true);
  }

  get #outside(): string {
    return path.join(this.#folder, 'outside');
  }

  /** Waits until everything written so far is on the drive: after the write-back of the system, or in its place. */
  settle(): void {
    must('sync', '--file-system', this.profile);
  }

  /** The power goes, in another copy of the world: this machine goes on. `whileStopped` runs when the device stands still. */
  async cutPower(whileStopped: () => Promise<void>): Promise<Copy> {
    const folder = mkdtempSync(path.join(this.#folder, 'cut_'));
    const copy = path.join(folder, 'drive.img');
    must('fsfreeze', '--freeze', this.#outside);
    try {
      await whileStopped();
      must('cp', '--sparse=always', path.join(this.#outside, 'drive.img'), copy);
    } finally {
      must('fsfreeze', '--unfreeze', this.#outside);
    }
    return new Copy(folder, copy, this.#cache);
  }

  end(): void {
    mounts.unmountAll();
    removeFolder(this.#folder);
  }
}

/** The drive after the cut, in a machine that starts again. */
export class Copy {
  readonly profile: string;
  readonly #folder: string;
  readonly #cache: DriveCache;

  constructor(folder: string, image: string, cache: DriveCache) {
    this.#folder = folder;
    this.#cache = cache;
    this.profile = mountDrive(image, path.join(folder, 'machine'), cache, false);
    // The browser that held these marks runs in the other world.
    for (const name of readdirSync(this.profile)) {
      if (name.startsWith('Singleton')) rmSync(path.join(this.profile, name), { force: true });
    }
  }

  end(): void {
    const root = path.join(this.#folder, 'machine');
    if (this.#cache === 'lost') mounts.unmount(path.join(root, 'inner'));
    mounts.unmount(path.join(root, 'drive'));
    removeFolder(this.#folder);
  }
}

/** @returns the folder on it where the profile lies */
function mountDrive(drive: string, root: string, cache: DriveCache, isNew: boolean): string {
  const driveFolder = path.join(root, 'drive');
  mountImage(drive, driveFolder);
  let machine = driveFolder;
  if (cache === 'lost') {
    const inner = path.join(driveFolder, 'inner.img');
    if (isNew) makeFileSystem(inner, IMAGE_MIB.inner);
    machine = path.join(root, 'inner');
    mountImage(inner, machine);
  }
  const profile = path.join(machine, 'profile');
  mkdirSync(profile, { recursive: true });
  return profile;
}

function makeFileSystem(image: string, mebibytes: number): void {
  must('truncate', `--size=${mebibytes}M`, image);
  must('mkfs.ext4', '-q', '-F', '-m', '0', image);
}

function mountImage(image: string, folder: string): void {
  mounts.mount(folder, '-t', 'ext4', '-o', 'loop,noatime', image);
}

/** Tries it, small: everything that could be missing is used once. */
function assertPossible(): void {
  if (process.platform !== 'linux') throw new NotMeasured(`loop devices are Linux's, and this is ${process.platform}`);
  if (!isRoot()) throw new NotMeasured('mounting an image needs root');
  const folder = freshProfileFolder();
  const image = path.join(folder, 'try.img');
  const mounted = path.join(folder, 'mounted');
  try {
    makeFileSystem(image, 16);
    mountImage(image, mounted);
    try {
      must('fsfreeze', '--freeze', mounted);
      must('fsfreeze', '--unfreeze', mounted);
    } finally {
      mounts.unmount(mounted);
    }
  } catch (error) {
    throw new NotMeasured(`no image can be mounted here: ${messageOf(error)}`);
  } finally {
    removeFolder(folder);
  }
}
