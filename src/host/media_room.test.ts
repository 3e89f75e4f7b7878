import { describe, expect, it } from 'vitest';
import type { DevicePrice, LayoutId, LayoutResult, LayoutSpec, ProbeNote } from '../protocol/media';
import type { JobWork } from './jobs';
import { describeMedia, priceMedia } from './media_desk';
import { layoutExperiment, LAYOUTS } from './media_layouts';
import { clockStepNs, mediaProbe, PROBE_SIZES, PROBE_WRITTEN_MAX } from './media_probe';
import { SharedPlaces, testEnvironment } from './testing/environment';

async function finish({ slices }: JobWork): Promise<number> {
  const steps = slices();
  let count = 0;
  for (let step = await steps.next(); step.done !== true; step = await steps.next()) count++;
  return count;
}

/** A fine clock, once its step is found, on a machine so slow that each call can be timed alone. */
function fineClock(): () => number {
  let looks = 0;
  let ms = 0;
  return () => (ms += ++looks < 100 ? 0.001 : 1000);
}

/** A clock with a step of 100 µs that every look moves by 7 µs. */
function coarseClock(): () => number {
  let micros = 0;
  return () => Math.floor((micros += 7) / 100) / 10;
}

describe('the probe of the visitor’s disk', () => {
  async function probe(now = coarseClock()): Promise<{ notes: ProbeNote[]; places: SharedPlaces; slices: number }> {
    const places = new SharedPlaces();
    const notes: ProbeNote[] = [];
    const environment = testEnvironment(places, { now });
    const slices = await finish(mediaProbe(environment, (note) => notes.push(note)));
    return { notes, places, slices };
  }

  it('finds the step of the clock', () => {
    expect(clockStepNs(coarseClock())).toBeGreaterThan(90_000);
    expect(clockStepNs(() => 3)).toBe(1); // A clock that stands still does not hang it.
  });

  it('times every series and flush, writes no more than it says, and leaves nothing behind', async () => {
    const { notes, places, slices } = await probe();
    expect(notes.filter(({ kind }) => kind === 'call')).toHaveLength(4 * PROBE_SIZES.length);
    expect(notes.filter(({ kind }) => kind === 'flush')).toHaveLength(5);
    const end = notes.at(-1)!;
    expect(end.kind === 'end' && end.writtenBytes).toBeGreaterThan(PROBE_WRITTEN_MAX / 2);
    expect(end.kind === 'end' && end.writtenBytes).toBeLessThanOrEqual(PROBE_WRITTEN_MAX);
    expect(slices).toBeGreaterThan(40); // A cancel gets its turn between any two series.
    expect(places.stores.size).toBe(0);
  });

  it('writes no more where every call is timed alone', async () => {
    const { notes } = await probe(fineClock());
    const write = notes.find((note) => note.kind === 'call' && note.series === 'write_random' && note.bytes === 4096);
    expect(write?.kind === 'call' && write.times.callsPerSample).toBe(1);
    const end = notes.at(-1)!;
    expect(end.kind === 'end' && end.writtenBytes).toBeGreaterThan(PROBE_WRITTEN_MAX / 2);
    expect(end.kind === 'end' && end.writtenBytes).toBeLessThanOrEqual(PROBE_WRITTEN_MAX);
  });

  it('says how many calls a sample holds and what the clock cannot tell', async () => {
    const { notes } = await probe();
    for (const note of notes) {
      if (note.kind !== 'call' && note.kind !== 'flush') continue;
      const { callsPerSample, resolutionNs, samples, bins, p50Ns, p99Ns, minNs, maxNs } = note.times;
      expect(callsPerSample * resolutionNs).toBeGreaterThan(90_000);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(samples);
      expect(samples).toBeGreaterThan(0);
      expect(minNs).toBeLessThanOrEqual(p50Ns);
      expect(p50Ns).toBeLessThanOrEqual(p99Ns);
      expect(p99Ns).toBeLessThanOrEqual(maxNs);
    }
    // Memory files answer at once: only a batch takes long enough for this clock.
    const quick = notes.find((note) => note.kind === 'call' && note.bytes === 16);
    expect(quick?.kind === 'call' && quick.times.callsPerSample).toBeGreaterThan(10);
  });

  it('gives the folder back when it is stopped half-way', async () => {
    const places = new SharedPlaces();
    const slices = mediaProbe(testEnvironment(places, { now: coarseClock() }), () => undefined).slices();
    for (let i = 0; i < 5; i++) await slices.next();
    expect(places.stores.size).toBe(1);
    await (slices as AsyncGenerator).return(undefined);
    expect(places.stores.size).toBe(0);
  });
});

