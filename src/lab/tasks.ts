/**
 * Tasks on fresh data. A seed gives a short run that ends in a flush, and the I/O of that flush at which the power
 * fails; the learner sees the run up to there and says what will be left. Every try takes a new seed.
 */
import { SeededRandom } from '../base/runtime';
import type { Protections } from '../kv_store/types';
import type { TraceRecord } from '../protocol/trace';

export interface TaskKind {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** One line under the question: what an answer looks like. */
  readonly how: string;
  readonly words: { readonly there: string; readonly gone: string };
  /** All commits, or only those whose client was told. */
  readonly asks: 'all' | 'acknowledged';
  /** @param room whose store it is about: what the run is shown in has to draw it */
  make(seed: number, room?: string): TaskRun;
}

export interface TaskRun {
  readonly seed: number;
  readonly script: string;
  readonly protections: Partial<Protections>;
  /** Which I/O of the last command the power fails at: 0 its first, 1 its second, as far as it has them. */
  readonly stopAtIo: number;
  /** Of the items pending then: which are kept, by a seeded choice over their count. */
  keep(pending: number): readonly number[];
}

const WORDS = ['ash', 'bay', 'elm', 'fir', 'ivy', 'oak', 'sal', 'tea', 'yew', 'box', 'fig', 'hop', 'may', 'rue'];
/** Of a room that draws another index than the map. */
const INDEX_OF_ROOM: Readonly<Record<string, string>> = {
  btree: ' btree page 1k',
  lsm: ' lsm memtable 8k block 256 table 1k',
  mvcc: ' versions',
};
const headOf = (room: string): string =>
  `store log 16k extent 1k align 512${INDEX_OF_ROOM[room] ?? ''}\ndevice simulated\n`;

export const TASKS: readonly TaskKind[] = [
  {
    id: 'survivors',
    title: 'Which commits survive?',
    question: 'The power fails here. Which commits will recovery find?',
    how: 'Mark every commit, then compare with the real recovery.',
    words: { there: 'survives', gone: 'gone' },
    asks: 'all',
    make: (seed, room = '') => makeRun(seed, room, { relaxedInTen: 2, protections: {}, tellsTooEarly: false }),
  },
  {
    id: 'truth',
    title: 'Who was told the truth?',
    question: 'These clients were told their commit is safe. The power fails here. For whom was it true?',
    how: 'Look at who was told before a flush covered it. Mark each, then compare.',
    words: { there: 'true', gone: 'not true' },
    asks: 'acknowledged',
    make: (seed, room = '') => makeRun(seed, room, trapFor(seed)),
  },
];

interface Trap {
  readonly relaxedInTen: number;
  readonly protections: Partial<Protections>;
  /** The power fails after somebody was told and before the flush: without that the answer is always yes. */
  readonly tellsTooEarly: boolean;
}

/** What makes an acknowledgement untrue: the mode of the commit, or a protection switched off. */
function trapFor(seed: number): Trap {
  return seed % 2 === 0
    ? { relaxedInTen: 5, protections: {}, tellsTooEarly: true }
    : { relaxedInTen: 0, protections: { flushBeforeAcknowledge: false }, tellsTooEarly: true };
}

function makeRun(seed: number, room: string, trap: Trap): TaskRun {
  const random = new SeededRandom(seed);
  const keys = WORDS.slice();
  const lines: string[] = [];
  const commit = (): void => {
    const key = keys.splice(random.below(keys.length), 1)[0]!;
    const mode = random.below(10) < trap.relaxedInTen ? 'relaxed' : 'strict';
    lines.push(`put ${key} @${40 + 20 * random.below(16)} as ${1 + random.below(3)} ${mode}`);
  };
  const groups = 2 + random.below(2);
  for (let group = 0; group < groups; group++) {
    const commits = 1 + random.below(3);
    for (let i = 0; i < commits; i++) commit();
    lines.push('flush');
  }
  // The last group has at least two, so that there is something to lose.
  if (lines.at(-3) === 'flush') lines.splice(-1, 0, `put ${keys.pop()!} @120 as ${1 + random.below(3)} strict`);
  if (trap.relaxedInTen > 0 && trap.tellsTooEarly) lines.splice(-1, 0, `put ${keys.pop()!} @80 as 1 relaxed`);
  // Mostly between write and flush, where there is most to think about; sometimes before the write.
  const stopAtIo = random.below(4) === 0 && !trap.tellsTooEarly ? 0 : 1;
  const fates = Array.from({ length: 64 }, () => random.below(3));
  const loseAll = random.below(2) === 0;
  return {
    seed,
    script: `${headOf(room)}seed ${seed}\n${lines.join('\n')}\n`,
    protections: trap.protections,
    stopAtIo,
    keep: (pending) =>
      loseAll ? [] : Array.from({ length: pending }, (_, i) => i + 1).filter((item) => fates[item % 64] !== 0),
  };
}

/** The record at which the power fails: the chosen I/O of the last command, or its last one. */
export function stopRecord(records: readonly TraceRecord[], stopAtIo: number): TraceRecord | undefined {
  const last = records.at(-1)?.command;
  const ios = records.filter((record) => record.command === last && isIo(record));
  return ios[Math.min(stopAtIo, ios.length - 1)];
}

/** Whether a record is a call that changes a file or makes it durable. */
export function isIo(record: TraceRecord): boolean {
  const kind = record.event.kind;
  return kind === 'storage.file_written' || kind === 'storage.file_flushed' || kind === 'storage.file_truncated';
}

/** The commits of a run so far, with what their clients know. */
export interface CommitSoFar {
  readonly lsn: number;
  readonly client: number;
  readonly mode: 'strict' | 'relaxed';
  readonly keys: readonly Uint8Array[];
  readonly told: boolean;
}

export function commitsSoFar(records: readonly TraceRecord[]): readonly CommitSoFar[] {
  const commits = new Map<number, CommitSoFar>();
  for (const { event } of records) {
    if (event.kind === 'store.commit_submitted') {
      const { lsn, client, mode } = event;
      commits.set(lsn, { lsn, client, mode, keys: event.operations.map((one) => one.key), told: false });
    } else if (event.kind === 'store.commit_acknowledged') {
      const commit = commits.get(event.lsn);
      if (commit !== undefined) commits.set(event.lsn, { ...commit, told: true });
    }
  }
  return [...commits.values()];
}

/** Whether somebody was told before a flush covered the commit: only then is there something to think about. */
export function wasToldTooEarly(records: readonly TraceRecord[]): boolean {
  let durableLsn = 0;
  for (const { event } of records) if (event.kind === 'wal.group_flushed') durableLsn = event.durableLsn;
  return commitsSoFar(records).some((commit) => commit.told && commit.lsn > durableLsn);
}
