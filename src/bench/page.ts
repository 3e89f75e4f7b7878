/**
 * The page of the benchmark: it holds a worker for each subject and lets them take turns, round by round. Only one of
 * them works at a time.
 */
import { runClients } from './clients';
import { Dataset } from './dataset';
import { flushIsReal, type DeviceTimes } from './device';
import type { CheckpointInterval } from './checkpoint_interval';
import type { Plan } from './plan';
import { Remote } from './remote';
import { median, medianInterval, quantile } from './statistics';
import { STORE, STORE_WITHOUT_SEAM, SUBJECTS, type Group, type SubjectEntry } from './subjects';
import type { Round } from './loops';
import type { Unit, Workload } from './stage';
import { WORKLOADS } from './workloads';

export interface Measurement {
  readonly group: Group;
  readonly workload: string;
  readonly subject: string;
  readonly unit: Unit;
  /** Median of the rounds, and its interval. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Of all samples of all rounds, in microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly rounds: readonly number[];
}

/** Rounds in pairs: what the same work took with the seam, as a multiple of what it took without. */
export interface SeamCost {
  readonly workload: string;
  readonly ratios: readonly number[];
}

export interface Results {
  readonly device: DeviceTimes;
  readonly measurements: readonly Measurement[];
  readonly seam: readonly SeamCost[];
  readonly intervals: readonly CheckpointInterval[];
}

/** A subject at work, with values of one length. */
interface Competitor {
  readonly entry: SubjectEntry;
  readonly workloads: readonly string[];
  remote: Remote;
  /** Ports of clients, made when first needed; they die with the worker. */
  ports: MessagePort[];
}

/**
 * Where the seam would show: work that waits for no device. Every other window of pipelined puts would pay for a flush,
 * and half of them for a slice of a checkpoint: the median would lie between two humps, and jump from one to the other.
 * So both are done between the windows.
 */
const SEAM_WORKLOADS: readonly { readonly name: string; readonly settled: boolean }[] = [
  { name: 'get', settled: false },
  { name: 'put relaxed pipelined', settled: true },
];
const SEAM_VALUE_BYTES = 100;
/** What `--match` says to measure that alone. */
const SEAM = 'trace seam';
/** Who has the turn in a pair: each as often, and as early. */
const SEAM_TURNS = [0, 1, 1, 0] as const;

export class Benchmark {
  readonly #plan: Plan;
  readonly #say: (line: string) => void;

  constructor(plan: Plan, say: (line: string) => void) {
    this.#plan = plan;
    this.#say = say;
  }

