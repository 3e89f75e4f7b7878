import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/runtime';
import type { ForgetfulFile } from '../faulty';
import { FILE_NAMES, type FileName, type FileSet } from '../file';
import type { FileImages } from '../images';
import { SimulatedDisk } from './disk';
import { keepAll, keepOnly, loseAll, plainFates, randomChoice, whyImpossible, type Fate } from './fates';
import { PROFILES, type PersistenceProfile } from './profiles';

const A = new Uint8Array(512).fill(0xaa);
const B = new Uint8Array(512).fill(0xbb);
const C = new Uint8Array(512).fill(0xcc);

/** A disk whose log holds these bytes, durable; and its open files. */
function diskWithLog(log: Uint8Array, profile?: PersistenceProfile): { disk: SimulatedDisk; files: FileSet } {
  const none = new Uint8Array(0);
  const disk = new SimulatedDisk({ superblock: none, log, data_0: none, data_1: none }, profile);
  return { disk, files: disk.openNow({ create: false }) };
}

function cut(disk: SimulatedDisk, ...fates: Fate[]): Uint8Array {
  return disk.powerCut(fates).images().log;
}

const sectors = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]));

describe('the fault model, line by line', () => {
  it('D1 a crash of the program keeps everything issued, and leaves it pending', () => {
    const { disk, files } = diskWithLog(A);
    files.log.write(0, B);
    const after = disk.crash();
    expect(after.images().log).toEqual(B);
    expect(after.pending()).toHaveLength(1);
    expect(cut(after, { fate: 'lost' })).toEqual(A);
  });

  it('D2 what was flushed survives a cut that loses everything', () => {
    const { disk, files } = diskWithLog(A);
    files.log.write(0, B);
    files.log.flush();
    expect(disk.pending()).toEqual([]);
    files.log.write(0, C);
    expect(cut(disk, { fate: 'lost' })).toEqual(B);
  });

  it('D2 a sector is pending in every version since the last flush', () => {
    const { disk, files } = diskWithLog(A);
    files.log.write(0, B);
    files.log.write(100, C.subarray(0, 10));
    const [item] = disk.pending();
    files.log.write(200, C.subarray(0, 10)); // The list is of the moment: this does not show in it.
    expect(item).toMatchObject({ kind: 'sector', file: 'log', index: 0, call: 1 });
    expect(item?.kind === 'sector' && item.versions.map(({ call, from, to }) => ({ call, from, to }))).toEqual([
      { call: 1, from: 0, to: 512 },
      { call: 2, from: 100, to: 110 },
    ]);
    expect(cut(disk, { fate: 'kept', version: 0 })).toEqual(B);
    expect(cut(disk, { fate: 'kept', version: 1 }).subarray(99, 111)).toEqual(
      sectors(B.subarray(0, 1), C.subarray(0, 10), B.subarray(0, 1)),
    );
  });

  it('damage at rest shows in files that are open, survives the power, and brings nothing back that a flush dropped', () => {
    const { disk, files } = diskWithLog(sectors(A, A));
    files.log.write(512, B);
    (files.log as ForgetfulFile).dropUnflushed();
    disk.damage('log', 7, 0x11);
    const damaged = A.slice();
    damaged[7] = 0x11;
    const seen = new Uint8Array(1024);
    files.log.read(0, seen);
    expect(seen).toEqual(sectors(damaged, B));
    expect(disk.pending()).toEqual([]);
    expect(cut(disk)).toEqual(sectors(damaged, A));
  });

  it('D3 sectors of one write survive independently of each other', () => {
    const { disk, files } = diskWithLog(sectors(A, A));
    files.log.write(0, sectors(B, C));
    expect(cut(disk, { fate: 'lost' }, { fate: 'kept' })).toEqual(sectors(A, C));
    expect(cut(disk, { fate: 'kept' }, { fate: 'lost' })).toEqual(sectors(B, A));
  });

  it('D3 a later write may survive where an earlier one to another file is lost', () => {
    const { disk, files } = diskWithLog(A);
    files.log.write(0, B);
    files.data_0.write(0, C);
    expect(disk.pending().map(({ file, kind }) => `${file} ${kind}`)).toEqual([
      'log sector',
      'data_0 sector',
      'data_0 length',
    ]);
    const after = disk.powerCut(keepOnly(disk.pending(), [2, 3])).images();
    expect(after.log).toEqual(A);
    expect(after.data_0).toEqual(C);
  });

  it('D3 a sector torn at a byte has the head of one state and the tail of another', () => {
    const { disk, files } = diskWithLog(A);
    files.log.write(0, B);
    files.log.write(0, C);
    const over = (under: Uint8Array): Uint8Array => sectors(C.subarray(0, 200), under.subarray(200));
    expect(cut(disk, { fate: 'torn', atByte: 200 })).toEqual(over(A));
    expect(cut(disk, { fate: 'torn', version: 1, under: 0, atByte: 200 })).toEqual(over(B));
    expect(cut(disk, { fate: 'torn', version: 0, atByte: 1, part: 'tail' })).toEqual(
      sectors(A.subarray(0, 1), B.subarray(1)),
    );
  });

  it('D3 garbage is seeded, and stays where the write was unless the neighbours go too', () => {
    const { disk, files } = diskWithLog(A);
    files.log.write(100, B.subarray(0, 50));
    const noise = cut(disk, { fate: 'garbage', seed: 7 });
    expect(noise).toEqual(cut(disk, { fate: 'garbage', seed: 7 }));
    expect(noise).not.toEqual(cut(disk, { fate: 'garbage', seed: 8 }));
    expect(noise.subarray(0, 100)).toEqual(A.subarray(0, 100));
    expect(noise.subarray(150)).toEqual(A.subarray(150));
    expect(noise.subarray(100, 150)).not.toEqual(B.subarray(0, 50));
    const whole = cut(disk, { fate: 'garbage', seed: 7, wholeSector: true });
    expect(whole.subarray(0, 100)).not.toEqual(A.subarray(0, 100));
  });

  it('D3 a file may be longer than its data: the missing bytes are zeros', () => {
    const { disk, files } = diskWithLog(A);
    files.log.write(512, B);
    expect(cut(disk, { fate: 'lost' }, { fate: 'kept' })).toEqual(sectors(A, new Uint8Array(512)));
    expect(cut(disk, { fate: 'kept' }, { fate: 'lost' })).toEqual(A);
    expect(cut(disk, { fate: 'kept' }, { fate: 'kept', to: 600 })).toEqual(sectors(A, B.subarray(0, 88)));
  });

  it('D3 a truncate may survive although an earlier write to another file is lost', () => {
    const { disk, files } = diskWithLog(A);
    files.data_0.write(0, B);
    files.log.truncate(0);
    const after = disk.powerCut(keepOnly(disk.pending(), [3])).images();
    expect(after.data_0).toHaveLength(0);
    expect(after.log).toHaveLength(0);
  });

  it('D3 shrinking and growing again may leave zeros where flushed bytes were', () => {
    const { disk, files } = diskWithLog(sectors(A, A));
    files.log.truncate(100);
    files.log.write(512, B);
    const after = cut(disk, { fate: 'kept' }, { fate: 'lost' }, { fate: 'kept' });
    expect(after).toEqual(sectors(A.subarray(0, 100), new Uint8Array(924)));
  });

  it('D3 what was written before a surviving shrink is cut with it, what was written after stays', () => {
    const { disk, files } = diskWithLog(sectors(A, A));
    files.log.write(512, B);
    files.log.truncate(0);
    files.log.write(0, C);
    files.log.truncate(1024);
    expect(disk.pending().map(({ kind, call }) => `${call} ${kind}`)).toEqual([
      '1 sector',
      '2 length',
      '3 sector',
      '3 length',
      '4 length',
    ]);
    expect(disk.powerCut(keepAll(disk.pending())).images().log).toEqual(sectors(C, new Uint8Array(512)));
    const kept: Fate = { fate: 'kept' };
    const lost: Fate = { fate: 'lost' };
    expect(cut(disk, kept, lost, kept, kept, kept)).toEqual(sectors(C, B));
    expect(cut(disk, kept, kept, lost, lost, lost)).toHaveLength(0);
  });

  it('D4 flushing one file makes nothing of another durable, and nothing of it certain', () => {
    const { disk, files } = diskWithLog(A);
    files.data_0.write(0, B);
    files.log.write(0, B);
    files.log.flush();
    const items = disk.pending();
    expect(items.map(({ file, kind }) => `${file} ${kind}`)).toEqual(['data_0 sector', 'data_0 length']);
    expect(disk.powerCut(loseAll(items)).images().data_0).toHaveLength(0);
    expect(disk.powerCut(keepOnly(items, [2])).images().data_0).toEqual(new Uint8Array(512));
  });

  it('D5 dropped data still shows, is never flushed, and comes back only inside a sector written anew', () => {
    const { disk, files } = diskWithLog(sectors(A, A));
    files.log.write(0, sectors(B, B));
    (files.log as unknown as { dropUnflushed(): void }).dropUnflushed();
    expect(disk.images().log).toEqual(sectors(B, B));
    expect(disk.pending()).toEqual([]);
    const fork = disk.fork();
    expect(fork.images().log).toEqual(sectors(B, B));
    const forkFiles = fork.openNow({ create: false });
    forkFiles.log.write(1024, C);
    forkFiles.log.flush();
    expect(fork.durableImages().log).toEqual(sectors(A, A, C));

    files.log.write(512, C.subarray(0, 10));
    files.log.flush();
    const durable = disk.durableImages().log;
    expect(durable.subarray(0, 512)).toEqual(A);
    expect(durable.subarray(512)).toEqual(sectors(C.subarray(0, 10), B.subarray(10)));
  });

  it('D5 what is written and flushed after a dropped growth is there: its flush takes the length along', () => {
    const disk = new SimulatedDisk();
    const { log } = disk.openNow({ create: true });
    log.write(0, sectors(A, A, A));
    (log as unknown as { dropUnflushed(): void }).dropUnflushed();
    log.write(512, B);
    expect(disk.durableImages().log).toHaveLength(0);
    log.flush();
    expect(disk.durableImages().log).toEqual(sectors(new Uint8Array(512), B));
  });

  it('D6 the flush of a lying disk leaves everything pending', () => {
    const { disk, files } = diskWithLog(A, PROFILES.liar);
    files.log.write(0, B);
    files.log.flush();
    expect(disk.pending()).toHaveLength(1);
    expect(cut(disk, { fate: 'lost' })).toEqual(A);
  });
});

