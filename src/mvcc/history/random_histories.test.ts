/** Histories by the hundred: what a legal store gives is never flagged, and what was spoilt on purpose always is. */
import { describe, expect, inject, it } from 'vitest';
import { lsn, type Lsn } from '../../base/ids';
import type { Entry } from '../../base/ordered_index';
import { SeededRandom } from '../../base/runtime';
import type { BeginOptions, CommitReceipt, Transaction } from '../transaction';
import type { AnomalyName, HistoryLevel } from './anomalies';
import { checkHistory } from './check_history';
import { Clients, DEFAULT_CLIENTS } from './clients';
import type { HistoryOperation, HistoryTransaction } from './history';
import { ModelClientStore } from './testing/model_clients';
import { reportText } from './testing/report_text';
import { serialHistory } from './testing/serial_executor';

const seed = inject('seed');
const RUNS = 30;

it.each([true, false])('what was run serially is legal at every level (timestamps written down: %s)', (timestamps) => {
  for (let run = 0; run < RUNS; run++) {
    const random = new SeededRandom(seed + run);
    const history = serialHistory(random, { transactions: 80, timestamps, slack: run % 5 });
    for (const useTimestamps of [true, false])
      expect(reportText(checkHistory(history, { useTimestamps })), `seed ${seed + run}`).toBe('nothing found');
  }
});

it('a store that keeps every version has snapshot isolation, and write skew', () => {
  const { report } = modelRun(2000);
  expect(report.verdicts.snapshot.isLegal, report.verdicts.snapshot.sentences.join(' ')).toBe(true);
  expect(report.anomalies.map(({ name }) => name)).toContain('G2-item');
  expect(report.verdicts.serializable.isLegal).toBe(false);
  expect(report.transactions).toBeGreaterThan(1200);
});

it('a seed is a run', () => {
  expect(modelRun(200).history).toEqual(modelRun(200).history);
});

it('what a crash cut off is in the history, and changes nothing for others', () => {
  const random = new SeededRandom(seed);
  const store = new ModelClientStore();
  const clients = new Clients(store, { ...DEFAULT_CLIENTS, level: 'snapshot' }, random);
  for (let life = 1; life <= 5; life++) {
    clients.run(life * 100);
    store.step(); // What was on its way is durable, and its answer comes too late.
    clients.crash(store);
  }
  clients.finish();
  const outcomes = new Set(clients.history.transactions.map(({ outcome }) => outcome));
  expect([...outcomes].sort()).toEqual(['aborted', 'committed']);
  expect(checkHistory(clients.history).verdicts.snapshot.isLegal).toBe(true);
});

function modelRun(transactions: number) {
  const clients = new Clients(
    new ModelClientStore(),
    { ...DEFAULT_CLIENTS, level: 'snapshot' },
    new SeededRandom(seed),
  );
  clients.run(transactions);
  clients.finish();
  return { history: clients.history, report: checkHistory(clients.history) };
}

// ---- Broken on purpose, in ways that no protection of the engine stands for. ----

/** A store of which one thing is wrong: what a scan gives, or the number that a commit is given. */
class BrokenStore extends ModelClientStore {
  readonly #scans: (entries: Entry[]) => Iterable<Entry>;
  readonly #commits: (at: Lsn) => Lsn;

  constructor({ commits = (at) => at, scans = (entries) => entries }: Breakage) {
    super();
    this.#scans = scans;
    this.#commits = commits;
  }

  override begin(options: BeginOptions): Transaction {
    const transaction = super.begin(options);
    const { scan } = transaction;
    const broken = this.#scans;
    transaction.scan = function* (...range) {
      yield* broken([...scan.apply(transaction, range)]);
    };
    return transaction;
  }

