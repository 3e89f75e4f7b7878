import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { FILE_NAMES } from '../storage/file';
import type { LsmTuning } from '../lsm';
import type { Command, FailureEffect, Script, Setting } from './command';
import { KEYWORDS_AFTER_KEYS, printBytes } from './literals';
import { parseScript } from './parser';
import { PAGE_PROTECTION_NAMES, PROTECTION_NAMES } from './protection_names';
import { printCommand, printScript } from './printer';

const commandOf = (text: string): Command => {
  const { script, errors } = parseScript(text);
  expect(errors).toEqual([]);
  return script.lines[0]!.command;
};
const errorsOf = (text: string): string[] =>
  parseScript(text).errors.map(({ span, message }) => `${span.line}:${span.column}+${span.length} ${message}`);

describe('a script is read line by line', () => {
  it('takes settings, commands, blank lines and comments', () => {
    const { script, errors } = parseScript('# a lesson\nstore log 16k align 512\r\n\nput a b # why\n  flush\n');
    expect(errors).toEqual([]);
    expect(script.settings).toEqual([{ kind: 'store', format: { logBytes: 16384, groupAlignBytes: 512 } }]);
    expect(script.lines.map(({ line, command }) => [line, command.kind])).toEqual([
      [4, 'put'],
      [5, 'flush'],
    ]);
  });

  it.each([
    ['apple', 'apple'],
    ['"an apple"', 'an apple'],
    ['"\\"\\\\\\n\\t\\0"', '"\\\n\t\0'],
    ['"ü\\xc3\\xbc"', 'üü'],
    ['0x6170', 'ap'],
    ['@28', 'abcdefghijklmnopqrstuvwxyzab'],
    ['a#b'.slice(0, 1), 'a'],
  ])('reads the literal %s', (literal, text) => {
    expect(commandOf(`get ${literal}`)).toEqual({ kind: 'get', key: encodeText(text) });
  });

  it('reads every byte there is', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(decodeText(all)).toBeUndefined();
    expect(commandOf(`get ${printBytes(all)}`)).toEqual({ kind: 'get', key: all });
  });

  it('tells a quoted word from a keyword', () => {
    expect(commandOf('scan reverse limit 2')).toEqual({ kind: 'scan', reverse: true, limit: 2 });
    expect(commandOf('scan "reverse" "limit"')).toMatchObject({ reverse: false, from: encodeText('reverse') });
    expect(commandOf('scan - m')).toEqual({ kind: 'scan', reverse: false, to: encodeText('m') });
  });

  it('numbers an I/O of the session, or of what follows', () => {
    expect(commandOf('crash at 17 prefix 100')).toEqual({
      kind: 'crash',
      at: { io: 17, relative: false },
      prefixBytes: 100,
    });
    expect(commandOf('crash at +2')).toEqual({ kind: 'crash', at: { io: 2, relative: true } });
    expect(commandOf('crash')).toEqual({ kind: 'crash' });
  });

  it('reads what a power cut keeps, loses and tears', () => {
    expect(commandOf('power-cut keep 1,3 tear 4 at 100')).toEqual({
      kind: 'power_cut',
      keep: [1, 3],
      torn: [{ item: 4, atByte: 100 }],
    });
    expect(commandOf('power-cut lose all')).toEqual({ kind: 'power_cut', keep: [], torn: [] });
    expect(commandOf('power-cut keep all')).toEqual({ kind: 'power_cut', keep: 'all', torn: [] });
  });
});

it('a store may have a tree, with what it does not say as usual', () => {
  const treeOf = (text: string) => parseScript(`store ${text}`).script.settings[0];
  expect(treeOf('btree page 512 protection double_write pool 8k')).toEqual({
    kind: 'store',
    format: { tree: { pageBytes: 512, protection: 'double_write' } },
    tuning: { poolBytes: 8192 },
  });
  expect(treeOf('log 16k btree')).toMatchObject({ format: { tree: { pageBytes: 4096, protection: 'copy_on_write' } } });
});

