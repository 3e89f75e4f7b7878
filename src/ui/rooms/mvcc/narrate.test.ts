/** The sentences do not say more than happened: where a protection is off, they say what that let through. */
import { describe, expect, it } from 'vitest';
import { MVCC_LESSONS } from '../../../lab/lessons/mvcc';
import { ALL_PROTECTIONS } from '../../../kv_store/types';
import type { Protections } from '../../../kv_store/types';
import { parseScript } from '../../../workload/parser';
import { layoutMvcc } from './layout';
import { LabRun } from './testing/lab_run';
import { stepText, stepWords } from './words';

const scriptOf = (id: string): string => MVCC_LESSONS.find((one) => one.id.includes(id))!.script;

/** A lesson again with one protection off, as the lab repeats it; its own words are left out. */
function without(protection: keyof Protections, text: string): LabRun {
  const lines = text.split('\n').filter((line) => !/^\s*(?:say|ask|#)/.test(line));
  const run = new LabRun(lines.join('\n'), { protections: { ...ALL_PROTECTIONS, [protection]: false } });
  for (const { command } of parseScript(lines.join('\n')).script.lines) run.do(command);
  return run;
}

describe('a protection that is off', () => {
  it('two commits of one key without the check: the second is not said to be checked, and an update is lost', () => {
    const run = without('validateWrites', scriptOf('first_to_commit'));
    const started = run.told.filter(({ record }) => record.event.kind === 'mvcc.commit_started');
    const [, , second] = started.map(({ sentence }) => sentence);
    expect(second).toMatch(
      /commits, though commit 2 wrote .?stock.? after its snapshot, 1: nobody checks.*lost update/,
    );
    const lost = started[2]!.view;
    const { marks } = layoutMvcc(lost, { width: 1100, height: 560 });
    expect([...marks.values()].map(({ text }) => text ?? '')).toContainEqual(expect.stringContaining('lost update: '));
  });

  it('a lost sale shows in what is left: 9 of 10 where the other was refused, 8 where nobody checks', () => {
    const readLast = (run: LabRun): string[] =>
      [...run.view.steps.range(0)].flatMap(({ kind, text }) => (kind === 'read' ? [text ?? ''] : []));
    expect(readLast(LabRun.of(scriptOf('first_to_commit'))).at(-1)).toBe('9');
    expect(readLast(without('validateWrites', scriptOf('first_to_commit'))).at(-1)).toBe('8');
  });

  it('with the check, none of that is said of anybody', () => {
    for (const { script } of MVCC_LESSONS) {
      const run = LabRun.of(script);
      for (const { sentence } of run.told)
        expect(sentence).not.toMatch(/nobody checks|though (it|a snapshot)|Wrong|protection/);
      expect([...run.view.steps].filter(({ stray }) => stray)).toEqual([]);
      for (const { state, conflict } of run.view.transactions) if (conflict) expect(state).toBe('refused');
    }
  });

  it('publishing in order off: the lesson on it shows a snapshot with the second commit and without the first', () => {
    const run = without('publishInLogOrder', scriptOf('published_in_order'));
    const { sentence, view } = run.told.find(({ record }) => record.event.kind === 'mvcc.transaction_begun')!;
    expect(sentence).toMatch(/Wrong: its snapshot has commit 4 as well.*before commit 3, which comes first/);
    const { marks } = layoutMvcc(view, { width: 1100, height: 560 });
    const early = [...marks.values()].filter(({ data }) => data?.['ahead'] === 'yes');
    expect(early.map(({ label, lsn }) => [lsn, label])).toEqual([[4, expect.stringContaining('clerk had it before')]]);
    const reads = [...run.view.steps].filter(({ lane, found }) => lane === 'clerk' && found);
    expect(reads.map(stepText)).toEqual(['! sent = yes', 'paid = no', '! scan: 2 rows']);
    expect(stepWords(reads[0]!)).toContain('commit 4 before commit 3 was published, which comes first in the log');
  });

  it('a read of what is not committed says whose write it was, on its chip and beside it', () => {
    const run = without(
      'hideUncommitted',
      'store versions\nput a 1\nflush\nbegin t1\nbegin t2\nput a 2 in t1\nget a in t2\nabort t1\nget a in t2',
    );
    const reads = run.told.filter(({ record }) => record.event.kind === 'mvcc.version_read');
    expect(reads.map(({ sentence }) => sentence.includes('an uncommitted write of t1'))).toEqual([true, false]);
    const { marks } = layoutMvcc(reads[0]!.view, { width: 1100, height: 560 });
    const texts = [...marks.values()].map(({ text }) => text ?? '');
    expect(texts).toEqual(expect.arrayContaining(['! a = 2', 'uncommitted: t1']));
  });

  it('a read that is not as of the snapshot says so', () => {
    const run = without('snapshotReads', 'store versions\nput a 1\nflush\nbegin t\nput a 2\nflush\nget a in t');
    expect(run.last('mvcc.version_read').sentence).toMatch(
      /as commit 2 left it.*Wrong: it read commit 2, which is newer than its snapshot, 1/,
    );
  });

  it('a transaction that does not see its own write says so', () => {
    const run = without('ownWrites', 'store versions\nput a 1\nflush\nbegin t\nput a 2 in t\nget a in t');
    expect(run.last('mvcc.version_read').sentence).toContain('past its own write of this key, which it must see');
  });

  it.each(['store versions', 'store versions btree page 512'])(
    'vacuum takes one version too many, and says whose it was (%s)',
    (store) => {
      const run = without(
        'keepVersionAtWatermark',
        `${store}\nput a 1\nflush\nbegin t read-only\nput a 2\nflush\nvacuum`,
      );
      expect(run.last('mvcc.version_collected').sentence).toContain('though a snapshot at 1 or later reads it');
    },
  );
});

describe('what the index does under the versions', () => {
  const puts = Array.from({ length: 90 }, (_, i) => `put key${String(i % 30).padStart(2, '0')} @40\nflush`).join('\n');
  it.each([
    ['a B-tree', 'store versions log 32k extent 512 align 512 btree page 512 checkpoint 4k pool 8k'],
    [
      'an LSM tree',
      'store versions log 32k extent 512 align 512 checkpoint 4k lsm memtable 900 table 1200 block 256 ratio 3 l0 2',
    ],
  ])('each event has its sentence, and no key of a record is shown as bytes: %s', (_name, store) => {
    const run = LabRun.of(
      `${store}\n${puts}\ncheckpoint\nscan\nbegin t\nget key07 in t\nget nothing in t\ncommit t\nvacuum\ncheckpoint\ncrash\nreopen\nget key03`,
    );
    const silent = new Set<string>();
    for (const { record, sentence } of run.told) {
      const { kind } = record.event;
      if (sentence === '' && kind !== 'host.command_finished') silent.add(kind);
      expect(sentence, kind).not.toMatch(/0x|undefined|NaN/);
    }
    expect([...silent]).toEqual([]);
    expect(run.seen.size).toBeGreaterThan(30);
  });
});

it('a first version has no older one beside it', () => {
  const run = LabRun.of(
    'store versions\nput a 1\nput b 1\nflush\nput a 2\nput c 1\nflush\nbatch put a 3 ; put b 2\nflush',
  );
  const published = run.told.filter(({ record }) => record.event.kind === 'store.commit_applied');
  expect(published.map(({ sentence }) => sentence.replace(/\. Snapshots.*/, ''))).toEqual([
    'Commit 1 is published: it adds 1 version',
    'Commit 2 is published: it adds 1 version',
    'Commit 3 is published: it adds 1 version, and what was there stays beside it',
    'Commit 4 is published: it adds 1 version',
    'Commit 5 is published: it adds 2 versions, and what was there of 2 keys stays beside them',
  ]);
});

it('a value that is only a length is told as a length, when it is written and when it is read', () => {
  const run = LabRun.of('store versions\nput a @42\nflush\nbegin t\nget a in t\nput b @30 in t\ncommit t\nflush');
  const said = [...run.view.steps.range()].map((step) => stepText(step));
  expect(said).toEqual(expect.arrayContaining(['a := 42 B', 'a = 42 B', 'b := 30 B']));
});
