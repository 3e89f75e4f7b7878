/** Sessions on a store with versions: what transactions of a script come to, and that any script of them ends well and runs again the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { FILE_NAMES } from '../storage/file';
import type { Command } from '../workload/command';
import { printCommand } from '../workload/printer';
import type { Session } from './session';
import { runScript } from './testing/sessions';

const HEAD = 'store log 16k extent 512 versions\nseed 7\n';

/** One word for each command: its error, or what kind of thing it came to. */
const results = (text: string, head = HEAD): string[] =>
  runScript(head + text)
    .log.slice(1)
    .map(({ result }) => {
      if (result.kind === 'failed') return result.failure.code;
      return result.kind === 'value' ? ((result.value && decodeText(result.value)) ?? 'nothing') : result.kind;
    });

describe('a transaction of a script, over a store with versions', () => {
  it('reads its snapshot and its own writes, in a scan and a cursor too', () => {
    const session = runScript(
      `${HEAD}put a 1\nput b 2\nflush\nbegin t\nput c 3 in t\ndelete a in t\nput d 4\nflush\nscan in t\nscan - c reverse in t\ncursor k in t\nput e 5 in t\nnext k 9`,
    );
    const entries = session.log.flatMap(({ result }) =>
      result.kind === 'entries' ? [result.entries.map(({ key }) => decodeText(key)).join('')] : [],
    );
    expect(entries).toEqual(['bc', 'b', 'bc']);
  });

  it('is refused when another was first, and the script goes on; its name is free again', () => {
    expect(
      results('begin t\nbegin u\nput a 1 in t\nput a 2 in u\ncommit t\ncommit u\ncommit u\nflush\nbegin u\nget a in u'),
    ).toEqual([
      ...[
        'begun',
        'begun',
        'noted',
        'noted',
        'submitted',
        'write_conflict',
        'command_refused',
        'flushed',
        'begun',
        '1',
      ],
    ]);
  });

  it('that the device refused is under way as before', () => {
    const full = `put a 1\nflush\ncheckpoint\ndisk full 0\nbegin t\nput a @3000 in t\n${'commit t\nflush\nbegin t\nput a @3000 in t\n'.repeat(12)}get a in t`;
    const said = results(full);
    const refused = said.indexOf('store_full');
    expect(refused).toBeGreaterThan(0);
    // Its name is not free, and its writes are there.
    expect(said.slice(refused, refused + 3)).toEqual(['store_full', 'flushed', 'command_refused']);
  });

  it('that only reads may not write, and one as of an older timestamp only reads', () => {
    expect(results('put a 1\nflush\nput a 2\nflush\nbegin t read-only\nput a 3 in t\nget a in t\ncommit t')).toEqual([
      ...['submitted', 'flushed', 'submitted', 'flushed', 'begun', 'command_refused', '2', 'done'],
    ]);
    expect(results('put a 1\nflush\nput a 2\nflush\nbegin t at 1\nget a in t\ndelete a in t\nbegin u at 9')).toEqual([
      ...['submitted', 'flushed', 'submitted', 'flushed', 'begun', '1', 'command_refused', 'option_invalid'],
    ]);
  });

  it('as of a snapshot with a name, which keeps its versions until it is released', () => {
    expect(
      results(
        'put a 1\nflush\nsnapshot s\nsnapshot s\nput a 2\nflush\nvacuum\nbegin t at s\nget a in t\nabort t\nrelease s\nrelease s\nvacuum\nbegin t at 1\nbegin t at s',
      ),
    ).toEqual([
      ...['submitted', 'flushed', 'kept', 'option_invalid', 'submitted', 'flushed', 'vacuumed', 'begun', '1', 'done'],
      ...['done', 'option_invalid', 'vacuumed', 'snapshot_too_old', 'option_invalid'],
    ]);
  });

  it('ends with the process and with the store, and so do snapshots with names', () => {
    expect(
      results('begin t\nput a 1 in t\nsnapshot s\ncrash\nget a in t\nbegin u\nreopen\ncommit t\nrelease s\nget a'),
    ).toEqual([
      ...['begun', 'noted', 'kept', 'crashed', 'command_refused', 'store_down', 'opened', 'command_refused'],
      ...['option_invalid', 'nothing'],
    ]);
    expect(results('begin t\nput a 1 in t\ncursor k in t\nclose\nreopen\ncommit t\nnext k')).toEqual([
      ...['begun', 'noted', 'done', 'done', 'opened', 'command_refused', 'command_refused'],
    ]);
  });

  it('is named by who is told of it: the state has those under way, with what their clients call them', () => {
    const state = runScript(`${HEAD}begin t\nbegin u serializable\ncommit t`).state();
    expect(state.transactions).toEqual(['u']);
    expect(state.description!.versions!.transactions).toMatchObject([{ label: 'u', level: 'serializable' }]);
  });

  it('counts as nothing where it is a slice of a vacuum that is asked for', () => {
    const { log } = runScript(`${HEAD}${'put a 1\nput b 2\nflush\n'.repeat(5)}vacuum 30\nvacuum 30\nvacuum`);
    const slices = log.flatMap(({ result }) => (result.kind === 'vacuumed' ? [result] : []));
    expect(slices.map(({ done }) => done)).toEqual([false, false, true]);
    expect(slices.reduce((sum, { versionsCollected }) => sum + versionsCollected, 0)).toBe(8);
    expect(slices.reduce((sum, { versionsSeen }) => sum + versionsSeen, 0)).toBe(10);
  });
});

