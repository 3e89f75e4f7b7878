import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, inject, it } from 'vitest';
import { SeededRandom } from '../base/runtime';
import { MemoryStorage } from '../storage/memory';
import { NodeStorage } from '../storage/node';
import { SimulatedDisk } from '../storage/simulated/disk';
import { randomChoice } from '../storage/simulated/fates';
import { PROFILES } from '../storage/simulated/profiles';
import { actionLists } from './testing/model_actions';
import { ModelRun, type Place } from './testing/model_check';
import type { FormatOptions } from './types';

/** Small enough that every run fills the log, wraps it and takes checkpoints of several blocks. */
const FORMATS: readonly FormatOptions[] = [
  { logBytes: 8 * 1024, extentBytes: 512, groupAlignBytes: 512 },
  { logBytes: 16 * 1024, extentBytes: 1024, groupAlignBytes: 4096 },
];

/** On each of three disks. */
const CUT_RUNS = inject('isLong') ? 400 : 40;

/** A simulated disk that is replaced by what a cut leaves of it. */
class CuttablePlace implements Place {
  #disk = new SimulatedDisk({}, PROFILES.adversarial);
  readonly #profile;
  constructor(profile = PROFILES.adversarial) {
    this.#profile = profile;
  }
  open() {
    return this.#disk.open({ create: true });
  }
  cut(seed: number): void {
    const choice = randomChoice(this.#disk.pending(), this.#profile, new SeededRandom(seed));
    this.#disk = this.#disk.powerCut(choice);
  }
}

function memoryPlace(): Place {
  const storage = new MemoryStorage();
  return { open: () => storage.open({ create: true }) };
}

describe('the store equals its model over random operations, checkpoints and reopenings', () => {
  it.each(FORMATS)(
    '500 of the 1,000 runs of 200 operations in memory ($logBytes bytes of log)',
    async (format) => {
      const property = fc.asyncProperty(actionLists(200, ['crash']), (actions) =>
        new ModelRun(memoryPlace(), { format }).run(actions),
      );
      await fc.assert(property, { numRuns: 500 });
    },
    120_000,
  );

  it.each([PROFILES.adversarial, PROFILES.measured_ext4, PROFILES.psow_off])(
    `${CUT_RUNS} runs of 200 operations on the simulated disk, with power cuts ($name)`,
    async (profile) => {
      const property = fc.asyncProperty(actionLists(200, ['crash', 'cut']), (actions) =>
        new ModelRun(new CuttablePlace(profile), { format: FORMATS[0]! }).run(actions),
      );
      await fc.assert(property, { numRuns: CUT_RUNS });
    },
    120_000,
  );

  it('50 runs of 200 operations on files of Node', async () => {
    const property = fc.asyncProperty(actionLists(200, ['crash']), async (actions) => {
      const folder = await mkdtemp(join(tmpdir(), 'faultline-'));
      const storage = new NodeStorage(folder);
      try {
        await new ModelRun({ open: () => storage.open({ create: true }) }, { format: FORMATS[0]! }).run(actions);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
    await fc.assert(property, { numRuns: 50 });
  }, 120_000);
});
