import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFileSync, readdirSync } from 'node:fs';
import { encodeText } from '../base/bytes';
import { crc32c } from '../base/checksum';
import type { PageDescription } from '../btree';
import type { StoreImages } from '../protocol/session';
import { FILE_NAMES } from '../storage/file';
import type { TraceRecord } from '../protocol/trace';
import type { Command } from '../workload/command';
import { parseScript } from '../workload/parser';
import { printCommand } from '../workload/printer';
import { RebuiltImages } from './rebuilt_images';
import { openScript, runScript } from './testing/sessions';
import type { Session } from './session';

const LESSONS = readdirSync('src/workload/lessons')
  .filter((name) => name.endsWith('.script'))
  .map((name) => [name, readFileSync(`src/workload/lessons/${name}`, 'utf8')] as const);

const trace = (session: Session): readonly TraceRecord[] => session.recorder.records();
/** Images by checksum: comparing them byte by byte in an assertion takes seconds. */
const digest = (images: StoreImages): string[] =>
  FILE_NAMES.map((name) => `${name}: ${images[name].length} bytes, ${crc32c(images[name])}`);
const bytesOf = (session: Session): string[] => digest(session.device.images());
const RUN = 'seed 7\nput a 1\nput b 2\nflush\nput c @600\nflush\ncheckpoint\ndelete a\nput d 4 relaxed\nwrite\n';

describe('a session is a function of its settings and its commands', () => {
  it.each(LESSONS)('%s gives the same trace and the same bytes twice', (_name, text) => {
    const first = runScript(text);
    const second = runScript(text);
    expect(trace(second)).toEqual(trace(first));
    expect(bytesOf(second)).toEqual(bytesOf(first));
  });

  it('and another seed gives other bytes', () => {
    const first = runScript(RUN);
    const second = runScript(RUN, { seed: 8 });
    expect(bytesOf(second)).not.toEqual(bytesOf(first));
  });

  it.each(['memory', 'simulated'] as const)('and does not depend on the device (%s)', (store) => {
    expect(trace(runScript(RUN, { store }))).toEqual(trace(runScript(RUN)));
  });
});

describe('the numbers of a trace', () => {
  it('count records from 0 without gaps, and I/Os from 1 without gaps', () => {
    for (const [, text] of LESSONS) {
      const session = runScript(text);
      const records = trace(session);
      expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index));
      const stopped = new Set(records.flatMap(({ event }) => (event.kind === 'host.crashed' ? [event.io] : [])));
      const ios = records
        .filter(({ event }) => /file_(written|flushed|truncated)$/.test(event.kind))
        .map(({ io }) => io);
      const all = [...ios, ...stopped].filter((io) => io > 0).sort((a, b) => a - b);
      expect(all).toEqual(all.map((_, index) => index + 1));
      expect(all.at(-1)).toBe(session.gate.ios);
    }
  });

  it('name the command that each record belongs to', () => {
    const session = runScript(RUN);
    for (const entry of session.log) {
      const [first] = trace(session).filter(({ command }) => command === entry.command);
      expect(first).toMatchObject({ seq: entry.firstSeq, event: { kind: 'host.command_started', text: entry.text } });
    }
  });
});

