import { describe, expect, it } from 'vitest';
import { priceCalls } from '../host/media_desk';
import type { Distribution, ProbeNote } from '../protocol/media';
import { compareDurations, compareFactors, gap } from './media_guess';
import {
  flushByStage,
  measuredStages,
  PATH_STAGES,
  pathCalls,
  pathPriceOptions,
  pathSteps,
  type PathOptions,
} from './media_path';
import { makeMediaTask, MEDIA_TASKS, type MediaTask } from './media_tasks';
import { bytes, dollars, duration, energy, humanScale, runsForADollar, runsUntilWorn } from './media_words';

const price = (task: MediaTask) =>
  Object.fromEntries(task.runs.map(({ id, calls, options }) => [id, priceCalls(calls, options)]));

describe('words', () => {
  it('say durations, and a nanosecond as a second', () => {
    expect([90, 1200, 8_300_000, 2e9].map(duration)).toEqual(['90 ns', '1.2 µs', '8.3 ms', '2 s']);
    expect([1, 100, 60e3, 880_000, 12.6e6].map(humanScale)).toEqual([
      '1 second',
      '1.7 minutes',
      '17 hours',
      '10 days',
      '146 days',
    ]);
    expect(humanScale(4e9)).toBe('127 years');
  });

  it('say bytes, energy, money and wear', () => {
    expect([16, 4096, 3 * 2 ** 20].map(bytes)).toEqual(['16 B', '4 KiB', '3 MiB']);
    expect(energy(0.0031)).toBe('3.1 mJ');
    expect(runsForADollar(2e-5).words).toBe('a million runs');
    expect([2e-5, 3e-8, 4e-12, 0].map((usd) => dollars(usd * 1e6))).toEqual(['$20', '$0.03', 'under $0.0001', '0']);
    expect([runsUntilWorn(0), runsUntilWorn(0.01), runsUntilWorn(2e-9)]).toEqual(['does not wear', '100', '5.0 × 10⁸']);
  });

  it('say how far off a guess was', () => {
    expect([gap(100, 110), gap(1, 10), gap(30, 10)]).toEqual(['close', '10 times too little', '3.0 times too much']);
    expect(compareDurations(1e6, 8e6)).toBe('You said 1 ms; it is 8 ms: 8.0 times too little.');
    expect(compareFactors(10, 1.02)).toBe('You said 10×; there is no difference: 9.8 times too much.');
    expect(compareFactors(1, 0.5)).toBe('You said no difference; it is 0.5×, quicker: 2.0 times too much.');
  });
});

describe('the path of a flush', () => {
  const options: PathOptions = { kind: 'nvme', dirtyBytes: 4096, grown: true, reach: 'media' };

  it('ends with the bytes on the medium, and only there if the flush reaches it', () => {
    for (const reach of ['page_cache', 'drive_cache', 'media'] as const) {
      const last = pathSteps({ ...options, reach }).at(-1)!;
      expect(last.title).toBe('It returns');
      expect(last.holds.media).toBe(reach === 'media' ? 'durable' : 'none');
      expect(last.holds.drive_cache).toBe(reach === 'drive_cache' ? 'handed' : 'none');
    }
    expect(pathSteps({ ...options, kind: 'dram' }).at(-1)!.holds.media).toBe('memory');
  });

  it('takes the flush apart: its stages are what the model adds for it', () => {
    const { write, flush } = pathCalls(options);
    const whole = priceCalls([write, flush], pathPriceOptions(options))[1]!;
    const writeOnly = priceCalls([write], pathPriceOptions(options))[1]!;
    const stages = flushByStage(whole, writeOnly);
    const sum = PATH_STAGES.reduce((total, stage) => total + stages[stage], 0);
    expect(sum).toBeCloseTo(whole.operations[1]!.ns, 0);
    expect(stages.journal).toBeGreaterThan(0);
    const kept = priceCalls([write, flush], pathPriceOptions({ ...options, grown: false }))[1]!;
    expect(kept.byStage.journal).toBe(0);
  });

  it('claims of a stage only what two stopwatches can tell', () => {
    const times = (p50Ns: number): Distribution => ({
      samples: 1,
      callsPerSample: 1,
      resolutionNs: 1,
      meanNs: p50Ns,
      typicalNs: p50Ns,
      minNs: p50Ns,
      p50Ns,
      p99Ns: p50Ns,
      maxNs: p50Ns,
      bins: [],
    });
    const notes: ProbeNote[] = [
      { kind: 'flush', case: 'nothing', times: times(50) },
      { kind: 'flush', case: 'page', times: times(200) },
      { kind: 'flush', case: 'page_grown', times: times(500) },
    ];
    const measured = measuredStages(notes, options);
    expect(measured.call?.ns).toBe(50);
    expect(measured.media?.ns).toBe(150);
    expect(measured.journal?.ns).toBe(300);
    expect(measured.whole?.ns).toBe(500);
    expect(measured.drive_cache).toBeUndefined();
    expect(measuredStages([], options)).toEqual({});
  });
});

describe('tasks', () => {
  it.each(MEDIA_TASKS.map(({ id }) => id))(
    '%s: one answer is right, others are not, and it depends on the seed',
    (id) => {
      const truths = new Set<string>();
      for (let seed = 1; seed <= 6; seed++) {
        const task = makeMediaTask(id, seed);
        const prices = price(task);
        const ids = task.choices.map((choice) => choice.id);
        const answers = task.answer === 'one' ? ids.map((one) => [one]) : permutations(ids);
        const right = answers.filter((answer) => task.grade(answer, prices).passed);
        expect(right.length, `seed ${seed}`).toBeGreaterThan(0);
        expect(right.length, `seed ${seed}`).toBeLessThan(answers.length / 2);
        expect(task.grade([], prices).passed).toBe(false);
        truths.add(`${task.question} ${String(right[0])}`);
      }
      expect(truths.size).toBeGreaterThan(3);
    },
    30_000,
  );
});

function permutations(ids: readonly string[]): string[][] {
  if (ids.length < 2) return [[...ids]];
  return ids.flatMap((id) => permutations(ids.filter((other) => other !== id)).map((rest) => [id, ...rest]));
}
