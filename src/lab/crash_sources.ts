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

/** Small files, so that pictures are legible and a run of a dozen commits goes round the log. */
const SMALL = 'store log 8k extent 512 align 512\n';

export const CRASH_PRESETS: readonly CrashPreset[] = [
  {
    id: 'commit',
    title: 'Two commits',
    shows: 'a write and a flush for each, and what the power can do between them',
    script: `${SMALL}seed 7\nput apple red as 1\nflush\nput pear green as 2\nflush\n`,
    profile: 'measured_ext4',
  },
  {
    id: 'group',
    title: 'Two clients, one flush',
    shows: 'a group of three sectors, lost piece by piece',
    script: `${SMALL}seed 7\nput apple red as 1\nflush\nput pear @400 as 1\nput plum @400 as 2\nflush\n`,
    profile: 'adversarial',
  },
  {
    id: 'relaxed',
    title: 'Strict and relaxed',
    shows: 'which commits a power cut may take, and which it may not',
    script: `${SMALL}seed 7\nput apple red as 1\nflush\nput fig violet as 2 relaxed\nwrite\nput pear green as 1\nflush\n`,
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
    id: 'split',
    title: 'A split, in a checkpoint',
    shows:
      'a B-tree whose leaf has split: page after page is written, and a crash between two of them finds half of it',
    script: `store log 8k align 512 btree page 256 protection copy_on_write pool 8k\nseed 7\nbatch put ash @40 ; put elm @40 ; put oak @40 ; put yew @40\nflush\ncheckpoint\nput fig @40\nflush\ncheckpoint\n`,
    profile: 'measured_ext4',
  },
  {
    id: 'merge',
    title: 'Tables are merged',
    shows:
      'an LSM tree: tables are written to free places, and one record of the manifest puts them in the place of the old ones',
    script: `store log 8k extent 512 align 512 lsm memtable 2k block 256 table 1k policy tiered ratio 2\nseed 7\nbatch put ash @40 ; put fig @40 ; put yew @40\nflush\ncheckpoint\nbatch put elm @40 ; put oak @40\nflush\ncheckpoint\nstep 8k\nbatch delete fig ; put bay @40 ; put pea @40\nflush\ncheckpoint\nbatch put cob @40 ; put gum @40\nflush\ncheckpoint\nstep 8k\nput sal @40\nflush\n`,
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
    script: `${SMALL}seed 7\nput apple red\nflush\nput pear green\nwrite\ncrash\nreopen\nput plum blue\nflush\n`,
    profile: 'measured_ext4',
  },
  {
    id: 'full_lap',
    title: 'The log, full at once',
    shows: 'groups so long that the log is used again while a checkpoint has hardly begun to replace it',
    script: `${SMALL}seed 7\n${[1650, 1800, 1800, 1800].map((bytes) => `put apple @${bytes}\nput pear @${bytes}\nflush`).join('\n')}\n`,
    profile: 'measured_ext4',
  },
  {
    id: 'short_write',
    title: 'A write falls short',
    shows: 'a device that takes 60 bytes of a write, and a crash some time after',
    script: `${SMALL}seed 7\nput apple red\nflush\nfail write 1 of log once short 60\nput pear @300\nflush\nput plum blue\nflush\ncrash\nreopen\nput fig violet\nflush\n`,
    profile: 'measured_ext4',
  },
  {
    id: 'failed_flush',
    title: 'A flush fails once',
    shows: 'a device that drops what it should flush, says so once, and behaves again',
    script: `${SMALL}seed 7\nput apple red\nflush\nfail flush 1 of log once drop\nput pear @300\nflush\nput plum blue\nflush\ncrash\nreopen\nput fig violet\nflush\n`,
    profile: 'measured_ext4',
  },
];

/** For each safeguard a run that goes wrong without it: `switches.test.ts` holds this against the search. */
export const SHOWN_BY: Readonly<Record<string, { readonly preset: string; readonly profile: ProfileName }>> = {
  flushBeforeAcknowledge: { preset: 'commit', profile: 'measured_ext4' },
  logChecksum: { preset: 'group', profile: 'measured_ext4' },
  logSalt: { preset: 'relaxed', profile: 'measured_ext4' },
  alignedGroups: { preset: 'commit', profile: 'psow_off' },
  wholeWrites: { preset: 'short_write', profile: 'measured_ext4' },
  poisonOnFailedFlush: { preset: 'failed_flush', profile: 'measured_ext4' },
  dataBeforeSuperblock: { preset: 'checkpoint', profile: 'measured_ext4' },
  twoSuperblockSlots: { preset: 'checkpoint', profile: 'measured_ext4' },
  superblockBeforeReuse: { preset: 'full_lap', profile: 'measured_ext4' },
  checkpointChecksum: { preset: 'checkpoint', profile: 'adversarial' },
  pageProtection: { preset: 'split', profile: 'process_crash' },
  tablesBeforeManifest: { preset: 'merge', profile: 'measured_ext4' },
  manifestBeforeReuse: { preset: 'merge', profile: 'measured_ext4' },
  tombstonesToTheBottom: { preset: 'merge', profile: 'process_crash' },
  logFlush: { preset: 'commit', profile: 'measured_ext4' },
  dataFlush: { preset: 'checkpoint', profile: 'measured_ext4' },
  superblockFlush: { preset: 'checkpoint', profile: 'measured_ext4' },
  logWriteBeforeFlush: { preset: 'commit', profile: 'measured_ext4' },
  dataWriteBeforeFlush: { preset: 'checkpoint', profile: 'measured_ext4' },
  superblockWriteBeforeFlush: { preset: 'checkpoint', profile: 'measured_ext4' },
  everyLogWrite: { preset: 'commit', profile: 'measured_ext4' },
  everyDataWrite: { preset: 'checkpoint', profile: 'measured_ext4' },
  everySuperblockWrite: { preset: 'checkpoint', profile: 'measured_ext4' },
};

/** The same run with its pages protected in another way; a run over no tree stays as it is. */
export function withPageProtection(script: string, protection: string | undefined): string {
  return protection === undefined ? script : script.replace(/^(store .*\bprotection )\w+/m, `$1${protection}`);
}

export const presetOf = (id: string): CrashPreset =>
  CRASH_PRESETS.find((preset) => preset.id === id) ?? CRASH_PRESETS[0]!;
