/** The pipeline over a real log, with a sink that writes down what happens in which order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EngineError } from '../base/errors';
import type { Lsn } from '../base/ids';
import { ManualSchedule } from '../base/runtime';
import { faultyFiles } from '../storage/faulty';
import type { Fault } from '../storage/fault_script';
import { SimulatedDisk } from '../storage/simulated/disk';
import { GroupCommit, type PendingCommit } from './group_commit';
import { append, openLog, prepare } from './testing/small_log';

interface Commit extends PendingCommit {
  readonly onPublished?: (() => void) | undefined;
}

interface Options {
  readonly relaxedFlushBytes?: number;
  readonly flushBeforeAcknowledge?: boolean;
  readonly poisonOnFailedFlush?: boolean;
  readonly faults?: readonly Fault[];
}

class Pipeline {
  /** `w` written, `f` flushed, `p` published, `r` rejected, `x` poisoned, `a` after a group; then the LSN or bytes. */
  readonly said: string[] = [];
  readonly schedule = new ManualSchedule();
  readonly log;
  readonly commits: GroupCommit<Commit>;

  constructor({ faults = [], ...options }: Options = {}) {
    const files = new SimulatedDisk().openNow({ create: true });
    prepare(files.log);
    const { events, log } = openLog(faultyFiles(files, { faults }).log, 1);
    this.log = log;
    // The log's events and the sink's calls, in one list.
    events.push = (...added) => {
      for (const event of added) if (event.kind === 'wal.group_flushed') this.said.push(`f${event.durableLsn}`);
      return 0;
    };
    this.commits = new GroupCommit<Commit>({
      log,
      schedule: this.schedule.schedule,
      relaxedFlushBytes: 1 << 20,
      flushBeforeAcknowledge: true,
      poisonOnFailedFlush: true,
      ...options,
      sink: {
        written: ({ lsn }) => this.said.push(`w${lsn}`),
        publish: (commit) => {
          this.said.push(`p${commit.lsn}`);
          commit.onPublished?.();
        },
        reject: ({ lsn }, error: EngineError) => this.said.push(`r${lsn} ${error.code}`),
        afterGroup: (bytes) => this.said.push(`a${bytes}`),
        poison: (error) => this.said.push(`x ${error.code}`),
      },
    });
  }

  commit(mode: 'strict' | 'relaxed', onPublished?: () => void, payloadBytes = 20, client = 1): Lsn {
    const lsn = this.log.nextLsn;
    this.commits.submit({ lsn, strict: mode === 'strict', client, onPublished });
    append(this.log, lsn, payloadBytes);
    return lsn;
  }
}