  async run(): Promise<Results> {
    const device = await this.#measureDevice();
    const measurements: Measurement[] = [];
    const seam: SeamCost[] = [];
    const { groups, match, valueBytes: wanted } = this.#plan;
    const workloads = WORKLOADS.filter(
      ({ name, valueBytes }) => name.includes(match ?? '') && (wanted ?? valueBytes) === valueBytes,
    );
    const wantsSeam = match === undefined ? wanted === undefined : match === SEAM;
    const sizes = [...workloads.map((workload) => workload.valueBytes), ...(wantsSeam ? [SEAM_VALUE_BYTES] : [])];
    for (const valueBytes of new Set(sizes)) {
      const data = new Dataset(this.#plan.rows, valueBytes);
      const competitors = await this.#start(valueBytes);
      for (const workload of workloads.filter((candidate) => candidate.valueBytes === valueBytes)) {
        measurements.push(...(await this.#measure(workload, competitors, data)));
      }
      if (valueBytes === SEAM_VALUE_BYTES && wantsSeam) seam.push(...(await this.#measureSeam(competitors, data)));
      for (const { remote } of competitors) await remote.ask({ do: 'remove' });
      for (const { remote } of competitors) remote.terminate();
    }
    const intervals = groups.includes('spine') && match === undefined ? await this.#measureIntervals() : [];
    return { device, measurements, seam, intervals };
  }

  async #measureDevice(): Promise<DeviceTimes> {
    const remote = await this.#worker(SUBJECTS[0]!, 100);
    const device = await remote.ask({ do: 'measure device' });
    remote.terminate();
    if (flushIsReal(device)) return device;
    const { write, writeAndFlush } = device;
    throw new Error(
      `A flush adds nothing here (write ${write.toFixed(0)} µs, write and flush ${writeAndFlush.toFixed(0)} µs): ` +
        'these files are not on a disk, and no figure would mean anything.',
    );
  }

  async #worker(entry: SubjectEntry, valueBytes: number): Promise<Remote> {
    const remote = new Remote(entry.build);
    await remote.ask({ do: 'start', subject: entry.name, valueBytes, plan: this.#plan });
    return remote;
  }

  async #start(valueBytes: number): Promise<Competitor[]> {
    const competitors: Competitor[] = [];
    for (const entry of SUBJECTS.filter(({ groups }) => groups.some((group) => this.#plan.groups.includes(group)))) {
      const remote = await this.#worker(entry, valueBytes);
      const workloads = await remote.ask({ do: 'list' });
      await remote.ask({ do: 'fill' });
      competitors.push({ entry, workloads, remote, ports: [] });
    }
    return competitors;
  }

  async #measure(workload: Workload, all: readonly Competitor[], data: Dataset): Promise<Measurement[]> {
    const competitors = all.filter(({ workloads }) => workloads.includes(workload.name));
    if (workload.before === 'log') for (const { remote } of competitors) await remote.ask({ do: 'fill log' });
    const rounds = await this.#takeTurns(workload, competitors, data, this.#plan.rounds);
    return competitors.map(({ entry }, i) => {
      const group = entry.groups.find((one) => this.#plan.groups.includes(one))!;
      const measurement = summarize(workload, entry, group, rounds[i]!);
      const { low, high, p50, p99, unit, value } = measurement;
      this.#say(
        `${workload.name} · ${entry.name}: ${brief(value)} ${unit} (${brief(low)} to ${brief(high)}), ` +
          `p50 ${brief(p50)} µs, p99 ${brief(p99)} µs`,
      );
      return measurement;
    });
  }

  /** The rounds of each competitor. The order turns round from one round to the next: nobody always goes first. */
  async #takeTurns(
    workload: Workload,
    competitors: readonly Competitor[],
    data: Dataset,
    count: number,
  ): Promise<Round[][]> {
    const rounds: Round[][] = competitors.map(() => []);
    for (let number = 0; number < count; number++) {
      const order = [...competitors.keys()];
      if (number % 2 === 1) order.reverse();
      for (const i of order) rounds[i]!.push(await this.#round(workload, competitors[i]!, data));
    }
    return rounds;
  }

  async #round(workload: Workload, competitor: Competitor, data: Dataset, settled = false): Promise<Round> {
    if (workload.inFreshWorker === true) await this.#restart(competitor, workload.valueBytes);
    const { remote } = competitor;
    if (workload.before === 'rows') await remote.ask({ do: 'open' });
    else await remote.ask({ do: workload.before === 'nothing' ? 'clear' : 'close' });
    if (workload.clients === undefined) return remote.ask({ do: 'run', workload: workload.name, settled });
    return runClients(await portsOf(competitor, workload.clients), data, this.#plan.sliceMs);
  }

  async #restart(competitor: Competitor, valueBytes: number): Promise<void> {
    await competitor.remote.ask({ do: 'close' });
    competitor.remote.terminate();
    competitor.remote = await this.#worker(competitor.entry, valueBytes);
    competitor.ports = [];
  }

  async #measureSeam(all: readonly Competitor[], data: Dataset): Promise<SeamCost[]> {
    const pair = [STORE, STORE_WITHOUT_SEAM].flatMap((name) => all.filter(({ entry }) => entry.name === name));
    if (pair.length < 2) return [];
    const costs: SeamCost[] = [];
    for (const { name, settled } of SEAM_WORKLOADS) {
      const workload = WORKLOADS.find((candidate) => candidate.name === name)!;
      const ratios: number[] = [];
      while (ratios.length < this.#plan.seamPairs) {
        const samples: [number[], number[]] = [[], []];
        const turns = ratios.length % 2 === 0 ? SEAM_TURNS : SEAM_TURNS.map((turn) => 1 - turn);
        for (const turn of turns) {
          const round = await this.#round(workload, pair[turn]!, data, settled);
          samples[turn]!.push(...round.samples);
        }
        // Of the median sample of each: what another program took from one of the two does not count.
        ratios.push(median(samples[0]) / median(samples[1]));
      }
      costs.push({ workload: name, ratios });
      const { low, high } = medianInterval(ratios);
      this.#say(`trace seam · ${name}: ×${median(ratios).toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`);
    }
    return costs;
  }

  async #measureIntervals(): Promise<CheckpointInterval[]> {
    const intervals: CheckpointInterval[] = [];
    for (const intervalBytes of this.#plan.checkpointIntervals) {
      const remote = await this.#worker(SUBJECTS[0]!, 100);
      intervals.push(await remote.ask({ do: 'measure checkpoint interval', intervalBytes }));
      remote.terminate();
      this.#say(`checkpoint every ${intervalBytes / 1024 / 1024} MiB`);
    }
    return intervals;
  }
}

/** Ports to so many clients; the first ones of a worker are used again. */
async function portsOf({ ports, remote }: Competitor, count: number): Promise<readonly MessagePort[]> {
  const channels = Array.from({ length: Math.max(0, count - ports.length) }, () => new MessageChannel());
  const served = channels.map(({ port2 }) => port2);
  if (served.length > 0) await remote.ask({ do: 'serve', ports: served }, served);
  ports.push(...channels.map(({ port1 }) => port1));
  return ports.slice(0, count);
}

function summarize(workload: Workload, entry: SubjectEntry, group: Group, rounds: readonly Round[]): Measurement {
  const values = rounds.map(({ value }) => value);
  const samples = rounds.flatMap((round) => round.samples);
  return {
    group,
    workload: workload.name,
    subject: entry.name,
    unit: workload.unit,
    value: median(values),
    ...medianInterval(values),
    p50: quantile(samples, 0.5),
    p99: quantile(samples, 0.99),
    p999: quantile(samples, 0.999),
    rounds: values,
  };
}

/** Three figures are more than the noise leaves. */
function brief(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

declare global {
  var runBenchmark: (plan: Plan, say: (line: string) => void) => Promise<Results>;
}
globalThis.runBenchmark = (plan, say) => new Benchmark(plan, say).run();