it('a store may have an LSM tree, of which it says what is not as usual, in any order', () => {
  const lsmOf = (text: string) => parseScript(`store ${text}`).script.settings[0];
  const lsm = { filterPrefix: { kind: 'whole_key' } };
  expect(lsmOf('lsm')).toEqual({ kind: 'store', format: { lsm } });
  expect(lsmOf('lsm monkey l0 2 memtable 512 bits 6.5 table 1k checkpoint 4k')).toEqual({
    kind: 'store',
    format: { lsm },
    tuning: {
      checkpointLogBytes: 4096,
      lsm: {
        memtableBytes: 512,
        tableBytes: 1024,
        filter: { kind: 'full', bitsPerKey: 6.5, allocation: 'monkey' },
        policy: { kind: 'leveled', ratio: 10, l0Tables: 2 },
      },
    },
  });
  expect(lsmOf('lsm policy tiered ratio 3 cut 8')).toEqual({
    kind: 'store',
    format: { lsm: { filterPrefix: { kind: 'all_but_last', bytes: 8 } } },
    tuning: { lsm: { policy: { kind: 'tiered', ratio: 3 } } },
  });
  expect(commandOf('tuning lsm policy lazy_leveling')).toEqual({
    kind: 'tuning',
    tuning: { lsm: { policy: { kind: 'lazy_leveling', ratio: 10 } } },
  });
});

describe('words for transactions over versions', () => {
  it('a store may keep versions, in either index or in a map, and end who is idle', () => {
    const storeOf = (words: string) => parseScript(`store ${words}`).script.settings[0];
    expect(storeOf('versions')).toEqual({ kind: 'store', format: { versions: true } });
    expect(storeOf('btree page 512 versions idle 40')).toMatchObject({
      format: { tree: { pageBytes: 512 }, versions: true },
      tuning: { idleTicksMax: 40 },
    });
    expect(commandOf('tuning vacuum-percent never vacuum-min 1k')).toEqual({
      kind: 'tuning',
      tuning: { vacuumPercent: Infinity, vacuumBytesMin: 1024 },
    });
  });

  it('a transaction says how it reads and as of when, in any order', () => {
    const begin = { kind: 'begin', transaction: 't1', readOnly: false, serializable: false };
    expect(commandOf('begin t1')).toEqual(begin);
    expect(commandOf('begin t1 serializable read-only')).toEqual({ ...begin, readOnly: true, serializable: true });
    expect(commandOf('begin t1 at 7 read-only')).toEqual({ ...begin, readOnly: true, at: 7 });
    expect(commandOf('begin t1 at before')).toEqual({ ...begin, at: 'before' });
  });

  it('what is scanned, or held open as a cursor, may be in a transaction; a key of that name is quoted', () => {
    expect(commandOf('scan a m in t1 limit 2')).toMatchObject({ transaction: 't1', limit: 2, to: encodeText('m') });
    expect(commandOf('scan in t1')).toEqual({ kind: 'scan', reverse: false, transaction: 't1' });
    expect(commandOf('cursor c reverse in t1')).toMatchObject({ cursor: 'c', transaction: 't1', reverse: true });
    expect(commandOf('scan "in" t1')).toMatchObject({ from: encodeText('in'), to: encodeText('t1') });
  });

  it('a vacuum is a slice of so many bytes, or a whole pass', () => {
    expect(commandOf('vacuum 1k')).toEqual({ kind: 'vacuum', bytes: 1024 });
    expect(commandOf('vacuum')).toEqual({ kind: 'vacuum' });
    expect(commandOf('snapshot monday at 12')).toEqual({ kind: 'snapshot', snapshot: 'monday', at: 12 });
  });
});

