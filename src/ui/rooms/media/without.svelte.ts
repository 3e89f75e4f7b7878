/** What remains without a stage: the same run on every device, with the stage and without it. */
import type { MediaCall, PriceOptions } from '../../../storage/media';
import type { CrashPlace } from '../../../lab/links';
import type { DevicePrice } from '../../../protocol/media';
import type { Pricing } from './instruments';

export interface Removal {
  readonly id: 'page_cache' | 'journal' | 'drive_cache' | 'reach' | 'flush';
  readonly title: string;
  /** As it stands in a sentence: without … */
  readonly named: string;
  readonly gains: string;
  readonly loses: string;
  /** What the crash room shows of it. */
  readonly crash: string;
  /** The map that shows it: a run, a disk, and what is switched off. */
  readonly map: Pick<NonNullable<CrashPlace['crash']['map']>, 'preset' | 'profile' | 'off'>;
  readonly change: Partial<PriceOptions>;
}

export const REMOVALS: readonly Removal[] = [
  {
    id: 'page_cache',
    title: 'Page cache',
    named: 'the page cache',
    gains: 'Nothing is in the system’s memory when a call returns.',
    loses: 'Every write goes to the drive by itself, in the order the program made it. Nothing is joined.',
    crash: 'A tab that dies loses nothing either way: the page cache is the system’s, not the tab’s.',
    map: { preset: 'commit', profile: 'process_crash', off: [] },
    change: { pageCache: false },
  },
  {
    id: 'journal',
    title: 'Journal',
    named: 'the journal',
    gains: 'A file that grows costs one write and one flush less.',
    loses: 'Its new length is not safe: after a power cut the file can be short, or long and full of zeros.',
    crash: 'The crash room has these states: a length that is there before its bytes, or not at all.',
    map: { preset: 'checkpoint', profile: 'measured_ext4', off: [] },
    change: { journal: false },
  },
  {
    id: 'drive_cache',
    title: 'Drive cache',
    named: 'the drive’s cache',
    gains: 'Nothing is in the drive’s memory: what it has answered is on the medium.',
    loses: 'Every write waits for the medium; a disk cannot choose what to reach first.',
    crash:
      'With no cache to lose, a cut can only tear the write that is under way: the states that a dying worker leaves, too.',
    map: { preset: 'commit', profile: 'process_crash', off: [] },
    change: { driveCache: false },
  },
  {
    id: 'reach',
    title: 'The flush of the drive',
    named: 'the flush of the drive',
    gains: 'A flush returns as soon as the drive has the bytes in its memory. Firefox and Safari on macOS do this.',
    loses: 'Everything since the drive last emptied its cache, also what was acknowledged.',
    crash: 'The crash room calls this the lying disk: only the newest commits may go, never one in the middle.',
    map: { preset: 'commit', profile: 'liar', off: [] },
    change: { reach: 'drive_cache' },
  },
  {
    id: 'flush',
    title: 'The flush',
    named: 'a flush',
    gains: 'A flush that does nothing takes no time.',
    loses: 'Everything that the system had not written back by itself: on Linux up to half a minute of work.',
    crash: 'The crash room’s switchboard has it: no flush, and acknowledged commits are gone.',
    map: { preset: 'commit', profile: 'measured_ext4', off: ['logFlush'] },
    change: { reach: 'page_cache' },
  },
];

const UPDATES = 8;
const SCATTER_BYTES = 10 * 2 ** 20;

export class Without {
  readonly #pricing: Pricing;
  removed: Removal = $state.raw(REMOVALS[3]!);
  whole: readonly DevicePrice[] = $state.raw([]);
  bare: readonly DevicePrice[] = $state.raw([]);

  constructor(pricing: Pricing) {
    this.#pricing = pricing;
  }

  async remove(removal: Removal): Promise<void> {
    this.removed = removal;
    await this.ask();
  }

  async ask(): Promise<void> {
    const { removed } = this;
    // Eight pages at jumping places and one flush; a file that grows, so that every stage has work.
    const write = (i: number): MediaCall => ({
      call: 'write',
      file: 'log',
      at: ((i * 5) % UPDATES) * SCATTER_BYTES,
      bytes: 4096,
    });
    const calls = [
      ...Array.from({ length: UPDATES }, (_, i) => write(i)),
      { call: 'flush', file: 'log', at: 0, bytes: 0 } as const,
    ];
    const [whole, bare] = await Promise.all([
      this.#pricing.price({ ask: 'calls', calls, options: {} }),
      this.#pricing.price({ ask: 'calls', calls, options: removed.change }),
    ]);
    if (whole && bare && removed === this.removed) {
      this.whole = whole;
      this.bare = bare;
    }
  }
}
