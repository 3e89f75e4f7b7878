/**
 * Traffic on a virtual clock: a discrete-event simulation whose server is the real store (see `protocol/traffic.ts`).
 *
 * The store runs in one thread, as in a worker. A turn of that thread takes the messages that have arrived, fills the
 * log buffer, and runs what the store asked `schedule` for. While the store writes and flushes, the clock moves by the
 * price of each call, and whoever arrives meanwhile waits in the queue, as messages do while a thread is blocked:
 *
 *     clock   0        210         430
 *     queue   c1 c2    c3 c4 c5    c6
 *     thread  [c1][c2][write|flush][c3][c4][c5][write|flush]...
 *
 * What holds a group back is here and not in the engine: `mostWaitMicros` is a schedule that runs its task later, and
 * `mostBatch` a thread that takes no more messages before the group has gone. An engine has no timers.
 *
 * Prices of a message and of a commit are fixed, and small beside a flush; they were measured as whole throughput (see
 * notes/perf.md) and are here so that a device without cost still has a limit.
 */
import TinyQueue from 'tinyqueue';
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import { SeededRandom } from '../base/runtime';
import { DEFAULT_FORMAT, Store, type Ticket } from '../kv_store';
import type { FileName } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { Meter, meteredFiles, type MeteredCall } from '../storage/metered';
import type {
  TrafficDevice,
  TrafficGroup,
  TrafficMoment,
  TrafficReplay,
  TrafficRun,
  TrafficSettings,
  TrafficStretch,
  TrafficWork,
} from '../protocol/traffic';
import { KeyGenerator, valueOf } from '../workload/generators';

const COMMITS_MAX = 50_000;
/** Taking a message, checking, copying and framing its commit. */
const COMMIT_MICROS = 3;
/** Applying, publishing and answering it. */
const TELL_MICROS = 3;
const KEY_SPACE = 2000;
const SLOW_FLUSH_FACTOR = 10;

export function runTraffic(settings: TrafficSettings): TrafficRun {
  checkSettings(settings);
  return new Traffic(settings).run();
}

/** @throws EngineError option_invalid */
function checkSettings(settings: TrafficSettings): void {
  const { arrivalsPerSecond, clients, commits, device, mostBatch, mostWaitMicros, valueBytes } = settings;
  const whole = (value: number, least: number, most: number): boolean =>
    Number.isSafeInteger(value) && value >= least && value <= most;
  const times = (value: number): boolean => Number.isFinite(value) && value >= 0 && value <= 1e7;
  const wrong =
    (!whole(clients, 1, 1024) && 'clients: 1 to 1,024') ||
    (!whole(commits, 1, COMMITS_MAX) && `commits: 1 to ${COMMITS_MAX}`) ||
    (!(arrivalsPerSecond > 0 && arrivalsPerSecond <= 1e6) && 'arrivals a second: above 0, up to a million') ||
    (!whole(mostBatch, 1, 100_000) && 'most batch: at least 1') ||
    (!times(mostWaitMicros) && 'most wait: 0 to 10 seconds') ||
    (!whole(valueBytes, 0, 4096) && 'value: 0 to 4,096 bytes') ||
    (!timesOf(device).every(times) && 'times of the device: 0 to 10 seconds, at least one of each');
  if (wrong !== false) throw new EngineError('option_invalid', `This traffic cannot be: ${wrong}.`);
}

function timesOf(device: TrafficDevice): readonly number[] {
  const { flushMicros, writeMicros } = device;
  if (device.kind === 'modelled') return [flushMicros, writeMicros] as number[];
  const both = [flushMicros, writeMicros] as (readonly number[])[];
  return both.every((times) => times.length > 0) ? both.flat() : [NaN];
}

/** When each commit is intended: independent arrivals, so exponential gaps (a Poisson process). */
function intendedTimes({ arrivalsPerSecond, commits }: TrafficSettings, random: SeededRandom): Float64Array {
  const times = new Float64Array(commits);
  let at = 0;
  for (let n = 0; n < commits; n++) {
    at += (-Math.log(1 - uniform(random)) * 1e6) / arrivalsPerSecond;
    times[n] = at;
  }
  return times;
}

const uniform = (random: SeededRandom): number => random.next() / 2 ** 32;

