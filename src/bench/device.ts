/** What a write and a flush cost here, before anything else is measured: where a flush adds nothing, nothing counts. */
import { closeAll } from '../storage/file';
import { benchStorage } from './opfs_folder';
import { median } from './statistics';

/** Microseconds, medians. */
export interface DeviceTimes {
  readonly write: number;
  readonly writeAndFlush: number;
}

const CALLS = 40;
const ROUNDS = 15;

export async function measureDevice(): Promise<DeviceTimes> {
  const storage = benchStorage('device');
  const files = await storage.open({ create: true });
  const logFile = files.log;
  const sector = new Uint8Array(512).fill(7);
  const write = (): void => void logFile.write(0, sector);
  const writeAndFlush = (): void => {
    logFile.write(0, sector);
    logFile.flush();
  };
  writeAndFlush();
  const times: { write: number[]; writeAndFlush: number[] } = { write: [], writeAndFlush: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.write.push(microsecondsOf(write));
    times.writeAndFlush.push(microsecondsOf(writeAndFlush));
  }
  closeAll(files);
  await storage.remove();
  return { write: median(times.write), writeAndFlush: median(times.writeAndFlush) };
}

function microsecondsOf(call: () => void): number {
  const begun = performance.now();
  for (let i = 0; i < CALLS; i++) call();
  return ((performance.now() - begun) * 1000) / CALLS;
}

/** A profile kept in memory gives itself away: there a flush is free, and a small write slow. */
export function flushIsReal({ write, writeAndFlush }: DeviceTimes): boolean {
  return writeAndFlush > 2 * write;
}
