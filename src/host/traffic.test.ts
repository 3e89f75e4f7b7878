/** Traffic on a virtual clock: what it says of a store whose waits can be worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { TrafficRun, TrafficSettings } from '../protocol/traffic';
import { runTraffic } from './traffic';

const SETTINGS: TrafficSettings = {
  clients: 1,
  arrivalsPerSecond: 100,
  loop: 'open',
  mostWaitMicros: 0,
  mostBatch: 1000,
  valueBytes: 100,
  mode: 'strict',
  device: { kind: 'modelled', writeMicros: 20, flushMicros: 200, slowFlushEvery: 0 },
  logBytes: 1024 * 1024,
  checkpointLogBytes: 512 * 1024,
  commits: 200,
  seed: 7,
};
const run = (changes: Partial<TrafficSettings>): TrafficRun => runTraffic({ ...SETTINGS, ...changes });
const latencies = ({ commits }: TrafficRun): Float64Array =>
  commits.told.map((told, n) => told - commits.intended[n]!).sort();
const quantile = (values: Float64Array, part: number): number => values[Math.floor((values.length - 1) * part)]!;

describe('traffic', () => {
  it('a lone commit takes one message, one write and one flush', () => {
    expect(quantile(latencies(run({ arrivalsPerSecond: 10 })), 0.5)).toBeCloseTo(3 + 20 + 200 + 3, 6);
  });

  it('times of a commit are in order, and every commit is told once', () => {
    const traffic = run({ arrivalsPerSecond: 20_000, clients: 16, commits: 3000 });
    const { begun, flushed, intended, sent, told, written } = traffic.commits;
    for (let n = 0; n < 3000; n++) {
      const times = [intended[n]!, sent[n]!, begun[n]!, written[n]!, flushed[n]!, told[n]!];
      expect(times, `commit ${n}`).toEqual([...times].sort((a, b) => a - b));
    }
    expect(traffic.groups.reduce((sum, { commits }) => sum + commits, 0)).toBe(3000);
    expect(traffic.flushes).toBe(traffic.groups.length);
  });

  it('sharing a flush lets throughput pass the rate of flushes', () => {
    const alone = run({ arrivalsPerSecond: 50_000, commits: 2000, mostBatch: 1 });
    const together = run({ arrivalsPerSecond: 50_000, commits: 2000, clients: 64 });
    expect(alone.groups.every(({ commits }) => commits === 1)).toBe(true);
    expect(alone.micros).toBeGreaterThan(2000 * 220);
    expect(together.micros).toBeLessThan(alone.micros / 5);
  });

  it('waiting for company makes fewer, larger groups, and each waits longer', () => {
    const eager = run({ arrivalsPerSecond: 3000, commits: 2000, clients: 8 });
    const patient = run({ arrivalsPerSecond: 3000, commits: 2000, clients: 8, mostWaitMicros: 5000 });
    expect(patient.groups.length).toBeLessThan(eager.groups.length / 3);
    expect(quantile(latencies(patient), 0.5)).toBeGreaterThan(quantile(latencies(eager), 0.5));
    for (const { begun } of patient.groups.slice(0, -1)) expect(begun).toBeGreaterThan(0);
  });

  it('a closed loop sends late what an open loop would have counted', () => {
    const slow = { arrivalsPerSecond: 3500, commits: 2000, clients: 2 } as const;
    const device = { ...SETTINGS.device, slowFlushEvery: 200 } as const;
    const closed = run({ ...slow, device, loop: 'closed' });
    const { intended, sent, told } = closed.commits;
    const seen = told.map((at, n) => at - sent[n]!).sort();
    const endured = told.map((at, n) => at - intended[n]!).sort();
    expect(closed.moments.some(({ kind }) => kind === 'slow_flush')).toBe(true);
    expect(quantile(endured, 0.99)).toBeGreaterThan(2 * quantile(seen, 0.99));
    // Nobody has two commits under way.
    for (let n = 2; n < 2000; n++) expect(sent[n]!).toBeGreaterThanOrEqual(told[n - 2]!);
  });

  it('checkpoints show as work of the thread, and relaxed commits do not wait for a flush', () => {
    const relaxed = run({
      mode: 'relaxed',
      arrivalsPerSecond: 20_000,
      commits: 5000,
      logBytes: 64 * 1024,
      checkpointLogBytes: 32 * 1024,
    });
    expect(relaxed.checkpoints).toBeGreaterThan(3);
    expect(relaxed.stretches.some(({ work }) => work === 'checkpoint_write')).toBe(true);
    expect(relaxed.flushes).toBeLessThan(relaxed.groups.length / 2);
  });

  it('what a recovery would read grows with each group, and shrinks when a checkpoint has moved the redo point', () => {
    const traffic = run({
      arrivalsPerSecond: 5000,
      commits: 3000,
      logBytes: 128 * 1024,
      checkpointLogBytes: 32 * 1024,
    });
    const finished = traffic.moments.filter(({ kind }) => kind === 'checkpoint_finished').length;
    const falls = traffic.replay.filter(({ bytes }, i) => i > 0 && bytes < traffic.replay[i - 1]!.bytes);
    expect(finished).toBeGreaterThan(3);
    expect(falls).toHaveLength(finished);
    expect(Math.max(...traffic.replay.map(({ bytes }) => bytes))).toBeGreaterThanOrEqual(32 * 1024);
    expect(Math.max(...traffic.replay.map(({ bytes }) => bytes))).toBeLessThanOrEqual(128 * 1024);
  });

  it('the same settings give the same run, and stretches of the thread never overlap', () => {
    const [one, other] = [run({ arrivalsPerSecond: 9000 }), run({ arrivalsPerSecond: 9000 })];
    expect(one).toEqual(other);
    for (let i = 1; i < one.stretches.length; i++)
      expect(one.stretches[i]!.from).toBeGreaterThanOrEqual(one.stretches[i - 1]!.to);
  });

  it('measured times of a device are drawn again', () => {
    const traffic = run({ device: { kind: 'sampled', writeMicros: [10], flushMicros: [100, 900] } });
    const durations = new Set(traffic.groups.map(({ flushed, written }) => Math.round(flushed - written)));
    expect(durations).toEqual(new Set([100, 900]));
  });

  it.each([
    { clients: 0 },
    { arrivalsPerSecond: 0 },
    { mostBatch: 0 },
    { commits: 1e9 },
    { device: { kind: 'sampled', writeMicros: [], flushMicros: [1] } },
    { device: { kind: 'modelled', writeMicros: NaN, flushMicros: 1, slowFlushEvery: 0 } },
  ] as const)('refuses settings that make no sense: %o', (changes) => {
    expect(() => run(changes)).toThrow('This traffic cannot be');
  });
});