describe('a faulty script names every faulty line', () => {
  it('with line, column and length, and goes on after each', () => {
    expect(errorsOf('putt a b\nput a\nput a b\ncrash at x\nflush now')).toEqual([
      '1:1+4 There is no command putt. Did you mean put?',
      '2:6+0 The line ends here, where a value was expected.',
      '4:10+1 x is not the number of an I/O.',
      '5:7+3 Here stands now, where the end of the line was expected.',
    ]);
  });

  it.each([
    ['get "abc', '1:5+4 This quoted word has no end.'],
    ['get "a\\q"', '1:7+2 There is no escape \\q.'],
    ['get 0x123', '1:5+5 These are not pairs of hexadecimal digits.'],
    ['get "\ud800"', '1:6+1 This is half of a surrogate pair, which UTF-8 cannot hold.'],
    ['get @lots', '1:5+5 @lots is not a length of filler.'],
    ['seed -1', '1:6+2 -1 is not a seed.'],
    ['store log 16q', '1:11+3 16q is not the length of the log.'],
    ['store btree page 500', '1:18+3 A page is a power of two, 256 bytes to 64 KiB.'],
    [
      'store page 512',
      '1:7+4 Here stands page, where one of log, extent, align, btree, lsm, versions, checkpoint, relaxed, pool, idle, vacuum-percent, vacuum-min was expected.',
    ],
    ['store lsm ratio 1', '1:17+1 1 is not a ratio.'],
    ['store lsm bits few', '1:16+3 few is not a number of bits a key.'],
    ['store lsm policy tiered l0 4', '1:28+1 Only a leveled tree has a number of its own for level 0.'],
    ['store lsm policy best', '1:18+4 Here stands best, where one of leveled, tiered, lazy_leveling was expected.'],
    ['begin t1 serializable at 7', '1:26+1 Who reads as of an older timestamp only reads, at snapshot isolation.'],
    ['begin t1 at -7', '1:13+2 -7 is neither an LSN nor the name of a snapshot.'],
    [
      'begin t1 at 7 at 8',
      '1:15+2 Here stands at, where one of read-only, serializable, at, the end of the line was expected.',
    ],
    [
      'begin t1 readonly',
      '1:10+8 Here stands readonly, where one of read-only, serializable, at, the end of the line was expected.',
    ],
    ['vacuum all', '1:8+3 all is not a number of bytes.'],
    ['vaccum', '1:1+6 There is no command vaccum. Did you mean vacuum?'],
    ['store versions idle 0', '1:21+1 0 is not a number of ticks.'],
    ['store btree lsm', '1:13+3 A store has one index: a B-tree or an LSM tree.'],
    ['tuning lsm cut 4', '1:16+1 What filters leave out of a key is said in the head of a script: store lsm cut.'],
    ['put a b\nseed 7', '2:1+4 Settings come first: seed stands after a command.'],
    ['protect off logCheksum', '1:13+10 There is no protection logCheksum. Did you mean logChecksum?'],
    ['flip log 5 8', '1:12+1 8 is not a bit.'],
    ['batch put a b ; get c', '1:17+3 Here stands get, where one of put, delete was expected.'],
    ['power-cut keep 1,,2', '1:16+4 1,,2 is not a list of numbers.'],
    ['power-cut keep 1 lose all', '1:18+4 What is kept was already said.'],
    ['put a b in t1 strict', '1:15+6 Here stands strict, where the end of the line was expected.'],
    ['say hello', '1:5+5 Here stands hello, where text in quotes was expected.'],
  ])('%s', (text, error) => {
    expect(errorsOf(text)).toEqual([error]);
  });

  it('says what could have stood there', () => {
    expect(parseScript('device floppy').errors[0]!.expected).toEqual(['simulated', 'memory', 'file']);
  });

  it('refuses a text that is far too long without reading it', () => {
    expect(parseScript('#'.repeat(2 ** 21)).errors).toHaveLength(1);
  });

  it('never throws, whatever the text', () => {
    const word = fc.constantFrom(
      'put',
      'a',
      '"',
      '\\',
      ';',
      '#',
      'crash',
      'at',
      '+1',
      'scan',
      '-',
      'limit',
      '\n',
      '0x',
      '@',
      '\ud800',
    );
    fc.assert(fc.property(fc.array(fc.oneof(word, fc.string())), (parts) => void parseScript(parts.join(' '))));
  });
});

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => encodeText(text)),
  fc.constantFrom(...KEYWORDS_AFTER_KEYS, '0x', '@900', '#', ';', '').map((text) => encodeText(text)),
);
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,5}$/);
const count = fc.integer({ min: 1, max: 1e6 });
const size = fc.oneof(
  count,
  count.map((n) => n * 1024),
);
const put = fc.record({ kind: fc.constant('put' as const), key: bytes, value: bytes });
const remove = fc.record({ kind: fc.constant('delete' as const), key: bytes });
const optional = { requiredKeys: [] };
const who = fc.record(
  { client: fc.integer({ min: 0, max: 999 }), mode: fc.constantFrom('strict' as const, 'relaxed' as const) },
  optional,
);
const inside = fc.record({ transaction: name }, optional);
const both = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>): fc.Arbitrary<A & B> =>
  fc.tuple(a, b).map(([left, right]) => ({ ...left, ...right }));