describe('profiles', () => {
  const { disk, files } = diskWithLog(A);
  files.log.write(0, B);
  files.log.write(0, C);
  files.log.write(512, A);
  files.log.truncate(100);
  const items = disk.pending();

  it('a process crash has one outcome', () => {
    expect(items.map((item) => plainFates(item, PROFILES.process_crash).length)).toEqual([1, 1, 1, 1]);
    expect(whyImpossible(items, keepAll(items), PROFILES.process_crash)).toBeUndefined();
    expect(whyImpossible(items, loseAll(items), PROFILES.process_crash)).toContain('nothing issued is lost');
  });

  it('a power cut has a fate for each version, and one for none', () => {
    expect(items.map((item) => plainFates(item, PROFILES.measured_ext4).length)).toEqual([3, 2, 2, 2]);
  });

  it('lengths reach a journalled disk in order', () => {
    expect(whyImpossible(items, keepOnly(items, [1, 3]), PROFILES.measured_ext4)).toBeUndefined();
    expect(whyImpossible(items, keepOnly(items, [1, 4]), PROFILES.measured_ext4)).toContain('in the order');
    expect(whyImpossible(items, keepOnly(items, [1, 4]), PROFILES.adversarial)).toBeUndefined();
  });

  it.each<[string, Fate[], PersistenceProfile]>([
    ['whole', [{ fate: 'torn', atByte: 5 }], PROFILES.measured_ext4],
    ['no garbage', [{ fate: 'garbage', seed: 1 }], PROFILES.measured_ext4],
    ['neighbours', [{ fate: 'garbage', seed: 1, wholeSector: true }], PROFILES.adversarial],
    ['no version 2', [{ fate: 'kept', version: 2 }], PROFILES.psow_off],
    ['older version', [{ fate: 'torn', version: 0, under: 0, atByte: 5 }], PROFILES.psow_off],
    ['at byte 513', [{ fate: 'torn', atByte: 513 }], PROFILES.psow_off],
    ['never was near', [{ fate: 'kept' }, { fate: 'kept' }, { fate: 'kept', to: 5 }], PROFILES.psow_off],
    ['kept or lost', [{ fate: 'kept' }, { fate: 'kept' }, { fate: 'torn', atByte: 1 }], PROFILES.psow_off],
    ['no length', [{ fate: 'kept', to: 5 }], PROFILES.psow_off],
  ])('an impossible choice is refused with the reason: %s', (reason, head, profile) => {
    const choice = [...head, ...keepAll(items).slice(head.length)];
    expect(whyImpossible(items, choice, profile)).toContain(reason);
  });

  it('too few or too many fates are refused', () => {
    expect(whyImpossible(items, [], PROFILES.psow_off)).toContain('0 fates');
    expect(() => disk.powerCut([{ fate: 'lost' }])).toThrow('one possible fate');
  });
});

