/**
 * The picture does not lie when things go wrong either: sessions as the lab runs them, with crashes inside a call, power
 * cuts, full disks, failing calls and flipped bits; compared with the engine after every event while it is open.
 */
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { encodeText } from '../../../base/bytes';
import type { PageProtection } from '../../../btree';
import type { Command } from '../../../workload/command';
import { parseScript } from '../../../workload/parser';
import { LabRun } from './testing/lab_run';

/** Every protection there is: one that is added has to be proven too. */
const PROTECTIONS: Readonly<Record<PageProtection, true>> = {
  copy_on_write: true,
  double_write: true,
  none: true,
  log_images: true,
};

const keyOf = (key: number): Uint8Array => encodeText(`${'kmqz'[key % 4]}${'.'.repeat((key * 7) % 23)}${key}`);

const writes = (kind: 'put' | 'delete'): fc.Arbitrary<Command> =>
  fc
    .record({
      keys: fc.array(fc.nat(90), { minLength: 1, maxLength: 8 }),
      bytes: fc.oneof(fc.nat(30), fc.nat(30), fc.nat(700)),
    })
    .map(({ bytes, keys }) => ({
      kind: 'batch',
      mode: 'strict',
      operations: keys.map((key) =>
        kind === 'put' ? { kind, key: keyOf(key), value: new Uint8Array(bytes) } : { kind, key: keyOf(key) },
      ),
    }));
const plain = (...kinds: ('flush' | 'checkpoint' | 'compact' | 'check')[]): fc.Arbitrary<Command> =>
  fc.record({ kind: fc.constantFrom(...kinds) });

const CALM: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: writes('put') },
  { weight: 5, arbitrary: writes('delete') },
  { weight: 6, arbitrary: plain('flush') },
  { weight: 2, arbitrary: plain('checkpoint', 'check', 'compact') },
  { weight: 2, arbitrary: fc.nat(90).map((key): Command => ({ kind: 'get', key: keyOf(key) })) },
  { weight: 2, arbitrary: fc.constantFrom(512, 2048).map((bytes): Command => ({ kind: 'step', bytes })) },
);
const DATA = fc.constantFrom('data_0' as const, 'data_1' as const);
const ROUGH: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('crash' as const),
    at: fc.record({ io: fc.integer({ min: 1, max: 12 }), relative: fc.constant(true) }),
    prefixBytes: fc.nat(1600),
  }),
  fc.record({
    kind: fc.constant('power_cut' as const),
    keep: fc.oneof(fc.constant('all' as const), fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 4 })),
    torn: fc.constant([]),
  }),
  // Anywhere in the first pages of a data file, most often inside a page.
  fc
    .record({ file: DATA, extent: fc.nat(30), byte: fc.oneof(fc.nat(255), fc.nat(511)), bit: fc.nat(7) })
    .map(({ bit, byte, extent, file }): Command => ({ kind: 'flip', file, offset: 512 * extent + byte, bit })),
  fc.record({
    kind: fc.constant('fail' as const),
    call: fc.constant('write' as const),
    nth: fc.integer({ min: 1, max: 6 }),
    forever: fc.boolean(),
    effect: fc.oneof(
      fc.constant({ kind: 'error' as const }),
      fc.nat(1500).map((bytes) => ({ kind: 'short' as const, bytes })),
    ),
  }),
  fc.record({
    kind: fc.constant('fail' as const),
    call: fc.constantFrom('flush' as const, 'read' as const),
    nth: fc.integer({ min: 1, max: 6 }),
    forever: fc.constant(false),
    effect: fc.constant({ kind: 'error' as const }),
  }),
  fc.record({ kind: fc.constant('disk_full' as const), bytes: fc.nat(9000), short: fc.boolean() }),
);
const REOPEN: Command = { kind: 'reopen', salvage: false };
/** Some quiet work, then something goes wrong, then the store is opened again. */
const script = fc
  .array(
    fc.tuple(fc.array(CALM, { minLength: 5, maxLength: 14 }), ROUGH, fc.array(CALM, { minLength: 1, maxLength: 6 })),
    { minLength: 2, maxLength: 4, size: 'max' },
  )
  .map((parts) => parts.flatMap(([before, rough, after]) => [...before, rough, ...after, REOPEN]));

/** Whatever chance has in store: the first run meets each of what a run can meet. */
const KEYS = Array.from({ length: 24 }, (_, key) => `put ${'kmqz'[key % 4]}${key} @30`);
const FILL = Array.from({ length: 20 }, (_, key) => `put f${key} @200`);
const FLIPS = Array.from({ length: 12 }, (_, extent) => `flip data_${extent % 2} ${512 * (extent >> 1) + 100}`);
const FIRST = parseScript(
  [
    `batch ${KEYS.join(' ; ')}`,
    ...FILL,
    ...['flush', 'checkpoint', 'put k0 @700', 'flush', 'compact', 'reopen', 'get k0', 'get z23'],
    ...['put k0 @10', 'flush', 'power-cut lose all', 'reopen'],
    ...['disk full 0', ...KEYS.map((put) => put.replace('@30', '@600')), 'flush', 'checkpoint', 'reopen'],
    ...[...FLIPS, 'check', 'get k0', 'get m1', 'get q2'],
  ].join('\n'),
);
const FIRST_COMMANDS = FIRST.script.lines.map(({ command }) => command);
const MET = [
  ...['btree.leaf_split', 'btree.page_pinned', 'btree.page_written', 'btree.map_loaded', 'btree.page_read'],
  ...['btree.damage_found', 'btree.page_spilled', 'btree.tree_rebuilt', 'host.power_cut', 'store_full'],
];

describe('the view of the B-tree room, in runs of the lab', () => {
  const [runs, milliseconds] = inject('isLong') ? [150, 900_000] : [5, 60_000];

  it.each(Object.keys(PROTECTIONS) as PageProtection[])(
    'V1, V2 while calls fail, disks fill, bits flip, the power goes: %s',
    (protection) => {
      let compared = 0;
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(fc.nat(1000), script, (seed, commands) => {
          const tree = `btree page 256 protection ${protection} pool 1k checkpoint 6k`;
          const run = new LabRun(`store log 16k extent 512 align 512 ${tree}\nseed ${seed}\n`);
          for (const each of commands) run.do(each);
          run.session.close();
          compared += run.compared;
          for (const [kind, count] of run.seen) seen.set(kind, (seen.get(kind) ?? 0) + count);
        }),
        { seed: inject('seed'), numRuns: runs, endOnFailure: true, examples: [[7, FIRST_COMMANDS]] },
      );
      expect(FIRST.errors).toEqual([]);
      expect(compared).toBeGreaterThan(300);
      // A run in which none of these happened shows nothing about it.
      for (const kind of MET) expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(0);
    },
    milliseconds,
  );
});
