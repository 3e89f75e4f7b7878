/**
 * The page of the real faults: the lab's own worker and the lab's own `connect()`, without the lab's screen. It opens
 * the persistent store of the profile, loads it, and passes on at once what the worker tells it. It keeps nothing and
 * judges nothing: whoever may be killed cannot be the witness.
 */
import { decodeText, encodeText } from '../../../src/base/bytes';
import type { LoadNote } from '../../../src/protocol/drill';
import type { LabApi } from '../../../src/protocol/lab_api';
import type { SessionId, TraceBatch } from '../../../src/protocol/trace';
import { PROTOCOL_VERSION } from '../../../src/protocol/trace';
import { LabError } from '../../../src/lab/lab_error';
import { connect, type Connection } from '../../../src/ui/connect';
import type { RefusedOpens } from './counting_opens';
import type {
  CommitOutcome,
  Heard,
  LoadRequest,
  Opened,
  OpenRequest,
  WorkerKind,
  Write,
  ZombieCounts,
} from './messages';
import type { SpinRequest } from './spinning_test.worker';

/** Keys of the loads begin with `key-`; the harness asks for no others. */
const AFTER = 'after_the_fault';
/** After so long a message out counts as gone, whether or not the harness has said so. */
const WAY_OUT_MS_MAX = 200;

let connection: Connection | undefined;
let session: SessionId | undefined;
let refused: RefusedOpens = { refusedLocks: 0, refusedFiles: 0 };
let shortWrites = 0;
let cameBack = false;
let zombie: { worker: Worker; counts: Int32Array<SharedArrayBuffer> } | undefined;

const faults = {
  async start(kind: WorkerKind): Promise<void> {
    connection = connect('lab', (name) => started(kind, name));
    const { storage, why } = await connection.api.hello(PROTOCOL_VERSION);
    if (storage !== 'opfs') throw new Error(`the store is not in real files: ${why ?? ''}`);
  },

  /** Opens the store of this profile; what becomes of it is the answer, failures too. */
  async open({ extentBytes, index, logBytes, takeOver, traced }: OpenRequest): Promise<Opened> {
    const began = performance.now();
    const after = (opened: Omit<Opened, 'milliseconds'>): Opened => ({
      ...opened,
      milliseconds: performance.now() - began,
    });
    try {
      if (takeOver === true) await api().takeOver();
      const info = await api().openSession({
        store: 'learner',
        traced: traced ?? false,
        grouping: 'hop',
        ...(index !== undefined && { index }),
        format: { ...(logBytes !== undefined && { logBytes }), ...(extentBytes !== undefined && { extentBytes }) },
      });
      session = info.session;
      if (traced === true) await countShortWrites(info.session);
      const { failure, recovery } = info;
      return after({ ...(failure && { failure }), ...(recovery && { recovery }) });
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      return after({ failure: { code: error.code, message: error.message } });
    }
  },

  /** Loads the store until it ends; every note of the worker goes out of the browser, as fast as the way out allows. */
  async load({ load, spec }: LoadRequest): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const out = new WayOut(load);
    port1.onmessage = ({ data }: MessageEvent<LoadNote>) => out.pass(data.submitted, data.acknowledged);
    await api().startLoad(opened(), spec, port2);
  },

  /** Puts or, without a value, deletes, one commit each, one after the other; ends with the first that is refused. */
  async commit(writes: readonly Write[]): Promise<CommitOutcome[]> {
    const outcomes: CommitOutcome[] = [];
    for (const { key, value } of writes) {
      const outcome = await committed(value === undefined ? `delete ${key}` : `put ${key} ${value}`);
      outcomes.push(outcome);
      if (!outcome.ok) break;
    }
    return outcomes;
  },

  /** Everything the store holds. */
  async contents(): Promise<[string, string][]> {
    const contents: [string, string][] = [];
    let from = encodeText(' ');
    for (;;) {
      const { lastVisited, more, rows } = await api().rows(opened(), { from, limit: 2000 });
      for (const { key, value } of rows) contents.push([decodeText(key) ?? '', decodeText(value) ?? 'not text']);
      if (!more || lastVisited === undefined) return contents;
      from = new Uint8Array([...lastVisited, 0]);
    }
  },

  /** A recovered store is whole, and takes the next commit. @returns what is wrong, or nothing */
  async goesOn(): Promise<string | undefined> {
    const { commands } = await api().run(
      opened(),
      `check\nput ${AFTER} yes\nflush\nget ${AFTER}\ndelete ${AFTER}\nflush`,
    );
    const [checked, , , got] = commands.map(({ result }) => result);
    if (checked?.kind !== 'checked' || checked.findings.length > 0) return `check: ${JSON.stringify(checked)}`;
    if (got?.kind !== 'value' || got.value === undefined) return `the next commit: ${JSON.stringify(commands)}`;
    return undefined;
  },

  async publishedLsn(): Promise<number> {
    return (await api().describe(opened())).stats?.publishedLsn ?? -1;
  },

  /** Whether the store can still be asked: the code of the refusal if not. */
  async ask(): Promise<string | undefined> {
    try {
      await api().describe(opened());
      return undefined;
    } catch (error) {
      return error instanceof LabError ? error.code : String(error);
    }
  },

  refusedOpens: (): RefusedOpens => refused,
  shortWrites: (): number => shortWrites,

  /** Closes the files, and ends the worker. */
  async end(): Promise<void> {
    await connection?.end();
    connection = undefined;
  },

  /** As the lab does when its page is hidden. */
  closeOnPageHide(): void {
    window.addEventListener('pagehide', () => void connection?.api.close());
    window.addEventListener('pageshow', ({ persisted }) => (cameBack = persisted));
  },

  /** Whether this page was shown again from the back/forward cache. */
  cameBack: (): boolean => cameBack,

  // ---- the worker that spins

  async spin({ load, spec }: LoadRequest): Promise<void> {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const counts = new Int32Array(buffer as unknown as SharedArrayBuffer);
    const worker = new Worker(new URL('./spinning_test.worker.ts', import.meta.url), { type: 'module' });
    zombie = { worker, counts };
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ spec, counts } satisfies SpinRequest);
    });
    const out = new WayOut(load);
    let told = 0;
    setInterval(() => {
      const { acknowledged, submitted } = faults.zombieCounts();
      if (acknowledged === told) return;
      out.pass(submitted, range(told + 1, acknowledged));
      told = acknowledged;
    }, 5);
  },

  zombieCounts(): ZombieCounts {
    const { counts } = zombie!;
    return { acknowledged: Atomics.load(counts, 0), submitted: Atomics.load(counts, 1) };
  },

  terminateSpinning(): ZombieCounts {
    zombie!.worker.terminate();
    return faults.zombieCounts();
  },
};