describe('group commit', () => {
  it('writes and flushes once for everybody who was waiting, and settles them in order', () => {
    const pipeline = new Pipeline();
    for (let i = 0; i < 3; i++) pipeline.commit('strict');
    expect(pipeline.schedule.pending).toBe(1);
    expect(pipeline.said).toEqual([]);
    pipeline.schedule.runAll();
    expect(pipeline.said).toEqual(['w1', 'w2', 'w3', 'f3', 'p1', 'p2', 'p3', 'a512']);
    expect({ groups: pipeline.commits.groups, flushes: pipeline.commits.flushes }).toEqual({ groups: 1, flushes: 1 });
  });

  it('settles relaxed commits after the write, without a flush', () => {
    const pipeline = new Pipeline();
    pipeline.commit('relaxed');
    pipeline.commit('relaxed');
    pipeline.schedule.runAll();
    expect(pipeline.said).toEqual(['w1', 'w2', 'p1', 'p2', 'a512']);
    pipeline.commits.run(true);
    expect(pipeline.said.at(-1)).toBe('f2');
  });

  it('G1 G2: a relaxed commit behind a strict one waits for its flush, one before it does not', () => {
    const pipeline = new Pipeline();
    for (const mode of ['relaxed', 'strict', 'relaxed'] as const) pipeline.commit(mode);
    pipeline.schedule.runAll();
    expect(pipeline.said).toEqual(['w1', 'w2', 'w3', 'p1', 'f3', 'p2', 'p3', 'a512']);
  });

  it('G1: takes commits in LSN order only', () => {
    const pipeline = new Pipeline();
    const lsn = pipeline.commit('strict');
    expect(() => pipeline.commits.submit({ lsn, strict: true, client: 1 })).toThrow('G1');
  });

  it('G1 to G3 hold for any mix of modes, turns and commits made from inside an acknowledgement', () => {
    const act = fc.oneof(
      fc.record({ mode: fc.constantFrom('strict' as const, 'relaxed' as const), again: fc.nat(2) }),
      fc.constantFrom('turn' as const, 'flush' as const),
    );
    const property = fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
      const pipeline = new Pipeline();
      const strict = new Set<number>();
      const commit = (mode: 'strict' | 'relaxed', again: number): void => {
        const more = again > 0 ? () => commit(again === 1 ? 'strict' : 'relaxed', again - 1) : undefined;
        const lsn = pipeline.commit(mode, more);
        if (mode === 'strict') strict.add(lsn);
      };
      for (const one of acts) {
        if (one === 'turn') pipeline.schedule.runAll();
        else if (one === 'flush') pipeline.commits.run(true);
        else commit(one.mode, one.again);
      }
      pipeline.schedule.runAll();
      let flushed = 0;
      let published = 0;
      for (const said of pipeline.said) {
        if (said.startsWith('f')) flushed = Number(said.slice(1));
        if (!said.startsWith('p')) continue;
        expect(Number(said.slice(1))).toBe(++published);
        if (strict.has(published)) expect(flushed).toBeGreaterThanOrEqual(published);
      }
      expect(published).toBe(pipeline.log.nextLsn - 1);
      expect(pipeline.commits.waiting).toEqual([]);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('G5: acknowledged log that no flush covers is always shorter than the limit', () => {
    const relaxedFlushBytes = 2048;
    const pipeline = new Pipeline({ relaxedFlushBytes });
    const loss: number[] = [];
    for (let i = 0; i < 9; i++) {
      pipeline.commit('relaxed', () => loss.push(pipeline.log.unflushedBytes), 100 + 80 * i);
      if (i % 2 === 0) pipeline.schedule.runAll();
    }
    pipeline.schedule.runAll();
    expect(loss).toHaveLength(9);
    expect(Math.max(...loss)).toBeLessThan(relaxedFlushBytes);
    expect(Math.max(...loss)).toBeGreaterThan(0);
    expect(pipeline.commits.flushes).toBeGreaterThan(0);
  });

  describe('G6: clients who were just told are expected back', () => {
    /** Turns as they come in a worker: one at a time, with messages handled in between. */
    class Turns {
      readonly pipeline = new Pipeline();
      readonly groups = (): number => this.pipeline.commits.groups;

      commit(...clients: readonly number[]): void {
        for (const client of clients) this.pipeline.commit('strict', undefined, 20, client);
      }

      turn(): void {
        this.pipeline.schedule.runNext();
      }

      /** A group of these has been told. */
      told(...clients: readonly number[]): this {
        this.commit(...clients);
        this.pipeline.schedule.runAll();
        return this;
      }
    }

    it('one client alone never waits a turn more', () => {
      const turns = new Turns().told(1);
      for (let group = 2; group < 5; group++) {
        turns.commit(1);
        turns.turn();
        expect(turns.groups()).toBe(group);
      }
    });

    it('a group is put off while turns bring somebody back, and goes with everybody', () => {
      const turns = new Turns().told(1, 2, 3, 4);
      turns.commit(1); // The turn is asked for here.
      turns.commit(2);
      turns.turn();
      expect(turns.groups(), 'two of four are back').toBe(1);
      turns.commit(3, 4);
      turns.turn();
      expect(turns.groups(), 'all are').toBe(2);
      expect(turns.pipeline.said.filter((said) => said.startsWith('f'))).toEqual(['f4', 'f8']);
    });

    it('a turn that brings nobody back ends the wait; strangers do not prolong it', () => {
      const turns = new Turns().told(1, 2, 3);
      turns.commit(1, 2);
      turns.turn();
      turns.commit(7, 8);
      turns.turn();
      expect(turns.groups()).toBe(2);
      expect(turns.pipeline.commits.waiting).toEqual([]);
    });

    it('who was told of an older group, or of a relaxed commit, is not expected', () => {
      const turns = new Turns().told(1, 2);
      turns.told(3);
      turns.commit(3, 1);
      turns.turn();
      expect(turns.groups()).toBe(3);
      for (const client of [5, 6, 7]) turns.pipeline.commit('relaxed', undefined, 20, client);
      turns.pipeline.schedule.runAll();
      turns.commit(5, 6);
      turns.turn();
      expect(turns.groups()).toBe(5);
    });

    it('two crowds that took turns become one', () => {
      const crowd = (first: number): number[] => Array.from({ length: 32 }, (_, index) => first + index);
      const turns = new Turns().told(...crowd(0));
      turns.commit(...crowd(32)); // They came during the flush.
      turns.commit(...crowd(0).slice(0, 9));
      turns.turn();
      turns.commit(...crowd(0).slice(9));
      turns.turn();
      expect(turns.groups()).toBe(2);
      expect(turns.pipeline.commits.waiting).toEqual([]);
    });
  });

  it('an explicit flush before its turn leaves the turn nothing to do', () => {
    const pipeline = new Pipeline();
    pipeline.commit('strict');
    pipeline.commits.run(true);
    const { length } = pipeline.said;
    pipeline.schedule.runAll();
    expect(pipeline.said).toHaveLength(length);
  });
});

describe('a device that fails', () => {
  const failedWrite = (nth: number): Fault => ({ call: 'write', file: 'log', nth, effect: { kind: 'fail' } });
  const failedFlush = (nth: number): Fault => ({ call: 'flush', file: 'log', nth, effect: { kind: 'fail_and_drop' } });

  it('a write: its commits are refused, the next ones go through with the same LSNs', () => {
    const pipeline = new Pipeline({ faults: [failedWrite(1)] });
    pipeline.commit('strict');
    pipeline.commit('relaxed');
    pipeline.schedule.runAll();
    expect(pipeline.said).toEqual(['r1 write_failed', 'r2 write_failed']);
    expect(pipeline.commit('strict')).toBe(1);
    pipeline.schedule.runAll();
    expect(pipeline.said.slice(2)).toEqual(['w1', 'f1', 'p1', 'a512']);
  });

  it('a write and the wiping of it: nobody knows, and the store stops', () => {
    const pipeline = new Pipeline({ faults: [failedWrite(1), failedWrite(2)] });
    pipeline.commit('strict');
    pipeline.schedule.runAll();
    expect(pipeline.said).toEqual(['x write_failed', 'r1 commit_unknown']);
  });

  it('G4: a flush: nothing is acknowledged any more, and nothing written', () => {
    const pipeline = new Pipeline({ faults: [failedFlush(1)] });
    pipeline.commit('relaxed', () => pipeline.commit('strict'));
    pipeline.commit('strict');
    pipeline.schedule.runAll();
    expect(pipeline.said).toEqual(['w1', 'w2', 'p1', 'x flush_failed', 'r2 commit_unknown', 'r3 commit_unknown']);
    pipeline.commits.run(true);
    expect(pipeline.said).toHaveLength(6);
  });

  it('G4: a flush that fails inside an acknowledgement is not tried again by the one outside', () => {
    const pipeline = new Pipeline({ faults: [failedFlush(1)] });
    pipeline.commit('relaxed', () => pipeline.commits.run(true));
    pipeline.commit('strict');
    pipeline.schedule.runAll();
    expect(pipeline.said).toEqual(['w1', 'w2', 'p1', 'x flush_failed', 'r2 commit_unknown']);
  });

  it('anything that is no operating error goes through untouched', () => {
    const pipeline = new Pipeline();
    pipeline.log.writeGroup = () => {
      throw new Error('the program was stopped here');
    };
    pipeline.commit('strict');
    expect(() => pipeline.schedule.runAll()).toThrow('stopped here');
    expect(pipeline.said).toEqual([]);
  });
});

describe('protections switched off', () => {
  it('flushBeforeAcknowledge: a strict commit is acknowledged before its flush', () => {
    const pipeline = new Pipeline({ flushBeforeAcknowledge: false });
    pipeline.commit('strict');
    pipeline.schedule.runAll();
    expect(pipeline.said).toEqual(['w1', 'p1', 'f1', 'a512']);
  });

  it('poisonOnFailedFlush: the flush is tried again and believed, once', () => {
    const drop = { call: 'flush', file: 'log', nth: 1, effect: { kind: 'fail_and_drop' } } as const;
    const believed = new Pipeline({ poisonOnFailedFlush: false, faults: [drop] });
    believed.commit('strict');
    believed.schedule.runAll();
    expect(believed.said).toEqual(['w1', 'f1', 'p1', 'a512']);
    const twice = new Pipeline({ poisonOnFailedFlush: false, faults: [{ ...drop, forever: true }] });
    twice.commit('strict');
    twice.schedule.runAll();
    expect(twice.said).toEqual(['w1', 'x flush_failed', 'r1 commit_unknown']);
  });
});
