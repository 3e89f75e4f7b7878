/** What queries look at, counted from the engine's events while they are made. */
import { encodeText } from '../base/bytes';
import { SeededRandom } from '../base/runtime';
import type { LsmEvent } from '../lsm';
import type { LsmReads } from '../protocol/lsm';
import { keyOfIndex } from '../workload/generators';
import type { MeasuredLsm } from './lsm_measured';

const GETS = 100;
const SCANS = 10;
export const SCAN_ROWS = 50;

/** A key that is nowhere, right behind one that may be there; with another number it is another one. */
export const missingKey = (index: number, number = 0): Uint8Array =>
  encodeText(`key-${String(index).padStart(12, '0')}+${number}`);

export class ReadMeter {
  #tables = 0;
  #blocks = 0;
  #scanned = new Set<number>();

  note(event: LsmEvent): void {
    if (event.kind === 'lsm.table_probed' && event.outcome !== 'outside') this.#tables++;
    if (event.kind !== 'lsm.block_read' || event.block !== 'data') return;
    this.#blocks++;
    this.#scanned.add(event.table);
  }

  /** @param keyAt the keys that are in the tree, by number from 0 to `keys - 1` */
  measure({ store }: MeasuredLsm, keys: number, keyAt: (number: number) => number, seed: number): LsmReads {
    const random = new SeededRandom(seed);
    const any = (): number => keyAt(random.below(keys));
    const [tablesPerGet, blocksPerGet] = this.#average(GETS, () => void store.get(keyOfIndex(any())));
    const [tablesPerMiss, blocksPerMiss] = this.#average(GETS, () => void store.get(missingKey(any())));
    let tables = 0;
    const [, blocksPerScan] = this.#average(SCANS, () => {
      this.#scanned = new Set();
      const rows = store.scan({ from: keyOfIndex(any()), limit: SCAN_ROWS });
      while (rows.next().done !== true);
      tables += this.#scanned.size;
    });
    return { tablesPerGet, blocksPerGet, tablesPerMiss, blocksPerMiss, tablesPerScan: tables / SCANS, blocksPerScan };
  }

  #average(count: number, query: () => void): [tables: number, blocks: number] {
    this.#tables = 0;
    this.#blocks = 0;
    for (let i = 0; i < count; i++) query();
    return [this.#tables / count, this.#blocks / count];
  }
}