export type FaultPage = typeof faults;

declare global {
  interface Window {
    faults: FaultPage;
    /** Leads out of the browser. */
    heard: (note: Heard) => Promise<void>;
  }
}
window.faults = faults;

/** One message on its way at a time; what comes meanwhile is joined to the next, so the harness is never far behind. */
class WayOut {
  readonly #load: number;
  #isBusy = false;
  #submitted = 0;
  #acknowledged: number[] = [];

  constructor(load: number) {
    this.#load = load;
  }

  pass(submitted: number, acknowledged: readonly number[]): void {
    this.#submitted = submitted;
    this.#acknowledged.push(...acknowledged);
    if (!this.#isBusy) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isBusy = true;
    for (let sent = -1; sent !== this.#submitted || this.#acknowledged.length > 0;) {
      sent = this.#submitted;
      const acknowledged = this.#acknowledged.splice(0);
      const isOut = window.heard({ load: this.#load, submitted: sent, acknowledged });
      // That it arrived is not needed, only that they do not pile up.
      await Promise.race([isOut, new Promise((resolve) => setTimeout(resolve, WAY_OUT_MS_MAX))]);
    }
    this.#isBusy = false;
  }
}

function started(kind: WorkerKind, name: string): Worker {
  switch (kind) {
    case 'caching':
      return new Worker(new URL('./caching_test.worker.ts', import.meta.url), { type: 'module', name });
    case 'counting': {
      const worker = new Worker(new URL('./counting_test.worker.ts', import.meta.url), { type: 'module', name });
      worker.addEventListener('message', ({ data }: MessageEvent<RefusedOpens>) => {
        if (typeof data.refusedLocks === 'number') refused = data;
      });
      return worker;
    }
    case 'flushed_late':
      return new Worker(new URL('./flushed_late_test.worker.ts', import.meta.url), { type: 'module', name });
    case 'unflushed':
      return new Worker(new URL('./unflushed_test.worker.ts', import.meta.url), { type: 'module', name });
    case 'lab':
      return new Worker(new URL('../../../workers/lab.worker.ts', import.meta.url), { type: 'module', name });
  }
}

async function committed(text: string): Promise<CommitOutcome> {
  const { commands } = await api().run(opened(), `${text}\nflush`, 'hand');
  const results = commands.map(({ result }) => result);
  const failed = results.find(({ kind }) => kind === 'failed');
  if (failed?.kind === 'failed') return { ok: false, code: failed.failure.code };
  const [submitted] = results;
  if (submitted?.kind !== 'submitted') return { ok: false, code: submitted?.kind ?? 'nothing ran' };
  return { ok: true, lsn: submitted.lsn };
}

async function countShortWrites(of: SessionId): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<TraceBatch>) => {
    for (const { event } of data.records) {
      if (event.kind === 'storage.file_written' && event.result === 'short') shortWrites++;
    }
  };
  await api().attachTrace(of, port2, 0);
}

function api(): LabApi {
  if (connection === undefined) throw new Error('start() comes first');
  return connection.api;
}

function opened(): SessionId {
  if (session === undefined) throw new Error('no store is open here');
  return session;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