class Traffic {
  readonly #settings: TrafficSettings;
  readonly #random: SeededRandom;
  readonly #store: Store;
  readonly #intended: Float64Array;
  readonly #keys: KeyGenerator;
  readonly #columns: ReturnType<typeof emptyColumns>;
  readonly #groups: TrafficGroup[] = [];
  readonly #stretches: TrafficStretch[] = [];
  readonly #moments: TrafficMoment[] = [];
  readonly #replay: TrafficReplay[] = [];
  /** Numbers of the commits that were sent and not yet taken, in the order of their arrival. */
  readonly #arrivals = arrivalQueue();
  /** Closed loop: commits each client still has to send, oldest first. */
  readonly #unsent: number[][] = [];
  #now = 0;
  #flushesSeen = 0;
  /** What the store has asked to be run soon. */
  #tasks: (() => void)[] = [];
  /** Taken and not told, in order. */
  #waiting: number[] = [];
  /** Commits of the group in the buffer, and when the first of them came. */
  #buffered = 0;
  #groupFirstAt = 0;

  constructor(settings: TrafficSettings) {
    this.#settings = settings;
    this.#random = new SeededRandom(settings.seed);
    this.#intended = intendedTimes(settings, this.#random);
    this.#keys = new KeyGenerator({ order: 'random', keySpace: KEY_SPACE, seed: settings.seed });
    this.#columns = emptyColumns(settings.commits);
    const meter = new Meter({ charge: (call, file) => this.#charge(call, file) });
    this.#store = Store.open({
      files: meteredFiles(new MemoryStorage().openNow({ create: true }), meter),
      random: new SeededRandom(settings.seed + 1),
      schedule: (run) => this.#tasks.push(run),
      format: { ...DEFAULT_FORMAT, logBytes: settings.logBytes },
      tuning: { checkpointLogBytes: settings.checkpointLogBytes },
      trace: { emit: (event) => this.#noteMoment(event.kind) },
    });
    this.#startAtZero();
    this.#deal();
  }

  run(): TrafficRun {
    for (;;) {
      const next = this.#arrivals.peek()?.at;
      if (next === undefined && this.#tasks.length === 0) break;
      if (this.#tasks.length === 0) this.#now = Math.max(this.#now, next!);
      this.#turn();
    }
    assert(this.#waiting.length === 0, 'everybody was told before the traffic ended');
    return this.#report();
  }

  // ---- the thread

  /** Takes who is there, up to a full group, then runs the group unless it may wait for company. */
  #turn(): void {
    const { mostBatch, mostWaitMicros } = this.#settings;
    while (this.#buffered < mostBatch && this.#nextAt <= this.#now) this.#take(this.#arrivals.pop()!);
    if (this.#tasks.length === 0) return;
    const until = this.#groupFirstAt + mostWaitMicros;
    const isDue = this.#buffered === 0 || this.#buffered >= mostBatch || this.#now >= until;
    if (isDue) {
      this.#runTasks();
      this.#noteReplay(); // A checkpoint may have moved the redo point.
    } else this.#now = Math.max(this.#now, Math.min(until, this.#nextAt));
  }

  get #nextAt(): number {
    return this.#arrivals.peek()?.at ?? Infinity;
  }

  #take({ number }: Arrival): void {
    const { mode, seed, valueBytes } = this.#settings;
    this.#spend('commit', COMMIT_MICROS);
    const value = valueOf(seed, number, valueBytes);
    const client = this.#columns.client[number]!;
    // A full log makes room first, and writes those in the buffer: this one is not among them.
    const ticket: Ticket = this.#store.put(this.#keys.keyOf(number), value, { mode, client });
    this.#waiting.push(number);
    if (this.#buffered++ === 0) this.#groupFirstAt = this.#now;
    ticket.onSettled((error) => {
      assert(error === undefined, 'this traffic has no faults');
      this.#tell(number);
    });
  }

  #runTasks(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }

  #tell(number: number): void {
    const { flushed, group, told, written } = this.#columns;
    const current = this.#groups.at(-1)!;
    // Told in the order of their LSNs: whoever is told now is the first who waits.
    assert(this.#waiting.shift() === number, 'commits are told in order');
    this.#spend('commit', TELL_MICROS);
    group[number] = this.#groups.length - 1;
    this.#columns.begun[number] = current.begun;
    written[number] = current.written;
    flushed[number] = Math.max(current.flushed, current.written);
    told[number] = this.#now;
    if (this.#settings.loop === 'closed') this.#sendNext(this.#columns.client[number]!, this.#now);
  }

  // ---- the clients

  /** Commits are dealt to the clients in turn; in an open loop all of them are on their way from the start. */
  #deal(): void {
    const { clients, commits, loop } = this.#settings;
    for (let number = 0; number < commits; number++) this.#columns.client[number] = number % clients;
    if (loop === 'open') {
      for (let number = 0; number < commits; number++) this.#send(number, this.#intended[number]!);
      return;
    }
    for (let client = 0; client < clients; client++) this.#unsent.push([]);
    for (let number = commits - 1; number >= 0; number--) this.#unsent[number % clients]!.push(number);
    for (let client = 0; client < clients; client++) this.#sendNext(client, 0);
  }

  #sendNext(client: number, notBefore: number): void {
    const number = this.#unsent[client]?.pop();
    if (number !== undefined) this.#send(number, Math.max(notBefore, this.#intended[number]!));
  }

  #send(number: number, at: number): void {
    this.#columns.sent[number] = at;
    this.#arrivals.push({ number, at });
  }

  // ---- the device

  #charge(call: MeteredCall, file: FileName): void {
    if (call !== 'write' && call !== 'flush') return;
    const isLog = file === 'log';
    const before = this.#now;
    const isSlow = call === 'flush' && this.#isSlowFlush();
    this.#spend(workOf(call, isLog), this.#price(call) * (isSlow ? SLOW_FLUSH_FACTOR : 1));
    if (isSlow) this.#moments.push({ kind: 'slow_flush', at: before });
    if (isLog) this.#noteGroup(call, before);
  }

  #price(call: 'write' | 'flush'): number {
    const { device } = this.#settings;
    const times = call === 'write' ? device.writeMicros : device.flushMicros;
    return typeof times === 'number' ? times : times[this.#random.below(times.length)]!;
  }

  #isSlowFlush(): boolean {
    const { device } = this.#settings;
    if (device.kind !== 'modelled' || device.slowFlushEvery === 0) return false;
    return ++this.#flushesSeen % device.slowFlushEvery === 0;
  }

