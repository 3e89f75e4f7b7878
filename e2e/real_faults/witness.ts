/**
 * The witness: what was submitted and acknowledged, as heard outside the browser, and what a store must hold because of
 * it. Nothing in here comes from the store under test but the contents it is asked to judge.
 *
 *     recovered  =  before + commit 1 + commit 2 + … + commit k        whole, in order, without holes
 *     k          =  last LSN of the recovery − LSN before the load     the log says the same as the contents
 *     k          ≥  every number acknowledged                          but for relaxed ones, after a power cut
 *
 * Every commit of a load follows from its seed and its number (`src/host/load.ts`), so k gives the contents.
 */
import { decodeText } from '../../src/base/bytes';
import { keysOf, loadCommit } from '../../src/host/load';
import type { LoadSpec } from '../../src/protocol/drill';
import type { Heard } from './page/messages';
import { within } from './waiting';

/** A load that is this slow has stopped. */
const LOAD_MS_MAX = 60_000;

export type Contents = ReadonlyMap<string, string>;

/** One load on one store, as heard. */
export interface Load {
  readonly number: number;
  readonly spec: LoadSpec;
  readonly before: Contents;
  /** LSN of the last commit before the load. */
  readonly lsnBefore: number;
  submitted: number;
  /** Numbers of commits, in the order in which they were heard. */
  readonly acknowledged: Set<number>;
}

/** What had been heard at some instant. */
export interface HeardSoFar {
  readonly acknowledged: number;
  /** The highest number acknowledged. */
  readonly last: number;
  readonly submitted: number;
}

export class Witness {
  readonly #loads = new Map<number, Load>();
  #waiting: { load: Load; count: number; reached: () => void }[] = [];

  newLoad(spec: LoadSpec, before: Contents, lsnBefore: number): Load {
    const number = this.#loads.size + 1;
    const load = { number, spec, before, lsnBefore, submitted: 0, acknowledged: new Set<number>() };
    this.#loads.set(number, load);
    return load;
  }

  hear({ acknowledged, load: number, submitted }: Heard): void {
    const load = this.#loads.get(number);
    if (load === undefined) throw new Error(`a note of load ${number}, which nobody began`);
    load.submitted = Math.max(load.submitted, submitted);
    for (const commit of acknowledged) load.acknowledged.add(commit);
    const reached = this.#waiting.filter((one) => one.load === load && load.acknowledged.size >= one.count);
    this.#waiting = this.#waiting.filter((one) => !reached.includes(one));
    for (const one of reached) one.reached();
  }

  /** Resolves when so many commits of the load are acknowledged. */
  async acknowledgements(load: Load, count: number): Promise<void> {
    if (load.acknowledged.size >= count) return;
    await within(
      LOAD_MS_MAX,
      () => `${count} acknowledgements of load ${load.number}, and heard of ${load.acknowledged.size}`,
      new Promise<void>((reached) => this.#waiting.push({ load, count, reached })),
    );
  }
}

export function heardSoFar({ acknowledged, submitted }: Load): HeardSoFar {
  let last = 0;
  for (const number of acknowledged) last = Math.max(last, number);
  return { acknowledged: acknowledged.size, last, submitted };
}

const isRelaxed = ({ relaxedEvery }: LoadSpec, number: number): boolean =>
  relaxedEvery > 0 && number % relaxedEvery === 0;

export interface Judgement {
  readonly acknowledged: number;
  readonly lost: number;
  /** Commits that came back. */
  readonly kept: number;
  /** Of those that came back, how many nobody outside had heard of when the fault came. */
  readonly untold: number;
  /** Relaxed commits that a power cut took, as it may. */
  readonly relaxedLost: number;
  readonly findings: readonly string[];
}

/**
 * @param lastLsn what the recovery says it got to
 * @param fault `power_cut`: relaxed commits at the end may be gone
 */
export function judge(
  load: Load,
  heard: HeardSoFar,
  recovered: Contents,
  lastLsn: number,
  fault: 'process_end' | 'power_cut',
): Judgement {
  const findings: string[] = [];
  const kept = lastLsn - load.lsnBefore;
  const differing = kept < 0 ? [] : differences(recovered, contentsAfter(load, kept));
  if (kept < 0) findings.push(`the log ends at LSN ${lastLsn}, before the load began at ${load.lsnBefore}`);
  if (differing.length > 0) {
    const keys = differing.slice(0, 3).join(', ');
    findings.push(
      `not the state after ${kept} commits of load ${load.number}: ${differing.length} keys differ (${keys})`,
    );
  }
  const missing = [...load.acknowledged].slice(0, heard.acknowledged).filter((number) => number > Math.max(0, kept));
  const mayBeLost = fault === 'power_cut' ? missing.filter((number) => isRelaxed(load.spec, number)) : [];
  const lost = missing.length - mayBeLost.length;
  if (lost > 0) findings.push(`acknowledged and missing: ${lost}, up to ${heard.last}; ${kept} came back`);
  const untold = Math.max(0, kept - heard.last);
  return { acknowledged: heard.acknowledged, lost, kept, untold, relaxedLost: mayBeLost.length, findings };
}

/** What a store holds after the first `count` commits of a load. */
export function contentsAfter({ before, spec }: Load, count: number): Contents {
  const contents = new Map(before);
  const keys = keysOf(spec);
  for (let number = 1; number <= count; number++) {
    for (const operation of loadCommit(spec, keys, number).operations) {
      const key = textOf(operation.key);
      if (operation.kind === 'put') contents.set(key, textOf(operation.value));
      else contents.delete(key);
    }
  }
  return contents;
}

function differences(found: Contents, expected: Contents): string[] {
  return [...new Set([...found.keys(), ...expected.keys()])].filter((key) => found.get(key) !== expected.get(key));
}

const textOf = (bytes: Uint8Array): string => decodeText(bytes) ?? 'not text';