describe('a crash at an I/O', () => {
  const ios = runScript(RUN).gate.ios;

  it('stops before it, whatever it is, and the bytes are those of the I/Os before', () => {
    const whole = runScript(RUN);
    const opened = openScript(RUN).gate.ios;
    for (let io = opened + 1; io <= ios; io++) {
      const session = runScript(RUN.replace('put a 1', `crash at ${io}\nput a 1`));
      expect(session.isOpen).toBe(false);
      const rebuilt = new RebuiltImages(openScript('seed 7', {}).firstImages());
      for (const record of trace(whole)) if (record.io < io) rebuilt.apply(record.event);
      expect(bytesOf(session), `I/O ${io}`).toEqual(digest(rebuilt.images()));
    }
  });

  it('lets the prefix of a write through that was asked for', () => {
    const session = runScript('seed 7\nput a 1\ncrash at +1 prefix 60\nflush\n');
    const crashed = trace(session).find(({ event }) => event.kind === 'host.crashed')!;
    expect(crashed.event).toMatchObject({ landed: { file: 'log', at: 0 } });
    expect(
      session.device
        .images()
        .log.subarray(0, 60)
        .some((byte) => byte !== 0),
    ).toBe(true);
    expect(
      session.device
        .images()
        .log.subarray(60)
        .every((byte) => byte === 0),
    ).toBe(true);
  });

  it('that is past is refused, and nothing happens', () => {
    const session = runScript('seed 7\ncrash at 2\nput a 1\n');
    expect(session.log[1]!.result).toMatchObject({ kind: 'failed', failure: { code: 'command_refused' } });
    expect(session.isOpen).toBe(true);
  });

  it('leaves a store that answers nothing until it is reopened', () => {
    const session = runScript('put a 1\ncrash\nget a\nput b 2\ncheck\nbegin t\nreopen\nget a\n');
    const codes = session.log.map(({ result }) => (result.kind === 'failed' ? result.failure.code : result.kind));
    expect(codes.slice(3, 7)).toEqual(['store_down', 'store_down', 'store_down', 'store_down']);
    expect(codes.slice(7)).toEqual(['opened', 'value']);
  });
});

describe('a transaction of a script', () => {
  const results = (text: string): string[] =>
    runScript(text)
      .log.slice(1)
      .map(({ result }) => (result.kind === 'failed' ? result.failure.code : result.kind));

  it('is over when it is committed or aborted: its name is free, and it takes no more writes', () => {
    expect(results('begin t\nput a 1 in t\ncommit t\nput b 2 in t\ncommit t\nbegin t\nabort t\nabort t')).toEqual([
      'done',
      'noted',
      'submitted',
      'command_refused',
      'command_refused',
      'done',
      'done',
      'command_refused',
    ]);
  });

  it('is one at a time under a name, and ends with the process', () => {
    expect(results('begin t\nbegin t\ncrash\nreopen\ncommit t')).toEqual([
      'done',
      'command_refused',
      'crashed',
      'opened',
      'command_refused',
    ]);
  });
});

describe('a byte flipped at rest', () => {
  /** More pages than memory holds, and nothing pending. */
  const AT_REST = `store log 64k extent 512 align 512 btree page 256 pool 1k\n${
    Array.from({ length: 80 }, (_, key) => `put k${key} @100\n`).join('') + 'flush\ncheckpoint\n'.repeat(2)
  }`;
  const pages = (session: Session): readonly PageDescription[] => session.store.describe().tree!.pages;

  it('is seen by whoever describes the store that is open', () => {
    const session = runScript(AT_REST);
    expect(session.device.pending()).toEqual([]);
    const inMemory = new Set(session.store.describe().tree!.pool.frames.map(({ page }) => page));
    const extent = pages(session).find(({ page }) => !inMemory.has(page))!.extent!;
    const file = extent % 2 === 0 ? 'data_0' : 'data_1';
    const flip: Command = { kind: 'flip', file, offset: 512 * (extent >> 1) + 40, bit: 0 };
    session.execute(flip, 1);
    expect(pages(session).filter((page) => page.isDamaged)).toHaveLength(1);
    session.execute(flip, 1);
    expect(pages(session).filter((page) => page.isDamaged)).toHaveLength(0);
  });

  it('leaves the device as it was: full, if it was full', () => {
    const fill = Array.from({ length: 30 }, (_, key) => `put b${key} @3000\nflush\n`).join('');
    const refused = (flip: string): number =>
      runScript(`${AT_REST}disk full 0\n${flip}${fill}`).log.filter(
        ({ result }) => result.kind === 'failed' && result.failure.code === 'store_full',
      ).length;
    expect(refused('flip superblock 1000\n')).toBe(refused(''));
    expect(refused('')).toBeGreaterThan(0);
  });
});

