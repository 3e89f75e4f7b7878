import { describe, expect, it } from 'vitest';
import { logPosition, lsn } from '../base/ids';
import { faultyFiles } from '../storage/faulty';
import type { Fault } from '../storage/fault_script';
import type { StorageEvent } from '../storage/events';
import { recordedFiles } from '../storage/recorded';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll, randomChoice } from '../storage/simulated/fates';
import { PROFILES } from '../storage/simulated/profiles';
import { SeededRandom } from '../base/runtime';
import { append, GEOMETRY, openLog, prepare, scanned } from './testing/small_log';

function newDisk(): SimulatedDisk {
  const disk = new SimulatedDisk();
  const files = disk.openNow({ create: true });
  prepare(files.log);
  for (const file of Object.values(files)) file.close();
  return disk;
}

describe('the log', () => {
  it('writes what was gathered in one call, in whole sectors, and flushes apart', () => {
    const calls: StorageEvent[] = [];
    const files = recordedFiles(newDisk().openNow({ create: false }), { emit: (event) => calls.push(event) });
    const { events, log } = openLog(files.log, 1);
    calls.length = 0;
    for (const fill of [1, 2, 3]) append(log, fill);
    expect(calls).toEqual([]);
    expect(log.groupBytes).toBe(512);
    log.writeGroup();
    log.flush();
    expect(calls.map(({ kind }) => kind)).toEqual(['storage.file_written', 'storage.file_flushed']);
    expect(calls[0]).toMatchObject({ at: 0, count: 512 });
    expect(events.map(({ kind }) => kind)).toEqual([
      'wal.record_buffered',
      'wal.record_buffered',
      'wal.record_buffered',
      'wal.group_written',
      'wal.group_flushed',
    ]);
    expect({ written: log.writtenLsn, flushed: log.flushedLsn, next: log.nextLsn }).toEqual({
      written: 3,
      flushed: 3,
      next: 4,
    });
  });

  it('L1: LSNs are consecutive, and a group never starts in a sector that holds an earlier record', () => {
    const { log: file } = newDisk().openNow({ create: false });
    const { events, log } = openLog(file, 1);
    for (let fill = 1; fill <= 9; fill++) {
      append(log, fill, 100 * fill);
      if (fill % 2 === 0) log.writeGroup();
    }
    log.writeGroup();
    const { position, records } = scanned(file);
    expect(records).toEqual(Array.from({ length: 9 }, (_, i) => [i + 1, i + 1]));
    expect(position).toBe(log.appendPosition);
    for (const event of events) if (event.kind === 'wal.group_written') expect(event.position % 512).toBe(0);
  });

  it('R3: a record without a number takes none, in a group of its own, with others, and in one that is cancelled', () => {
    const { log: file } = newDisk().openNow({ create: false });
    const { events, log } = openLog(file, 1);
    append(log, 1);
    log.appendUnnumbered(2, new Uint8Array(30).fill(7));
    append(log, 2);
    log.writeGroup();
    log.appendUnnumbered(2, new Uint8Array(30).fill(8));
    expect(log.nextLsn).toBe(3);
    log.writeGroup();
    log.appendUnnumbered(2, new Uint8Array(30).fill(9));
    append(log, 3);
    log.cancelGroup();
    append(log, 3);
    log.writeGroup();
    expect(scanned(file).records).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const groups = events.flatMap((event) => (event.kind === 'wal.group_written' ? [event] : []));
    expect(groups.map(({ firstLsn, lastLsn, unnumbered }) => [firstLsn, lastLsn, unnumbered])).toEqual([
      [1, 2, 1],
      [3, 2, 1],
      [3, 3, undefined],
    ]);
    expect(() => log.appendUnnumbered(1, new Uint8Array(3))).toThrow('R3');
    expect(() => log.append(2, 3, () => undefined)).toThrow('R3');
  });

  it('pads with zeros, also after a longer group used the same buffer', () => {
    const { log: file } = newDisk().openNow({ create: false });
    const { log } = openLog(file, 1);
    append(log, 0xff, 3000);
    log.writeGroup();
    const { appendPosition } = log;
    append(log, 0xee, 10);
    log.writeGroup();
    const sector = new Uint8Array(512);
    file.read(appendPosition, sector);
    expect([...sector.subarray(48 + 17 + 10)].every((byte) => byte === 0)).toBe(true);
  });

  it('L2: has room up to one ring behind the last group before the redo point, and not a byte more', () => {
    const { log: file } = newDisk().openNow({ create: false });
    const { log } = openLog(file, 1);
    for (let i = 0; i < 16; i++) {
      append(log, i);
      log.writeGroup();
    }
    log.flush();
    expect(log.freeBytes).toBe(0);
    expect(() => append(log, 99)).toThrow('L2');
    // A checkpoint of the first ten: the tenth group, at 9 * 512, stays as the guard.
    log.freeTo(logPosition(10 * 512), logPosition(9 * 512), lsn(11));
    expect(log.freeBytes).toBe(9 * 512);
    expect(() => log.freeTo(logPosition(5 * 512), logPosition(0), lsn(6))).toThrow('L2');
    append(log, 17, 9 * 512 - 48 - 17);
    log.writeGroup();
    const redo = { position: logPosition(10 * 512), lsn: lsn(11), link: scannedSalt(file) };
    expect(scanned(file, GEOMETRY, redo).lastLsn).toBe(17);
  });

  /** Salt of the guard: the only way to the link of the redo point for a test that has no superblock. */
  function scannedSalt(file: Parameters<typeof scanned>[0]): number {
    const bytes = new Uint8Array(4);
    file.read(9 * 512 + 8, bytes);
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  it('L3: takes a new salt for each session, for each lap and after a cancelled group', () => {
    const disk = newDisk();
    const faults: Fault[] = [{ call: 'write', file: 'log', nth: 3, effect: { kind: 'fail' } }];
    const files = faultyFiles(disk.openNow({ create: false }), { faults });
    const first = openLog(files.log, 1).log;
    for (let i = 0; i < 2; i++) {
      append(first, i);
      first.writeGroup();
    }
    append(first, 2);
    expect(() => first.writeGroup()).toThrow('fails this call');
    first.cancelGroup();
    append(first, 3);
    first.writeGroup();
    const second = openLog(files.log, 2).log;
    append(second, 4);
    second.writeGroup();
    const { salts } = scanned(files.log);
    expect(salts[0]).toBe(salts[1]);
    expect(new Set(salts).size).toBe(3);
    // On the next lap.
    while (second.freeBytes > 0) {
      append(second, 5);
      second.writeGroup();
    }
    const before = second.link;
    second.freeTo(second.appendPosition, second.lastGroup!, second.nextLsn);
    append(second, 6);
    second.writeGroup();
    expect(second.link).not.toBe(before);
  });

  it('without salts, all groups of all sessions carry the same', () => {
    const { log: file } = newDisk().openNow({ create: false });
    for (const session of [1, 2]) {
      const { log } = openLog(file, session, { logSalt: false });
      append(log, session);
      log.writeGroup();
    }
    expect(new Set(scanned(file).salts)).toEqual(new Set([0]));
  });
});

describe('L4: a group that the device did not take whole', () => {
  const effects: Fault[] = [
    { call: 'write', file: 'log', nth: 2, effect: { kind: 'fail' } },
    { call: 'write', file: 'log', nth: 2, effect: { kind: 'fail_after' } },
    { call: 'write', file: 'log', nth: 2, effect: { kind: 'short', count: 0 } },
    { call: 'write', file: 'log', nth: 2, effect: { kind: 'short', count: 700 } },
    { call: 'write', file: 'log', nth: 2, effect: { kind: 'short', count: 2 ** 32 - 8 } },
  ];

  it.each(effects)('is wiped, its LSNs are given out again, and no power cut brings it back ($effect)', (fault) => {
    const disk = newDisk();
    const files = faultyFiles(disk.openNow({ create: false }), { faults: [fault] });
    const { events, log } = openLog(files.log, 1);
    append(log, 1);
    log.writeGroup();
    append(log, 2, 600);
    append(log, 3, 600);
    expect(() => log.writeGroup()).toThrow();
    log.cancelGroup();
    expect(events.at(-1)).toEqual({ kind: 'wal.group_cancelled', position: 512, firstLsn: 2, lastLsn: 3 });
    expect({ next: log.nextLsn, buffered: log.buffered, flushed: log.flushedLsn }).toEqual({
      next: 2,
      buffered: [],
      flushed: 1,
    });
    for (let seed = 0; seed < 20; seed++) {
      const choice = randomChoice(disk.pending(), PROFILES.adversarial, new SeededRandom(seed));
      expect(scanned(disk.powerCut(choice).openNow({ create: false }).log).records).toEqual([[1, 1]]);
    }
    append(log, 4);
    log.writeGroup();
    expect(scanned(files.log).records).toEqual([
      [1, 1],
      [2, 4],
    ]);
  });

  it('is believed when whole writes are not asked for', () => {
    const files = faultyFiles(newDisk().openNow({ create: false }), { faults: [effects[3]!] });
    const { log } = openLog(files.log, 1, { wholeWrites: false });
    append(log, 1);
    log.writeGroup();
    append(log, 2, 900);
    log.writeGroup();
    expect(log.writtenLsn).toBe(2);
    expect(scanned(files.log)).toMatchObject({ lastLsn: 1, end: 'end_unfinished' });
  });
});

describe('a session after a cut', () => {
  it('H2: finds a prefix of its own history, and nothing that an earlier one left behind', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = new SeededRandom(seed);
      let disk = newDisk();
      for (let session = 1; session <= 3; session++) {
        const { log: file } = disk.openNow({ create: false });
        file.flush(); // As recovery does: what it shows must not vanish.
        const history = scanned(file).records.map(([, fill]) => fill);
        let promised = history.length;
        const { log } = openLog(file, 100 * seed + session);
        for (let n = 0; n < 2; n++) {
          const fill = session * 10 + n;
          history.push(fill);
          append(log, fill, 20 + random.below(700));
          log.writeGroup();
          if (random.below(2) === 0) continue;
          log.flush();
          promised = history.length;
        }
        disk = disk.powerCut(randomChoice(disk.pending(), PROFILES.adversarial, random));
        const { end, records } = scanned(disk.fork().openNow({ create: false }).log);
        expect(end).not.toBe('damaged');
        expect(records.length).toBeGreaterThanOrEqual(promised);
        expect(records.map(([, fill]) => fill)).toEqual(history.slice(0, records.length));
      }
    }
  });

  it('keeps everything if everything was kept, and the flushed part if all else was lost', () => {
    const disk = newDisk();
    const { log } = openLog(disk.openNow({ create: false }).log, 1);
    append(log, 1);
    log.writeGroup();
    log.flush();
    append(log, 2);
    log.writeGroup();
    const found = (choose: typeof keepAll): number =>
      scanned(disk.powerCut(choose(disk.pending())).openNow({ create: false }).log).lastLsn;
    expect([found(loseAll), found(keepAll)]).toEqual([1, 2]);
  });
});
