/** Three experiments, each predicted first: the guess is asked, then the run is made, then both stay in sight. */
import { factorWords } from '../../../lab/media_guess';
import { duration, humanScale } from '../../../lab/media_words';
import type { MediaCall } from '../../../storage/media';
import type { DevicePrice, FlushCase, LayoutSpec, ProbeNote } from '../../../protocol/media';
import type { Instruments } from './instruments';

export const EXPERIMENTS = [
  { id: 'sequential', title: 'Why is sequential still king?' },
  { id: 'append', title: 'Why do append-only logs dominate?' },
  { id: 'flush', title: 'Why is a flush slow?' },
] as const;
export type ExperimentId = (typeof EXPERIMENTS)[number]['id'];

/** Updates that share a flush. */
export const BATCHES = [1, 4, 16, 64] as const;
const MIB = 2 ** 20;

type GuessKey = 'sequentialHere' | 'sequentialDisk' | 'appendHere' | 'appendDisk' | 'flush';
export interface GuessSpec {
  readonly key: GuessKey;
  readonly question: string;
  /** Exponents of ten of the slider's ends. */
  readonly min: number;
  readonly max: number;
  readonly words: (value: number) => string;
}
const factor = (key: GuessKey, question: string, max: number): GuessSpec => ({
  key,
  question,
  min: 0,
  max,
  words: factorWords,
});
export const GUESSES: Readonly<Record<ExperimentId, readonly GuessSpec[]>> = {
  sequential: [factor('sequentialHere', 'On this disk:', 2.5), factor('sequentialDisk', 'On a hard disk:', 3)],
  append: [factor('appendHere', 'On this disk:', 2.5), factor('appendDisk', 'On a hard disk:', 2.5)],
  flush: [
    {
      key: 'flush',
      question: 'One flush with 4 KiB dirty:',
      min: 3,
      max: 8,
      words: (ns) => `${duration(ns)} (${humanScale(ns)} if 1 ns were 1 s)`,
    },
  ],
};

const PAGES = 256;
const FILE = { sizes: { log: 8 * MIB } };
const FLUSH: MediaCall = { call: 'flush', file: 'log', at: 0, bytes: 0 };

export class Experiments {
  readonly #instruments: Instruments;
  open: ExperimentId = $state('sequential');
  /** Exponents of ten: factors for the first two experiments, nanoseconds for the third. */
  readonly guesses: Record<GuessKey, number> = $state({
    sequentialHere: 0.3,
    sequentialDisk: 1,
    appendHere: 0.5,
    appendDisk: 1,
    flush: 5.5,
  });
  /** Which guesses are made: from then on they stay as they are. */
  readonly made = $state({ sequential: false, append: false, flush: false });
  alignBytes: LayoutSpec['alignBytes'] = $state(4096);
  batch: (typeof BATCHES)[number] = $state(16);

  /** Modelled: 1 MiB at once and scattered, with one flush each. */
  together: readonly DevicePrice[] = $state.raw([]);
  scattered: readonly DevicePrice[] = $state.raw([]);
  /** Modelled: one flush with 4 KiB dirty. */
  flushes: readonly DevicePrice[] = $state.raw([]);

  constructor(instruments: Instruments) {
    this.#instruments = instruments;
  }

  set(chosen: Pick<Experiments, 'open' | 'alignBytes' | 'batch'>): void {
    Object.assign(this, chosen);
    // Other settings are another question.
    this.made[chosen.open] = false;
  }

  async run(id: ExperimentId): Promise<void> {
    this.made[id] = true;
    if (id === 'append') return this.#instruments.compareLayouts(this.#layoutSpec());
    if (id === 'sequential') await this.#priceScatter();
    else await this.#priceFlush();
    if (!this.#instruments.probed) await this.#instruments.measure();
  }

  again(id: ExperimentId): void {
    this.made[id] = false;
  }

  /** Measured here: what 1 MiB takes, its writes and its flush. */
  measuredScatter(): { readonly togetherNs: number; readonly scatteredNs: number } | undefined {
    const { notes } = this.#instruments;
    const write = writeNs(notes, 4096);
    const large = writeNs(notes, MIB);
    const one = flushNs(notes, 'one_mib');
    const many = flushNs(notes, 'one_mib_scattered');
    if (write === undefined || large === undefined || one === undefined || many === undefined) return undefined;
    return { togetherNs: large + one, scatteredNs: PAGES * write + many };
  }

  measuredFlushNs(): number | undefined {
    return flushNs(this.#instruments.notes, 'page');
  }

  #layoutSpec(): LayoutSpec {
    return {
      rows: 65_536,
      rowBytes: 128,
      updates: 512,
      batch: this.batch,
      alignBytes: this.alignBytes,
      seed: Date.now() % 1e6,
    };
  }

  async #priceScatter(): Promise<void> {
    // Every eighth page of 8 MiB, in an order that jumps: 101 is odd and so visits each place once.
    const places = Array.from({ length: PAGES }, (_, i) => ((i * 101) % PAGES) * 8 * 4096);
    const write = (at: number, bytes: number): MediaCall => ({ call: 'write', file: 'log', at, bytes });
    const [together, scattered] = await Promise.all([
      this.#instruments.price({ ask: 'calls', calls: [write(0, MIB), FLUSH], options: FILE }),
      this.#instruments.price({ ask: 'calls', calls: [...places.map((at) => write(at, 4096)), FLUSH], options: FILE }),
    ]);
    this.together = together ?? [];
    this.scattered = scattered ?? [];
  }

  async #priceFlush(): Promise<void> {
    const calls: MediaCall[] = [{ call: 'write', file: 'log', at: 0, bytes: 4096 }, FLUSH];
    this.flushes = (await this.#instruments.price({ ask: 'calls', calls, options: FILE })) ?? [];
  }
}

export function flushNs(notes: readonly ProbeNote[], wanted: FlushCase): number | undefined {
  return notes.flatMap((note) => (note.kind === 'flush' && note.case === wanted ? [note.times.typicalNs] : []))[0];
}

export function writeNs(notes: readonly ProbeNote[], bytes: number): number | undefined {
  const found = (note: ProbeNote): number[] =>
    note.kind === 'call' && note.series === 'write_random' && note.bytes === bytes ? [note.times.typicalNs] : [];
  return notes.flatMap(found)[0];
}