type Step =
  | { do: 'write'; file: FileName; at: number; length: number; fill: number }
  | { do: 'truncate'; file: FileName; size: number }
  | { do: 'flush'; file: FileName };

const file = fc.constantFrom(...FILE_NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      file,
      at: fc.nat(3000),
      length: fc.nat(1500),
      fill: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('truncate' as const), file, size: fc.nat(4000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const), file }) },
);
const steps = fc.array(step, { maxLength: 40 });

function perform(files: FileSet, todo: readonly Step[]): void {
  for (const one of todo) {
    const target = files[one.file];
    if (one.do === 'write') target.write(one.at, new Uint8Array(one.length).fill(one.fill));
    else if (one.do === 'truncate') target.truncate(one.size);
    else target.flush();
  }
}

/** The same steps on plain arrays: what reads show, and what the last flush of each file saw. */
function model(todo: readonly Step[]): { shown: Record<FileName, Uint8Array>; flushed: Record<FileName, Uint8Array> } {
  const none = new Uint8Array(0);
  const shown = { superblock: none, log: none, data_0: none, data_1: none };
  const flushed = { ...shown };
  for (const one of todo) {
    const before = shown[one.file];
    if (one.do === 'flush') flushed[one.file] = before;
    else if (one.do === 'truncate') {
      const resized = new Uint8Array(one.size);
      resized.set(before.subarray(0, one.size));
      shown[one.file] = resized;
    } else if (one.length > 0) {
      const grown = new Uint8Array(Math.max(before.length, one.at + one.length));
      grown.set(before);
      grown.fill(one.fill, one.at, one.at + one.length);
      shown[one.file] = grown;
    }
  }
  return { shown, flushed };
}

