/** What the LSM tree's events say, for whoever follows an exercise event by event; and names of what is counted. */
import { decodeText, toHex } from '../base/bytes';
import type { LsmEvent, PolicyOptions } from '../lsm';
import type { LsmSetting, LsmState } from '../protocol/lsm';
import { bytes } from './media_words';

const POLICY_TITLES: Readonly<Record<PolicyOptions['kind'], string>> = {
  leveled: 'leveled',
  tiered: 'tiered',
  lazy_leveling: 'lazy leveling',
};

export const policyWords = ({ kind, ratio }: PolicyOptions): string => `${POLICY_TITLES[kind]}, ratio ${ratio}`;
export const settingWords = ({ bitsPerKey, memtableBytes, policy }: LsmSetting): string =>
  `${policyWords(policy)}, memtable ${bytes(memtableBytes)}, ${bitsPerKey} bits a key`;

export const runsOf = ({ levels }: Pick<LsmState, 'levels'>): number =>
  levels.reduce((sum, { runs }) => sum + runs.length, 0);

/** What was written to tables, by the flush and by every merge. */
export const tableWrites = ({ written }: Pick<LsmState, 'written'>): number =>
  written.levels.reduce((sum, one) => sum + one, written.flush);

/** All but room ahead, which is written once and kept. */
export const deviceWrites = (state: Pick<LsmState, 'written'>): number =>
  tableWrites(state) + state.written.log + state.written.manifest + state.written.superblock;

const text = (key: Uint8Array): string => decodeText(key) ?? toHex(key);

const OUTCOMES = {
  outside: 'its range does not have the key; it is not asked',
  filter_said_no: 'its filter says no, and nothing of it is read',
  absent: 'the filter said maybe, and the key is not there',
  found: 'the key is there: the lookup ends',
  tombstone: 'it has a tombstone of the key: deleted, and the lookup ends',
} as const;

const FATES = {
  kept: 'is kept',
  overwritten: 'is dropped: a newer entry of the same key is in the merge',
  tombstone_at_bottom: 'is a tombstone with nothing left to hide: it is dropped',
  filtered: 'is dropped: no reader can see that version any more',
} as const;

/** One sentence for an event, and the tables it is about; undefined for what only moves memory about. */
export function lsmEventInWords(
  event: LsmEvent,
): { readonly sentence: string; readonly tables: readonly number[] } | undefined {
  switch (event.kind) {
    case 'lsm.compaction_started':
      return {
        sentence: `A compaction from level ${event.from} to level ${event.to}: ${event.why}.`,
        tables: event.inputs,
      };
    case 'lsm.entry_merged':
      return {
        sentence: `\`${text(event.key)}\` of table ${event.from} ${FATES[event.outcome]}.`,
        tables: [event.from],
      };
    case 'lsm.table_finished':
      return {
        sentence: `Table ${event.meta.id} is finished: ${event.meta.entries} entries, ${event.meta.bytes.toLocaleString('en')} B.`,
        tables: [event.meta.id],
      };
    case 'lsm.version_edited':
      return {
        sentence: 'One record of the manifest: from now on the new tables count, and the old ones do not.',
        tables: [...event.added, ...event.removed].map(({ table }) => table),
      };
    case 'lsm.table_probed':
      return { sentence: `Table ${event.table}: ${OUTCOMES[event.outcome]}.`, tables: [event.table] };
    case 'lsm.block_read':
      if (event.block !== 'data') return undefined;
      return {
        sentence: `A data block of table ${event.table} is looked at${event.isCached ? ', in memory' : ''}.`,
        tables: [event.table],
      };
    default:
      return undefined;
  }
}