describe('the same updates in three layouts', () => {
  const spec = { rows: 32_768, rowBytes: 128, updates: 512, batch: 16, alignBytes: 4096, seed: 5 } as const;
  async function compare(change: Partial<LayoutSpec> = {}): Promise<Record<LayoutId, LayoutResult>> {
    const results: LayoutResult[] = [];
    const environment = testEnvironment(new SharedPlaces(), { now: coarseClock() });
    await finish(layoutExperiment(environment, { ...spec, ...change }, (result) => results.push(result)));
    expect(results.map(({ layout }) => layout)).toEqual([...LAYOUTS]);
    const [append, in_place, in_place_safe] = results as [LayoutResult, LayoutResult, LayoutResult];
    return { append, in_place, in_place_safe };
  }

  it('really writes them: bytes and flushes follow from the layout', async () => {
    const { append, in_place, in_place_safe } = await compare();
    const batches = spec.updates / spec.batch;
    expect([append.flushes, in_place.flushes, in_place_safe.flushes]).toEqual([batches, batches, 2 * batches]);
    expect(append.writes).toBeLessThanOrEqual(batches + 1);
    expect(in_place.writes).toBe(spec.updates);
    expect(in_place.writtenBytes).toBe(spec.updates * 4096);
    expect(append.writtenBytes).toBe(batches * 4096);
    expect(in_place_safe.writtenBytes).toBeGreaterThan(1.9 * in_place.writtenBytes);
    expect(append.recovery.bytes).toBeGreaterThan(0);
    expect(append.cleaning.writtenBytes).toBeGreaterThan(0);
  });

  it('costs more in place on every device that has a medium, and most written twice', async () => {
    const { append, in_place, in_place_safe } = await compare();
    for (const index of [1, 2, 3]) {
      expect(in_place.prices[index]!.ns).toBeGreaterThan(append.prices[index]!.ns);
      expect(in_place_safe.prices[index]!.ns).toBeGreaterThan(in_place.prices[index]!.ns);
      expect(in_place.prices[index]!.counts.wear).toBeGreaterThan(append.prices[index]!.counts.wear);
    }
    const disk = (result: LayoutResult): DevicePrice => result.prices[3]!;
    expect(disk(in_place).counts.seeks).toBeGreaterThan(10 * Math.max(1, disk(append).counts.seeks));
  });

  it('sends the drive’s cleaning bill to those who write in place', async () => {
    const { append, in_place } = await compare();
    expect(append.later.movedBytes / append.later.writtenBytes).toBeLessThan(0.05);
    expect(in_place.later.movedBytes / in_place.later.writtenBytes).toBeGreaterThan(1);
  });

  it('sends it to the log too where groups share a page: each half-filled page is written twice', async () => {
    const { append } = await compare({ alignBytes: 512 });
    expect(append.writtenBytes).toBeLessThan(1.3 * append.rowBytesUpdated);
    expect(append.later.movedBytes / append.later.writtenBytes).toBeGreaterThan(0.5);
  });
});

describe('the desk of the models', () => {
  it('names every parameter with its source, and every device', () => {
    const { cards, parameters, routes } = describeMedia();
    expect(cards.map(({ kind }) => kind)).toEqual(['dram', 'nvme', 'sata', 'hdd']);
    expect(parameters.every(({ cite, means, unit }) => cite !== '' && means !== '' && unit !== '')).toBe(true);
    expect(routes.length).toBeGreaterThan(5);
  });

  it('lets random places of a disk be anywhere on it', () => {
    const spec = { blockBytes: 4096, requests: 200, randomShare: 1, writeShare: 0, spanBytes: 2 ** 26, seed: 1 };
    const ask = (wholeDevice: boolean) => priceMedia({ ask: 'workload', spec, depth: 1, wholeDevice }, () => [])[3]!;
    expect(ask(true).ns).toBeGreaterThan(1.5 * ask(false).ns);
  });

  it('prices what a session did', () => {
    const record = (event: object, seq: number) => ({ seq, tick: 0, command: 0, io: 0, site: 0, event });
    const records = [
      record(
        { kind: 'storage.file_written', file: 'log', at: 0, bytes: new Uint8Array(512), count: 512, result: 'ok' },
        0,
      ),
      record({ kind: 'wal.group_flushed', durableLsn: 1 }, 1),
      record({ kind: 'storage.file_flushed', file: 'log', result: 'ok' }, 2),
    ];
    const prices = priceMedia({ ask: 'session', session: 4 }, (session) => (session === 4 ? (records as never) : []));
    expect(prices[1]).toMatchObject({ count: 2, bytes: 512 });
    expect(prices[1]!.operations.map(({ call }) => call)).toEqual(['write', 'flush']);
  });
});