function ranDisk(todo: readonly Step[], profile?: PersistenceProfile): SimulatedDisk {
  const disk = new SimulatedDisk({}, profile);
  perform(disk.openNow({ create: true }), todo);
  return disk;
}

/** `toEqual` on arrays of thousands of bytes takes milliseconds; these run thousands of times. */
function expectImages(images: FileImages, expected: FileImages): void {
  for (const name of FILE_NAMES) expect(Buffer.compare(images[name], expected[name]), name).toBe(0);
}

describe('properties', () => {
  it('keeping everything is a crash of the program, losing everything is the last flush', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const disk = ranDisk(todo);
        const { shown, flushed } = model(todo);
        expectImages(disk.images(), shown);
        expectImages(disk.crash().images(), shown);
        expectImages(disk.powerCut(keepAll(disk.pending())).images(), shown);
        expectImages(disk.powerCut(loseAll(disk.pending())).images(), flushed);
        expectImages(disk.durableImages(), flushed);
      }),
      { numRuns: 300 },
    );
  });

  it('forks and cut disks are independent of the disk they came from, and of each other', () => {
    fc.assert(
      fc.property(steps, steps, steps, (before, left, right) => {
        const disk = ranDisk(before);
        const forks = [disk.fork(), disk.fork(), disk.powerCut(keepAll(disk.pending()))] as const;
        perform(forks[0].openNow({ create: true }), left);
        perform(forks[1].openNow({ create: true }), right);
        perform(forks[2].openNow({ create: true }), left);
        expectImages(disk.images(), model(before).shown);
        expectImages(forks[0].images(), model([...before, ...left]).shown);
        expectImages(forks[1].images(), model([...before, ...right]).shown);
        expectImages(forks[2].images(), model([...before, ...left]).shown);
        expectImages(forks[0].durableImages(), model([...before, ...left]).flushed);
        expectImages(disk.powerCut(loseAll(disk.pending())).images(), model(before).flushed);
      }),
      { numRuns: 150 },
    );
  });

  it('equal images have equal hashes, different ones different, however they came about', () => {
    fc.assert(
      fc.property(steps, steps, fc.nat(), (before, after, place) => {
        const disk = ranDisk([...before, ...after]);
        const settled = new SimulatedDisk(disk.images());
        expect(settled.imageHash()).toBe(disk.imageHash());

        const rebased = new SimulatedDisk(ranDisk(before).images());
        perform(rebased.openNow({ create: false }), after);
        expect(rebased.imageHash()).toBe(disk.imageHash());

        const changed = new SimulatedDisk(disk.images());
        const [files, size] = [changed.openNow({ create: false }), changed.images().log.length];
        const at = size === 0 ? 0 : place % size;
        const byte = new Uint8Array(1);
        files.log.read(at, byte);
        files.log.write(
          at,
          byte.map((bits) => bits ^ 1),
        );
        expect(changed.imageHash()).not.toBe(disk.imageHash());
        files.log.write(at, byte);
        files.log.truncate(size);
        expect(changed.imageHash()).toBe(disk.imageHash());
      }),
      { numRuns: 150 },
    );
  });

  it.each(Object.values(PROFILES))(
    'random choices of $name are possible ones, and the seed repeats them',
    (profile) => {
      fc.assert(
        fc.property(steps, fc.nat(), (todo, seed) => {
          const disk = ranDisk(todo, profile);
          const items = disk.pending();
          const choice = randomChoice(items, profile, new SeededRandom(seed));
          expect(whyImpossible(items, choice, profile)).toBeUndefined();
          expect(randomChoice(items, profile, new SeededRandom(seed))).toEqual(choice);
          const after = disk.powerCut(choice);
          expect(after.pending()).toEqual([]);
          expect(after.imageHash()).toBe(new SimulatedDisk(after.images()).imageHash());
        }),
        { numRuns: 100 },
      );
    },
  );

  it('without garbage, a cut leaves no byte that was never there: old, a version, or zero', () => {
    const profile: PersistenceProfile = { ...PROFILES.adversarial, garbage: 'none' };
    fc.assert(
      fc.property(steps, fc.nat(), (todo, seed) => {
        const disk = ranDisk(todo, profile);
        const items = disk.pending();
        const durable = disk.durableImages();
        const after = disk.powerCut(randomChoice(items, profile, new SeededRandom(seed))).images();
        for (const name of FILE_NAMES) {
          const mine = items.filter((item) => item.file === name);
          const lengths = mine.flatMap((item) => (item.kind === 'length' ? [item.from, item.to] : []));
          expect(after[name].length).toBeLessThanOrEqual(Math.max(durable[name].length, ...lengths));
          after[name].forEach((byte, at) => {
            if (byte === 0 || byte === durable[name][at]) return;
            const sector = mine.find((item) => item.kind === 'sector' && item.index === at >> 9);
            expect(sector?.kind === 'sector' && sector.versions.some((v) => v.sector.bytes[at & 511] === byte)).toBe(
              true,
            );
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('every fate a profile offers an item is a possible one', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(...Object.values(PROFILES)), (todo, profile) => {
        const items = ranDisk(todo, profile).pending();
        const most = Math.max(0, ...items.map((item) => plainFates(item, profile).length));
        for (let i = 0; i < most; i++) {
          const choice = items.map((item) => {
            const fates = plainFates(item, profile);
            return item.kind === 'length' ? fates.at(-1)! : fates[i % fates.length]!;
          });
          expect(whyImpossible(items, choice, profile)).toBeUndefined();
        }
      }),
      { numRuns: 50 },
    );
  });
});