const text = fc.string({ unit: 'binary' });
const timestamp = fc.oneof(fc.nat(), name);

type PlainEffect = Exclude<FailureEffect, { kind: 'short' }>;
const effect = (...kinds: PlainEffect['kind'][]): fc.Arbitrary<PlainEffect> =>
  fc.constantFrom('error' as const, ...kinds).map((kind) => ({ kind }));
const short = fc.record({ kind: fc.constant('short' as const), bytes: fc.nat() });
const failure: fc.Arbitrary<{ call: 'read' | 'write' | 'flush' | 'truncate'; effect: FailureEffect }> = fc.oneof(
  fc.record({
    call: fc.constant('read' as const),
    effect: fc.oneof<fc.Arbitrary<FailureEffect>[]>(effect('zeros'), short),
  }),
  fc.record({ call: fc.constant('write' as const), effect: fc.oneof<fc.Arbitrary<FailureEffect>[]>(effect(), short) }),
  fc.record({ call: fc.constant('flush' as const), effect: effect('drop', 'after', 'lie') }),
  fc.record({ call: fc.constant('truncate' as const), effect: effect() }),
);

const ratio = fc.integer({ min: 2, max: 20 });
const bits = fc.nat(400).map((quarters) => quarters / 4);
const lsmTuning: fc.Arbitrary<Partial<LsmTuning>> = fc.record(
  {
    memtableBytes: size,
    cacheBytes: size,
    blockBytes: size,
    tableBytes: size,
    restartInterval: fc.integer({ min: 1, max: 64 }),
    filter: fc
      .record({
        kind: fc.constantFrom('none' as const, 'full' as const, 'partitioned' as const),
        bitsPerKey: bits,
        allocation: fc.constantFrom('equal' as const, 'monkey' as const),
        byLevel: fc.option(fc.array(bits, { minLength: 1, maxLength: 4 })),
      })
      .map(({ byLevel, ...rest }) => (byLevel === null ? rest : { ...rest, bitsPerKey: 10, byLevel })),
    policy: fc.oneof(
      fc.record({ kind: fc.constant('leveled' as const), ratio, l0Tables: count }),
      fc.record({ kind: fc.constantFrom('tiered' as const, 'lazy_leveling' as const), ratio }),
    ),
  },
  optional,
);