  override commit(...given: Parameters<ModelClientStore['commit']>): CommitReceipt {
    const receipt = super.commit(...given);
    return { ...receipt, lsn: this.#commits(receipt.lsn) };
  }
}

interface Breakage {
  readonly scans?: (entries: Entry[]) => Iterable<Entry>;
  readonly commits?: (at: Lsn) => Lsn;
}

it.each<[string, Breakage, AnomalyName]>([
  ['gives a key twice', { scans: (all) => [...all.slice(0, 2), ...all.slice(1)] }, 'broken scan'],
  ['gives the last key first', { scans: (all) => [...all.slice(-1), ...all.slice(0, -1)] }, 'broken scan'],
  ['leaves a key out', { scans: (all) => all.filter((_, i) => i !== 1) }, 'G-SIb'],
  ['numbers two commits alike', { commits: (at) => lsn(at - (at % 2)) }, 'timestamps'],
  ['numbers commits below their snapshots', { commits: (at) => lsn(Math.max(1, at - 20)) }, 'timestamps'],
])('a store that %s is caught', (_, breakage, expected) => {
  const clients = new Clients(
    new BrokenStore(breakage),
    { ...DEFAULT_CLIENTS, level: 'snapshot' },
    new SeededRandom(seed),
  );
  clients.run(400);
  clients.finish();
  const { anomalies, verdicts } = checkHistory(clients.history);
  expect(verdicts.snapshot.isLegal).toBe(false);
  expect(anomalies.map(({ name }) => name)).toContain(expected);
});

// ---- Spoilt on purpose. ----

type Editable = HistoryTransaction[];
type Spoil = (all: Editable, random: SeededRandom) => readonly AnomalyName[] | undefined;

/** Each changes a legal history and says what has to be found; undefined where it has nothing to work on. */
const SPOILS: Readonly<Record<string, readonly [level: HistoryLevel, spoil: Spoil]>> = {
  'a writer that was read is aborted after all': [
    'snapshot',
    (all, random) => {
      const [reader, , read] = pick(readsOf(all, isList), random) ?? [];
      if (reader === undefined || read === undefined) return undefined;
      const element = (read.value as number[])[0]!;
      const writer = all.findIndex(({ operations }) =>
        operations.some((one) => one.kind === 'append' && one.element === element),
      );
      if (writer === reader) return undefined;
      all[writer] = { ...all[writer]!, outcome: 'aborted' };
      return ['G1a'];
    },
  ],
  'a read gives what nobody wrote': [
    'snapshot',
    (all, random) => {
      const [reader, at, read] = pick(readsOf(all, isList), random) ?? [];
      if (reader === undefined || at === undefined || read === undefined) return undefined;
      setRead(all, reader, at, { ...read, value: [...(read.value as number[]), 999_999] });
      return ['never written', 'internal'];
    },
  ],
  'an element shows twice': [
    'snapshot',
    (all, random) => {
      const [reader, at, read] = pick(readsOf(all, isList), random) ?? [];
      if (reader === undefined || at === undefined || read === undefined) return undefined;
      const value = read.value as number[];
      setRead(all, reader, at, { ...read, value: [value[0]!, ...value] });
      return ['duplicate', 'incompatible order', 'internal'];
    },
  ],
  'two elements change places': [
    'snapshot',
    (all, random) => {
      // Somebody else has to have read them the right way round, or nobody can tell.
      const longer = readsOf(all, (value) => isList(value) && value.length > 2);
      const [reader, at, read] = pick(longer, random) ?? [];
      if (reader === undefined || at === undefined || read === undefined) return undefined;
      const others = longer.filter(([one, , { key }]) => one !== reader && key === read.key);
      if (others.length === 0) return undefined;
      const [a, b, ...rest] = read.value as number[];
      setRead(all, reader, at, { ...read, value: [b!, a!, ...rest] });
      return ['incompatible order', 'internal'];
    },
  ],
  'a reader begins after a commit and misses it': [
    'snapshot',
    (all) => {
      const key = 'z';
      const end = 1e6;
      all.push(
        { operations: [{ kind: 'write', key, value: 1 }], outcome: 'committed', invoked: end, completed: end + 1 },
        {
          operations: [{ kind: 'read', key, value: null }],
          outcome: 'committed',
          invoked: end + 2,
          completed: end + 3,
        },
      );
      return ['G-SIb'];
    },
  ],
  'an update is lost': [
    'snapshot',
    (all) => {
      all.push(...overlapping([update('z', null, 1)], [update('z', null, 2)]));
      return ['P4'];
    },
  ],
  'a long fork': [
    'snapshot',
    (all) => {
      const write = (key: string): HistoryOperation => ({ kind: 'write', key, value: 1 });
      const read = (key: string, value: number | null): HistoryOperation => ({ kind: 'read', key, value });
      all.push(
        ...overlapping(
          [[write('y')]],
          [[write('z')]],
          [[read('y', 1), read('z', null)]],
          [[read('z', 1), read('y', null)]],
        ),
      );
      return ['G-nonadjacent'];
    },
  ],
  'two decide on what the other one changes': [
    'serializable',
    (all) => {
      const read = (key: string): HistoryOperation => ({ kind: 'read', key, value: null });
      const write = (key: string): HistoryOperation => ({ kind: 'write', key, value: 1 });
      all.push(...overlapping([[read('y'), write('z')]], [[read('z'), write('y')]]));
      return ['G2-item'];
    },
  ],
};

describe.each(Object.entries(SPOILS))('%s', (name, [level, spoil]) => {
  it('is always found', () => {
    let spoilt = 0;
    for (let run = 0; run < RUNS; run++) {
      const random = new SeededRandom(seed + run);
      const all = [...serialHistory(random, { transactions: 60, timestamps: false, slack: 2 }).transactions];
      const expected = spoil(all, random);
      if (expected === undefined) continue;
      spoilt++;
      const { anomalies, verdicts } = checkHistory({ transactions: all });
      expect(verdicts[level].isLegal, `${name}, seed ${seed + run}`).toBe(false);
      expect(
        anomalies.some((one) => expected.includes(one.name)),
        `${name}, seed ${seed + run}`,
      ).toBe(true);
      if (level === 'serializable') expect(verdicts.snapshot.isLegal).toBe(true);
    }
    expect(spoilt).toBeGreaterThan(RUNS / 3);
  });
});

const isList = (value: unknown): value is readonly number[] => Array.isArray(value) && value.length > 0;

type Read = HistoryOperation & { kind: 'read' };

/** Reads of committed transactions: who, at which place, what. */
function readsOf(all: Editable, isWanted: (value: unknown) => boolean): (readonly [number, number, Read])[] {
  return all.flatMap(({ operations, outcome }, reader) =>
    outcome !== 'committed'
      ? []
      : operations.flatMap((one, at) =>
          one.kind === 'read' && isWanted(one.value) ? [[reader, at, one] as const] : [],
        ),
  );
}

function pick<T>(from: readonly T[], random: SeededRandom): T | undefined {
  return from.length === 0 ? undefined : from[random.below(from.length)];
}

function setRead(all: Editable, reader: number, at: number, read: Read): void {
  const operations = [...all[reader]!.operations];
  operations[at] = read;
  all[reader] = { ...all[reader]!, operations };
}

const update = (key: string, value: number | null, next: number): HistoryOperation[] => [
  { kind: 'read', key, value },
  { kind: 'write', key, value: next },
];

/** Committed, all at once, after everything else. */
function overlapping(...each: readonly (readonly (readonly HistoryOperation[])[])[]): HistoryTransaction[] {
  return each.map((operations, i) => ({
    operations: operations.flat(),
    outcome: 'committed',
    invoked: 1e6 + i,
    completed: 1e6 + each.length + i,
  }));
}
