/** The visitor's own disk as the device of the traffic: measured once, through the stopwatch of the media room. */
import type { JobId, JobReport } from '../../../../protocol/job';
import type { Distribution, ProbeNote } from '../../../../protocol/media';
import type { TrafficDevice } from '../../../../protocol/traffic';
import type { LabForRooms } from '../../lab_for_rooms';

/** A group of the log is a few sectors, written one after another into a file that does not grow. */
const WRITE_BYTES = 4096;
const SAMPLES = 200;

export class TrafficDisk {
  readonly #lab: LabForRooms;
  readonly #changed: () => void;
  /** Traffic is to run on the measured times, once there are any. */
  wanted = $state(false);
  notes: readonly ProbeNote[] = $state.raw([]);
  #job: JobId | undefined = $state();
  readonly inMemory = $derived(this.notes.some((note) => note.kind === 'clock' && note.storage === 'memory'));
  readonly write = $derived(
    this.notes.find(
      (note) => note.kind === 'call' && note.series === 'write_sequential' && note.bytes === WRITE_BYTES,
    ) as Extract<ProbeNote, { kind: 'call' }> | undefined,
  );
  readonly flush = $derived(
    this.notes.find((note) => note.kind === 'flush' && note.case === 'page') as
      Extract<ProbeNote, { kind: 'flush' }> | undefined,
  );
  readonly measured = $derived(this.write !== undefined && this.flush !== undefined);

  constructor(lab: LabForRooms, changed: () => void) {
    this.#lab = lab;
    this.#changed = changed;
  }

  get report(): JobReport | undefined {
    return this.#job === undefined ? undefined : this.#lab.jobs.get(this.#job);
  }
  get measuring(): boolean {
    return this.report?.state === 'running';
  }

  /** Undefined: modelled times. */
  get device(): TrafficDevice | undefined {
    if (!this.wanted || this.write === undefined || this.flush === undefined) return undefined;
    return { kind: 'sampled', writeMicros: samplesOf(this.write.times), flushMicros: samplesOf(this.flush.times) };
  }

  want(wanted: boolean): void {
    this.wanted = wanted;
    if (!wanted || this.measured) this.#changed();
    else void this.#measure();
  }

  async stop(): Promise<void> {
    const job = this.#job;
    this.wanted = false;
    if (job !== undefined) await this.#lab.guard(() => this.#lab.connection!.api.cancelJob(job));
  }

  async #measure(): Promise<void> {
    if (this.measuring) return;
    this.notes = [];
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<ProbeNote>): void => {
      this.notes = [...this.notes, data];
      if (data.kind !== 'end') return;
      port1.close();
      if (this.wanted) this.#changed();
    };
    const job = await this.#lab.guard(() => this.#lab.connection!.api.probeMedia(port2));
    if (job === false) this.wanted = false;
    else this.#job = job;
  }
}

/** A distribution as so many values: each bin as often as its share. */
export function samplesOf({ bins, samples }: Distribution): readonly number[] {
  const values = bins.flatMap(({ count, fromNs, toNs }) =>
    Array.from({ length: Math.max(1, Math.round((count / samples) * SAMPLES)) }, () => (fromNs + toNs) / 2000),
  );
  return values.length > 0 ? values : [0];
}
