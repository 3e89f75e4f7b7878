/** By hand: the way of a lookup through the runs. Ranges, filters, blocks; and what a scan has to look at instead. */
import { encodeText } from '../base/bytes';
import { SeededRandom } from '../base/runtime';
import type { LsmEvent, TableMeta } from '../lsm';
import { tableFor } from '../lsm/version';
import { randomKeys } from './tasks';
import { LsmSubject, mixedHistory, tableNames, type LsmTaskParts } from './lsm_task_tree';
import { type StepWithTruth } from './tasks';

const POLICIES = [
  { kind: 'leveled', ratio: 3, l0Tables: 4 },
  { kind: 'tiered', ratio: 3 },
] as const;
const MEMTABLE_BYTES = 900;
/** Few, so that filters are wrong now and then. */
const BITS_PER_KEY = 3;
const NONE = { id: 'none', text: 'none of them' } as const;
const COVERING_MIN = 3;

export function readTask(seed: number): LsmTaskParts {
  const random = new SeededRandom(seed);
  const policy = POLICIES[seed % POLICIES.length]!;
  const subject = new LsmSubject({
    ...{ policy, memtableBytes: MEMTABLE_BYTES, bitsPerKey: BITS_PER_KEY, showsKeys: false },
  });
  const keys = randomKeys(random, 200);
  for (const operation of mixedHistory(random, keys, 500 + random.below(150))) subject.apply(operation);
  subject.lsm.store.checkpoint();
  const key = keyInMany(subject, keys, random);
  const tables = subject.describe();
  const lookup = subject.watch(({ store }) => void store.get(encodeText(key)));
  const scan = subject.watch(({ store }) => {
    const rows = store.scan({ from: encodeText(key), limit: 1 });
    while (rows.next().done !== true);
  });
  return {
    title: 'The way of a lookup',
    situation: `Everything is in tables; the memtable is empty. Look up \`${key}\`. A lookup asks run after run, the newest first: level 0 from the top, then level 1, and so on. It stops at the first table that has the key.`,
    before: tables,
    steps: stepsOf(subject, key, lookup, scan),
    events: [...lookup, ...scan],
    after: tables,
  };
}

/** A key whose lookup is no matter of one table. */
function keyInMany(subject: LsmSubject, keys: readonly string[], random: SeededRandom): string {
  const from = random.below(keys.length);
  const order = [...keys.slice(from), ...keys.slice(0, from)];
  const many = (key: string): number => covering(subject, key).length;
  return order.find((key) => many(key) >= COVERING_MIN) ?? order.reduce((a, b) => (many(b) > many(a) ? b : a));
}

/** Newest first. */
function covering(subject: LsmSubject, key: string): TableMeta[] {
  return subject.lsm.tables.levels.flatMap((runs) =>
    runs.flatMap(({ run, tables }) => tableFor({ id: run, tables, bytes: 0, entries: 0 }, encodeText(key)) ?? []),
  );
}

const dataBlocksOf = (events: readonly LsmEvent[]): number[] => [
  ...new Set(
    events.flatMap((event) => (event.kind === 'lsm.block_read' && event.block === 'data' ? [event.table] : [])),
  ),
];
const orNone = (ids: readonly number[]): string[] => (ids.length === 0 ? [NONE.id] : ids.map(String));

function stepsOf(
  subject: LsmSubject,
  key: string,
  lookup: readonly LsmEvent[],
  scan: readonly LsmEvent[],
): StepWithTruth[] {
  const inRange = covering(subject, key).map((meta) => ({
    id: meta.id,
    probe: subject.openTable(meta).probeFilter(encodeText(key)),
  }));
  const ids = inRange.map(({ id }) => id);
  const sayNo = inRange.filter(({ probe }) => probe?.mayContain === false).map(({ id }) => id);
  const maybe = ids.filter((id) => !sayNo.includes(id));
  const bits = inRange.map(({ id, probe }) => {
    const places = probe?.probes ?? [];
    return `table ${id}: ${places.map(({ isSet }) => (isSet ? 1 : 0)).join(' ')}`;
  });
  const read = dataBlocksOf(lookup);
  const found = lookup.some((event) => event.kind === 'lsm.table_probed' && event.outcome === 'found');
  const deleted = lookup.some((event) => event.kind === 'lsm.table_probed' && event.outcome === 'tombstone');
  const end = found
    ? 'has the key'
    : deleted
      ? 'has a tombstone of it, which is an answer too'
      : 'does not have the key';
  const scanned = dataBlocksOf(scan);
  return [
    {
      id: 'ranges',
      question: `Which tables could have \`${key}\`, by their ranges alone?`,
      answer: 'tables',
      choices: [NONE],
      truth: orNone(ids),
      because: `By range: ${tableNames(ids)}, at most one in each run, since tables of a run do not overlap.`,
    },
    {
      id: 'filters',
      question: `A filter says no if any of the bits that it looks at is 0. For this key they are: ${bits.join('; ')}. Which of these tables does the filter rule out?`,
      answer: 'tables',
      choices: [NONE],
      truth: orNone(sayNo),
      because: `Ruled out: ${tableNames(sayNo)}. All bits set means no more than maybe: other keys may have set them.`,
    },
    {
      id: 'first',
      question: 'Of which table is a data block read first?',
      answer: 'table',
      choices: [NONE],
      truth: orNone(read.slice(0, 1)),
      because:
        read.length === 0
          ? 'Every filter said no: the answer is that there is no such key, and nothing was read for it.'
          : `First ${tableNames(read.slice(0, 1))}, the newest of those whose filter said maybe. The lookup read ${read.length} data ${read.length === 1 ? 'block' : 'blocks'}; the last table that it asked ${end}.`,
    },
    {
      id: 'worst',
      question:
        'If the key were in none of them, and the filters said the same: how many data blocks would the lookup read?',
      answer: 'one',
      choices: [...new Set([0, 1, maybe.length, ids.length, ids.length + 1])]
        .sort((a, b) => a - b)
        .map((count) => ({ id: String(count), text: String(count) })),
      truth: [String(maybe.length)],
      because: `One for each filter that said maybe (${tableNames(maybe)}). More bits a key would make that rarer.`,
    },
    {
      id: 'scan',
      question: `Instead, a scan asks for the first key from \`${key}\` on. Of which tables does it read a data block?`,
      answer: 'tables',
      choices: [NONE],
      truth: orNone(scanned),
      because: `Read: ${tableNames(scanned)}, of every run the first table that reaches so far, since each may have the next key. A filter cannot help: it knows keys, not what lies between them.`,
    },
  ];
}
