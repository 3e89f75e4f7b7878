/** What the crash room can search: small runs, named by what they show. Each is a script that runs anywhere in the lab. */
import type { ProfileName } from '../protocol/crash';

export interface CrashPreset {
  readonly id: string;
  readonly title: string;
  /** One sentence: what its map shows. */
  readonly shows: string;
  readonly script: string;
  /** The kind of crash in which it shows that best. */
  readonly profile: ProfileName;
}

/** Small files: the room a store reserves ahead is pending until it is flushed, and each pending sector doubles the map. */
const SMALL = 'store log 8k extent 512 align 512\n';

export const CRASH_PRESETS: readonly CrashPreset[] = [
  {
    id: 'commit',
    title: 'One commit',
    shows: 'a write and a flush, and what the power can do between them',
    script: `${SMALL}seed 7\ncheckpoint\ncheckpoint\nput apple red\nflush\n`,
    profile: 'adversarial',
  },
  {
    id: 'group',
    title: 'Two clients, one flush',
    shows: 'a group of three sectors, lost piece by piece',
    script: `${SMALL}seed 7\ncheckpoint\ncheckpoint\nput apple red as 1\nflush\nput pear @400 as 1\nput plum @400 as 2\nflush\n`,
    profile: 'adversarial',
  },
  {
    id: 'relaxed',
    title: 'Strict and relaxed',
    shows: 'which commits a power cut may take, and which it may not',
    script: `${SMALL}seed 7\ncheckpoint\ncheckpoint\nput apple red as 1\nflush\nput fig violet as 2 relaxed\nwrite\nput pear green as 1\nflush\n`,
    profile: 'measured_ext4',
  },
  {
    id: 'checkpoint',
    title: 'A checkpoint',
    shows: 'data, slot A, slot B, one after the other: the order in which the log may be forgotten',
    script: `${SMALL}seed 7\nput apple red\nput pear green\nflush\ncheckpoint\nput plum blue\nflush\n`,
    profile: 'measured_ext4',
  },
  {
    id: 'reuse',
    title: 'The log goes round',
    shows: 'old records under new ones, and why each life of the log has its own salt',
    script: `${SMALL}seed 7\ntuning checkpoint 2k\n${Array.from({ length: 9 }, (_, i) => `put key${i % 3} @700\nflush`).join('\n')}\n`,
    profile: 'measured_ext4',
  },
  {
    id: 'reopen',
    title: 'Killed, opened, killed again',
    shows: 'a tail that was written and never flushed, left by a run before',
    script: `${SMALL}seed 7\ncheckpoint\ncheckpoint\nput apple red\nflush\nput pear green\nwrite\ncrash\nreopen\nput plum blue\nflush\n`,
    profile: 'measured_ext4',
  },
];

export const presetOf = (id: string): CrashPreset =>
  CRASH_PRESETS.find((preset) => preset.id === id) ?? CRASH_PRESETS[0]!;