  /** A write of the log while commits are in the buffer begins a group; where the ring ends it takes a second write. */
  #noteGroup(call: 'write' | 'flush', before: number): void {
    const last = this.#groups.at(-1);
    if (call === 'flush') {
      if (last?.flushed !== 0) return;
      this.#groups[this.#groups.length - 1] = { ...last, flushed: this.#now };
      this.#noteReplay();
    } else if (this.#buffered > 0) {
      this.#groups.push({ begun: before, written: this.#now, flushed: 0, commits: this.#buffered });
      this.#buffered = 0;
    } else if (last) this.#groups[this.#groups.length - 1] = { ...last, written: this.#now };
  }

  #noteReplay(): void {
    const bytes = this.#store.stats().logBytesToReplay;
    if (this.#replay.at(-1)?.bytes !== bytes) this.#replay.push({ at: this.#now, bytes });
  }

  #spend(work: TrafficWork, micros: number): void {
    const from = this.#now;
    this.#now += micros;
    const last = this.#stretches.at(-1);
    if (last?.work === work && last.to === from)
      this.#stretches[this.#stretches.length - 1] = { work, from: last.from, to: this.#now };
    else this.#stretches.push({ work, from, to: this.#now });
  }

  #noteMoment(kind: string): void {
    const moment = MOMENTS[kind];
    if (moment !== undefined) this.#moments.push({ kind: moment, at: this.#now });
  }

  /** Formatting is over before the first client comes. */
  #startAtZero(): void {
    this.#now = 0;
    for (const list of [this.#groups, this.#stretches, this.#moments, this.#tasks]) list.length = 0;
  }

  #report(): TrafficRun {
    const stats = this.#store.stats();
    return {
      settings: this.#settings,
      commits: { ...this.#columns, intended: this.#intended },
      groups: this.#groups,
      stretches: this.#stretches,
      moments: this.#moments,
      replay: this.#replay,
      micros: this.#now,
      flushes: stats.flushes,
      logBytesWritten: stats.logBytesWritten,
      checkpointBytesWritten: stats.checkpointBytesWritten,
      checkpoints: stats.checkpoints,
    };
  }
}

const MOMENTS: Readonly<Record<string, TrafficMoment['kind']>> = {
  'store.checkpoint_started': 'checkpoint_started',
  'store.checkpoint_finished': 'checkpoint_finished',
};

function workOf(call: 'write' | 'flush', isLog: boolean): TrafficWork {
  if (isLog) return call === 'write' ? 'log_write' : 'log_flush';
  return call === 'write' ? 'checkpoint_write' : 'checkpoint_flush';
}

const emptyColumns = (count: number) => ({
  client: new Uint16Array(count),
  sent: new Float64Array(count),
  begun: new Float64Array(count),
  written: new Float64Array(count),
  flushed: new Float64Array(count),
  told: new Float64Array(count),
  group: new Uint32Array(count),
});

/** Commits under way to the thread, earliest first. */
const arrivalQueue = (): TinyQueue<Arrival> => new TinyQueue<Arrival>([], (a, b) => a.at - b.at || a.number - b.number);

interface Arrival {
  readonly number: number;
  readonly at: number;
}
