/** Sectors as a failing power supply leaves them: half of one state and half of another, or noise. */
import { SeededRandom } from '../../base/runtime';
import { SECTOR_BYTES } from '../file';
import { Sector } from './sector';

/** Bytes `[0, atByte)` of `fresh` over `under` if its head arrived; bytes `[atByte, 512)` if its tail did. */
export function tornSector(fresh: Sector, under: Sector, atByte: number, part: 'head' | 'tail'): Sector {
  const bytes = under.bytes.slice();
  if (part === 'head') bytes.set(fresh.bytes.subarray(0, atByte));
  else bytes.set(fresh.bytes.subarray(atByte), atByte);
  return new Sector(bytes);
}

/** `sector` with noise in `[from, to)`; the same seed makes the same noise. */
export function garbageSector(sector: Sector, from: number, to: number, seed: number): Sector {
  const random = new SeededRandom(seed);
  const bytes = sector.bytes.slice();
  for (let at = from; at < Math.min(to, SECTOR_BYTES); at++) bytes[at] = random.next() & 0xff;
  return new Sector(bytes);
}