const command: fc.Arbitrary<Command> = fc.oneof(
  both(fc.oneof(put, remove), fc.oneof(who, fc.record({ transaction: name }))),
  both(
    fc.record({ kind: fc.constant('batch' as const), operations: fc.array(fc.oneof(put, remove), { minLength: 1 }) }),
    who,
  ),
  both(fc.record({ kind: fc.constant('get' as const), key: bytes }), inside),
  both(
    fc.record({ kind: fc.constant('scan' as const), reverse: fc.boolean() }),
    both(fc.record({ from: bytes, to: bytes, limit: fc.nat() }, optional), inside),
  ),
  both(
    fc.record({ kind: fc.constant('cursor' as const), cursor: name, reverse: fc.boolean() }),
    both(fc.record({ from: bytes, to: bytes }, optional), inside),
  ),
  both(fc.record({ kind: fc.constant('next' as const), cursor: name }), fc.record({ rows: count }, optional)),
  fc.record({ kind: fc.constant('end' as const), cursor: name }),
  fc.record({ kind: fc.constant('abort' as const), transaction: name }),
  both(
    fc.record({ kind: fc.constant('begin' as const), transaction: name, readOnly: fc.boolean() }),
    fc.oneof(
      fc.record({ serializable: fc.boolean() }),
      both(fc.record({ serializable: fc.constant(false) }), fc.record({ at: timestamp })),
    ),
  ),
  both(fc.record({ kind: fc.constant('snapshot' as const), snapshot: name }), fc.record({ at: timestamp }, optional)),
  fc.record({ kind: fc.constant('release' as const), snapshot: name }),
  both(fc.record({ kind: fc.constant('vacuum' as const) }), fc.record({ bytes: size }, optional)),
  both(fc.record({ kind: fc.constant('commit' as const), transaction: name }), who),
  fc.record({
    kind: fc.constantFrom(
      'write' as const,
      'flush' as const,
      'checkpoint' as const,
      'compact' as const,
      'check' as const,
      'stats' as const,
      'close' as const,
    ),
  }),
  fc.record({ kind: fc.constant('step' as const), bytes: size }),
  both(
    fc.record({ kind: fc.constant('load' as const), dataset: name }),
    fc.record({ from: count, rows: count, batch: count }, optional),
  ),
  fc.record({ kind: fc.constant('reopen' as const), salvage: fc.boolean() }),
  fc.record({ kind: fc.constant('crash' as const) }),
  both(
    fc.record({ kind: fc.constant('crash' as const), at: fc.record({ io: count, relative: fc.boolean() }) }),
    fc.record({ prefixBytes: size }, optional),
  ),
  fc.record({
    kind: fc.constant('power_cut' as const),
    keep: fc.oneof(fc.constant('all' as const), fc.array(count)),
    torn: fc.array(fc.record({ item: count, atByte: fc.integer({ min: 0, max: 512 }) })),
  }),
  both(
    fc.record({ kind: fc.constant('fail' as const), nth: count, forever: fc.boolean() }),
    both(failure, fc.record({ file: fc.constantFrom(...FILE_NAMES) }, optional)),
  ),
  fc.record({ kind: fc.constant('disk_full' as const), bytes: fc.nat(), short: fc.boolean() }),
  fc.record({ kind: fc.constant('disk_lies' as const), on: fc.boolean() }),
  fc.record({
    kind: fc.constant('flip' as const),
    file: fc.constantFrom(...FILE_NAMES),
    offset: fc.nat(),
    bit: fc.integer({ min: 0, max: 7 }),
  }),
  fc
    .record(
      {
        checkpointLogBytes: size,
        relaxedFlushBytes: size,
        poolBytes: size,
        idleTicksMax: count,
        vacuumBytesMin: size,
        vacuumPercent: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(Infinity)),
        lsm: lsmTuning,
      },
      optional,
    )
    .filter((tuning) => Object.keys(tuning).length > 0)
    .map((tuning) => ({ kind: 'tuning' as const, tuning })),
  fc.record({
    kind: fc.constant('protect' as const),
    protection: fc.constantFrom(...PROTECTION_NAMES),
    on: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('say' as const, 'ask' as const), text }),
);
const setting: fc.Arbitrary<Setting> = fc.oneof(
  fc.record({
    kind: fc.constant('device' as const),
    device: fc.constantFrom('simulated' as const, 'memory' as const, 'file' as const),
  }),
  fc.record({ kind: fc.constant('seed' as const), seed: fc.maxSafeNat() }),
  fc
    .record(
      {
        logBytes: size,
        extentBytes: size,
        groupAlignBytes: fc.constantFrom(512 as const, 4096 as const),
        tree: fc.record({
          pageBytes: fc.constantFrom(256, 512, 4096, 65536),
          protection: fc.constantFrom(...PAGE_PROTECTION_NAMES),
        }),
        versions: fc.constant(true),
      },
      optional,
    )
    .filter((format) => Object.keys(format).length > 0)
    .map((format) => ({ kind: 'store' as const, format })),
  fc.tuple(fc.option(fc.integer({ min: 1, max: 255 })), lsmTuning).map(([cut, lsm]) => ({
    kind: 'store' as const,
    format: {
      lsm: {
        filterPrefix: cut === null ? { kind: 'whole_key' as const } : { kind: 'all_but_last' as const, bytes: cut },
      },
    },
    ...(Object.keys(lsm).length > 0 && { tuning: { lsm } }),
  })),
);

describe('printing', () => {
  it('what is printed parses to what was printed', () => {
    fc.assert(
      fc.property(fc.array(setting), fc.array(command), (settings, commands) => {
        const script: Script = {
          settings,
          lines: commands.map((each, index) => ({ line: settings.length + index + 1, command: each })),
        };
        const { script: read, errors } = parseScript(printScript(script));
        expect(errors).toEqual([]);
        expect(read).toEqual(script);
      }),
      { numRuns: 500 },
    );
  });

  it('is what one would write by hand', () => {
    const source = 'put "an apple" @900 as 2 relaxed';
    expect(printCommand(commandOf(source))).toBe(source);
  });
});
