/** By hand: a setting that meets a target. Every setting that can be chosen is run and measured, so the truth is no formula. */
import { SeededRandom } from '../base/runtime';
import { keyOfIndex } from '../workload/generators';
import type { PolicyOptions } from '../lsm';
import { quickValue } from './measured_rows';
import { bytesInWords, LsmSubject, type LsmTaskParts } from './lsm_task_tree';
import type { TaskTables } from '../protocol/lsm';

const PUTS = 1500;
const KEY_SPACE = 1500;
const VALUE_BYTES = 60;
const GROUP = 16;
const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 4, l0Tables: 2 },
  { kind: 'leveled', ratio: 8, l0Tables: 2 },
  { kind: 'tiered', ratio: 3 },
  { kind: 'tiered', ratio: 6 },
  { kind: 'lazy_leveling', ratio: 3 },
  { kind: 'lazy_leveling', ratio: 6 },
];
const MEMTABLES = [2048, 4096, 8192];
const POLICY_NAMES = { leveled: 'leveled', tiered: 'tiered', lazy_leveling: 'lazy leveling' } as const;
const OFFERED = 5;
/** As many of those offered meet the target. */
const MEETING = 2;

interface Measured {
  readonly id: string;
  readonly text: string;
  readonly amplification: number;
  readonly runs: number;
  readonly tables: TaskTables;
}

export function designTask(seed: number): LsmTaskParts {
  const random = new SeededRandom(seed);
  const all = POLICIES.flatMap((policy) => MEMTABLES.map((memtableBytes) => ({ policy, memtableBytes })));
  const measured = random
    .shuffled(all)
    .slice(0, OFFERED)
    .map(({ memtableBytes, policy }) => measure(policy, memtableBytes, seed));
  const ranked = measured.toSorted((a, b) => a.amplification - b.amplification);
  const target = Number(((ranked[MEETING - 1]!.amplification + ranked[MEETING]!.amplification) / 2).toFixed(2));
  const meeting = ranked.filter(({ amplification }) => amplification <= target);
  const fewest = Math.min(...measured.map(({ runs }) => runs));
  const choices = measured.map(({ id, text }) => ({ id, text }));
  const listOf = (of: (one: Measured) => string): string => measured.map((one) => `${one.text}: ${of(one)}`).join('; ');
  return {
    title: 'A setting for a target',
    situation: `${PUTS.toLocaleString('en')} puts of random keys, ${VALUE_BYTES + keyOfIndex(0).length} bytes each. For each byte flushed from a memtable, at most ${target.toFixed(2)} bytes may be written to tables in all, the flush included. Each of the settings was run on a real tree; you will see the figures once you have chosen.`,
    before: { levels: [], showsKeys: false },
    steps: [
      {
        id: 'meets',
        question: `Which setting stays at or under ${target.toFixed(2)}? There is more than one; choose one of them.`,
        answer: 'one',
        choices,
        truth: meeting.map(({ id }) => id),
        because: `Measured, in bytes written to tables for each byte flushed: ${listOf(({ amplification }) => amplification.toFixed(2))}. Tiers write an entry once a level; a larger memtable saves levels; a leveled level takes what it overlaps with it.`,
      },
      {
        id: 'reads',
        question:
          'Writing little has its price. Which of the settings leaves the fewest runs, so that reads are cheapest?',
        answer: 'one',
        choices,
        truth: measured.filter(({ runs }) => runs === fewest).map(({ id }) => id),
        because: `Runs at the end, each of them a stop of every lookup: ${listOf(({ runs }) => String(runs))}.`,
      },
    ],
    events: [],
    after: meeting[0]!.tables,
  };
}

function measure(policy: PolicyOptions, memtableBytes: number, seed: number): Measured {
  const subject = new LsmSubject({ policy, memtableBytes, bitsPerKey: 0, showsKeys: false });
  const { lsm } = subject;
  const random = new SeededRandom(seed + 1);
  for (let number = 0; number < PUTS; number++) {
    lsm.store.put(keyOfIndex(random.below(KEY_SPACE)), quickValue(number, VALUE_BYTES));
    if (number % GROUP === GROUP - 1) lsm.store.flush();
  }
  lsm.settle();
  const { levels, writeAmplification } = lsm.stats();
  return {
    id: `${policy.kind}_${policy.ratio}_${memtableBytes}`,
    text: `${POLICY_NAMES[policy.kind]}, ratio ${policy.ratio}, memtable ${bytesInWords(memtableBytes)}`,
    amplification: writeAmplification,
    runs: levels.reduce((sum, { runs }) => sum + runs, 0),
    tables: subject.describe(),
  };
}