it('a store without versions has batches that wait: no snapshot, no scan inside, no vacuum', () => {
  const plain = 'seed 7\n';
  expect(
    results(
      'begin t serializable\nbegin t\nput a 1 in t\nscan in t\ncursor k in t\nget a in t\ncommit t\nflush\nget a',
      plain,
    ),
  ).toEqual([
    ...['command_refused', 'done', 'noted', 'command_refused', 'command_refused', '1', 'submitted', 'flushed', '1'],
  ]);
  expect(results('vacuum\nsnapshot s\nrelease s\nbegin t at 3', plain)).toEqual([
    ...['option_invalid', 'option_invalid', 'option_invalid', 'command_refused'],
  ]);
});

describe('any script of transactions', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd').map((text) => encodeText(text));
  const name = fc.constantFrom('t', 'u', 'v');
  const at = fc.oneof(fc.nat(12), fc.constantFrom('s', 'r'));
  const value = fc.uint8Array({ maxLength: 300 });
  const inside = fc.record({ transaction: name }, { requiredKeys: [] });
  const both = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>): fc.Arbitrary<A & B> =>
    fc.tuple(a, b).map(([left, right]) => ({ ...left, ...right }));
  const command: fc.Arbitrary<Command> = fc.oneof(
    { weight: 6, arbitrary: both(fc.record({ kind: fc.constant('put' as const), key, value }), inside) },
    { weight: 2, arbitrary: both(fc.record({ kind: fc.constant('delete' as const), key }), inside) },
    { weight: 3, arbitrary: both(fc.record({ kind: fc.constant('get' as const), key }), inside) },
    { weight: 2, arbitrary: both(fc.record({ kind: fc.constant('scan' as const), reverse: fc.boolean() }), inside) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('begin' as const),
        transaction: name,
        readOnly: fc.boolean(),
        serializable: fc.boolean(),
      }),
    },
    fc.record({
      kind: fc.constant('begin' as const),
      transaction: name,
      readOnly: fc.boolean(),
      serializable: fc.constant(false),
      at,
    }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('commit' as const),
        transaction: name,
        mode: fc.constantFrom('strict' as const, 'relaxed' as const),
      }),
    },
    fc.record({ kind: fc.constant('abort' as const), transaction: name }),
    fc.record({ kind: fc.constant('snapshot' as const), snapshot: fc.constantFrom('s', 'r') }),
    fc.record({ kind: fc.constant('release' as const), snapshot: fc.constantFrom('s', 'r') }),
    both(
      fc.record({ kind: fc.constant('vacuum' as const) }),
      fc.record({ bytes: fc.constantFrom(40, 400) }, { requiredKeys: [] }),
    ),
    fc.record({
      kind: fc.constant('cursor' as const),
      cursor: fc.constant('k'),
      reverse: fc.boolean(),
      transaction: name,
    }),
    fc.record({ kind: fc.constantFrom('next' as const, 'end' as const), cursor: fc.constant('k') }),
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'write' as const) }) },
    fc.record({ kind: fc.constantFrom('checkpoint' as const, 'check' as const, 'crash' as const, 'close' as const) }),
    fc.record({
      kind: fc.constant('crash' as const),
      at: fc.record({ io: fc.integer({ min: 1, max: 9 }), relative: fc.constant(true) }),
    }),
    fc.record({
      kind: fc.constant('power_cut' as const),
      keep: fc.constantFrom<'all' | number[]>('all', [], [1], [2, 3]),
      torn: fc.constant([]),
    }),
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('reopen' as const), salvage: fc.constant(false) }) },
    fc.record({
      kind: fc.constant('fail' as const),
      call: fc.constantFrom('write' as const),
      nth: fc.integer({ min: 1, max: 3 }),
      forever: fc.boolean(),
      effect: fc.constant({ kind: 'error' as const }),
    }),
  );
  const bytesOf = (session: Session): number[] => {
    const images = session.device.images();
    return FILE_NAMES.map((file) => crc32c(images[file]));
  };

  const kindsOf = (session: Session): string =>
    session.recorder
      .records()
      .map(({ event }) => event.kind)
      .join();

  it.each([
    ['a map', 'store log 8k extent 512 versions idle 40'],
    ['a B-tree', 'store log 16k extent 512 btree page 256 versions idle 40 vacuum-min 200'],
    ['an LSM tree', 'store log 16k extent 512 lsm memtable 512 block 256 table 1k versions idle 40'],
  ])(
    'over %s ends without a broken assertion, finds nothing wrong, and runs the same again from its own command log',
    (_name, head) => {
      fc.assert(
        fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
          const text = `${head}\nseed 7\n${commands.map((each) => printCommand(each)).join('\n')}`;
          const session = runScript(text);
          for (const { result } of session.log) {
            if (result.kind === 'failed') expect(result.failure.code, text).not.toBe('assertion_failed');
            if (result.kind === 'checked') expect(result.findings, text).toEqual([]);
          }
          const log = session.log.slice(1).map((entry) => entry.text);
          const again = runScript(`${head}\nseed 7\n${log.join('\n')}`);
          expect(bytesOf(again)).toEqual(bytesOf(session));
          expect(kindsOf(again)).toEqual(kindsOf(session));
        }),
        { numRuns: 60 },
      );
    },
  );
});
