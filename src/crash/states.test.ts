/** The states of a crash point: as many as the profile says, each possible, each named, none forgotten. */
import { describe, expect, it } from 'vitest';
import { fromBoardOrder } from '../storage/simulated/board_order';
import { whyImpossible } from '../storage/simulated/fates';
import { PROFILES, type PersistenceProfile } from '../storage/simulated/profiles';
import { SimulatedDisk } from '../storage/simulated/disk';
import { alternativesOf, countChoices } from './alternatives';
import { recordRun, type CrashPoint } from './run';
import { parseStateId, stateId } from './state_id';
import { mount, StateSpace } from './states';
import { storeSubject } from './store_subject';
import { NAMED_WORKLOADS, shortWorkloads, STEPS } from './workload';

const subject = storeSubject();

function pointsOf(profile: PersistenceProfile, workload = 'long commits'): readonly CrashPoint[] {
  const { actions } = NAMED_WORKLOADS[workload]!;
  const run = recordRun({ subject, actions, profile, seed: 7, protections: subject.protections, careless: [] });
  expect(run.harm).toBeUndefined();
  return run.points;
}

const space = (point: CrashPoint, profile: PersistenceProfile, statesMax = 200): StateSpace =>
  new StateSpace(point, { profile, statesMax, seed: 3 });

describe.each(Object.values(PROFILES))('on the disk $name', (profile) => {
  it('every state is one the disk can leave, and is found again by its name', () => {
    for (const point of pointsOf(profile)) {
      const items = point.disk.pending();
      for (const ending of space(point, profile, 80).endings()) {
        const name = { io: point.io, ending, flips: [] };
        const parsed = parseStateId(stateId(name))!;
        expect(mount(point, parsed.ending).imageHash()).toBe(mount(point, ending).imageHash());
        if (ending.how === 'cut')
          expect(whyImpossible(items, fromBoardOrder(items, ending.fates), profile), stateId(name)).toBeUndefined();
      }
    }
  });

  it('there are as many as were announced, and the same ones again', () => {
    for (const point of pointsOf(profile).slice(0, 16)) {
      const one = [...space(point, profile).endings()];
      expect(one).toHaveLength(space(point, profile).judged);
      expect(one).toEqual([...space(point, profile).endings()]);
    }
  });
});

describe('a crash of the program', () => {
  it('inside a write leaves each number of its bytes', () => {
    const profile = PROFILES.process_crash;
    const point = pointsOf(profile).findLast(({ call }) => call?.kind === 'write' && call.file === 'log')!;
    const bytes = point.call?.kind === 'write' ? point.call.bytes.length : 0;
    expect(bytes).toBe(1536);
    const landed = [...space(point, profile, 4096).endings()].map((end) => end.how === 'crash' && end.landedBytes);
    expect(landed).toEqual(Array.from({ length: bytes + 1 }, (_, i) => i));
  });
});

describe('a cut of the power', () => {
  it('before the flush of a group of two sectors leaves what any product of their fates gives', () => {
    const profile = PROFILES.measured_ext4;
    const point = pointsOf(profile, 'long commits').find(
      ({ call, submitted }) => submitted > 0 && call?.kind === 'flush' && call.file === 'log',
    )!;
    const items = point.disk.pending();
    const log = items.filter(({ file }) => file === 'log');
    expect(log).toHaveLength(2);
    // Two sectors of the log; twelve of room prepared in the data files, zeros over zeros; two lengths, in order.
    expect(countChoices(items, profile)).toEqual({
      states: 2 ** items.filter((i) => i.kind === 'sector').length * 3,
      isExact: true,
    });
    const mine = space(point, profile);
    expect(mine.isExhaustive).toBe(true);
    const images = new Set([...mine.endings()].map((ending) => mount(point, ending).imageHash()));
    expect(images.size).toBe(2 * 2 * 3);
  });

  it('after a shrink leaves the same bytes written again, or zeros where they were', () => {
    const same = new Uint8Array(512).fill(7);
    const disk = new SimulatedDisk({ log: same.slice() }, PROFILES.measured_ext4);
    const { log } = disk.openNow({ create: true });
    log.truncate(0);
    log.write(0, same);
    const kinds = alternativesOf(disk.pending(), disk.durableImages(), disk.profile).map((one) => one.kinds.length);
    expect(kinds).toEqual([2, 2, 2]);
  });

  it('can leave more states than can be counted where there is noise', () => {
    const point = pointsOf(PROFILES.adversarial).at(-1)!;
    expect(space(point, PROFILES.adversarial).count.isExact).toBe(false);
  });
});

describe('short workloads', () => {
  it('are all sequences of up to three steps', () => {
    const steps = Object.keys(STEPS).length;
    const names = [...shortWorkloads(3)].map(({ name }) => name);
    expect(names).toHaveLength(1 + steps + steps ** 2 + steps ** 3);
    expect(new Set(names).size).toBe(names.length);
  });
});