describe('the files rebuilt from the trace', () => {
  it.each(LESSONS)('are the files, after every command of %s', (_name, text) => {
    const { script } = parseScript(text);
    const session = openScript(text);
    const rebuilt = new RebuiltImages(session.firstImages());
    let seq = 0;
    const catchUp = (): void => {
      for (const { event } of session.recorder.records(seq)) rebuilt.apply(event);
      seq = session.recorder.nextSeq;
    };
    catchUp();
    for (const { line, command } of script.lines) {
      session.execute(command, line);
      catchUp();
      expect(digest(rebuilt.images()), `line ${line}`).toEqual(bytesOf(session));
    }
  });

  it('go on from the keyframe when the ring has dropped the oldest records', () => {
    const limits = { recordsMax: 40, bytesMax: 1 << 20, batchRecords: 8 };
    const session = runScript(`${RUN}${'put e @300\nflush\n'.repeat(20)}`, {}, { limits });
    expect(session.recorder.keptFrom).toBeGreaterThan(100);
    const { images, seq } = session.keyframe();
    expect(seq).toBe(session.recorder.keptFrom);
    const rebuilt = new RebuiltImages(images);
    for (const { event } of trace(session)) rebuilt.apply(event);
    expect(digest(rebuilt.images())).toEqual(bytesOf(session));
  });
});

describe('any script', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd').map((text) => encodeText(text));
  const command: fc.Arbitrary<Command> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('put' as const), key, value: fc.uint8Array({ maxLength: 700 }) }),
    },
    fc.record({ kind: fc.constant('delete' as const), key }),
    fc.record({
      kind: fc.constantFrom(
        'flush' as const,
        'write' as const,
        'checkpoint' as const,
        'compact' as const,
        'check' as const,
        'close' as const,
      ),
    }),
    fc.record({ kind: fc.constant('step' as const), bytes: fc.constantFrom(512, 4096) }),
    fc.record({ kind: fc.constant('crash' as const) }),
    fc.record({
      kind: fc.constant('crash' as const),
      at: fc.record({ io: fc.integer({ min: 1, max: 9 }), relative: fc.constant(true) }),
      prefixBytes: fc.nat(600),
    }),
    fc.record({
      kind: fc.constant('power_cut' as const),
      keep: fc.constantFrom<'all' | number[]>('all', [], [1], [2, 3]),
      torn: fc.constant([]),
    }),
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('reopen' as const), salvage: fc.boolean() }) },
    fc.record({
      kind: fc.constant('flip' as const),
      file: fc.constantFrom(...FILE_NAMES),
      offset: fc.nat(9000),
      bit: fc.nat(7),
    }),
    fc.record({
      kind: fc.constant('fail' as const),
      call: fc.constant('write' as const),
      nth: fc.integer({ min: 1, max: 3 }),
      forever: fc.boolean(),
      effect: fc.constant({ kind: 'error' as const }),
    }),
    fc.record({
      kind: fc.constant('fail' as const),
      call: fc.constant('flush' as const),
      nth: fc.integer({ min: 1, max: 3 }),
      forever: fc.boolean(),
      effect: fc.constant({ kind: 'drop' as const }),
    }),
  );

  it('ends without a broken assertion, and runs the same again from its own command log', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const text = `store log 8k extent 512\nseed 7\n${commands.map((each) => printCommand(each)).join('\n')}`;
        const session = runScript(text);
        const broken = session.log.filter(
          ({ result }) => result.kind === 'failed' && result.failure.code === 'assertion_failed',
        );
        expect(broken, text).toEqual([]);
        const again = runScript(
          `store log 8k extent 512\nseed 7\n${session.log
            .slice(1)
            .map((entry) => entry.text)
            .join('\n')}`,
        );
        expect(bytesOf(again)).toEqual(bytesOf(session));
      }),
      { numRuns: 300 },
    );
  });
});
