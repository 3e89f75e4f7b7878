/**
 * The only module of the page that knows comlink. `connect()` starts a lab worker and gives its methods; what comlink
 * leaves open is closed here:
 *
 *   C1  every call ends: when the worker dies or is terminated, all calls that wait fail at once with `worker_died`
 *       (comlink 4.4 keeps only `resolve` of a pending call, and would wait for ever)
 *   C2  failures are errors with a code, a place and a message, rebuilt from what crossed as plain data
 *   C3  `end()` is explicit: it closes the worker's files, then terminates it; `terminate()` does not ask
 */
import * as Comlink from 'comlink';
import { LabError } from '../lab/lab_error';
import type { OverTheWire } from '../protocol/failure';
import type { LabApi } from '../protocol/lab_api';
import { PROTOCOL_VERSION } from '../protocol/trace';

export interface Connection {
  readonly api: LabApi;
  /** Resolves, never rejects, when the worker is gone. `asked`: by us. */
  readonly died: Promise<{ readonly asked: boolean; readonly reason: string }>;
  readonly alive: boolean;
  /** Ends the worker in the middle of whatever it does. @returns how long the call itself took, in milliseconds. */
  terminate(): number;
  /** Lets the worker close its files, then ends it. */
  end(): Promise<void>;
}

/** Anything that speaks like a worker: tests hand in a port. */
export interface Peer extends Comlink.Endpoint {
  terminate?(): void;
}

function startWorker(name: string): Worker {
  return new Worker(new URL('../../workers/lab.worker.ts', import.meta.url), { type: 'module', name });
}

export function connect(name = 'lab', start: (name: string) => Peer = startWorker): Connection {
  const peer = start(name);
  const wire = Comlink.wrap<OverTheWire<LabApi>>(peer);
  let alive = true;
  let markDead: (end: { asked: boolean; reason: string }) => void = () => undefined;
  const died = new Promise<{ asked: boolean; reason: string }>((resolve) => (markDead = resolve));
  // Each pending call leaves its `reject` here and takes it away when it ends: nothing piles up on `died`.
  const waiting = new Set<(error: LabError) => void>();

  const finish = (asked: boolean, reason: string): number => {
    if (!alive) return 0;
    alive = false;
    const began = performance.now();
    peer.terminate?.();
    const took = performance.now() - began;
    wire[Comlink.releaseProxy]();
    for (const reject of waiting) reject(workerDied(reason));
    waiting.clear();
    markDead({ asked, reason });
    return took;
  };

  peer.addEventListener('error', (event) => {
    const message = 'message' in event && typeof event.message === 'string' ? event.message : 'it could not start';
    finish(false, message);
  });
  peer.addEventListener('messageerror', () => finish(false, 'a message could not be read'));

  const call = async (method: keyof LabApi, parameters: unknown[]): Promise<unknown> => {
    if (!alive) throw workerDied('it was ended before');
    const sent = parameters.map((parameter) =>
      parameter instanceof MessagePort ? Comlink.transfer(parameter, [parameter]) : parameter,
    );
    const remote = wire[method] as unknown as (...parameters: unknown[]) => Promise<unknown>;
    const reply = await new Promise((resolve, reject) => {
      waiting.add(reject);
      remote(...sent)
        .then(resolve, reject)
        .finally(() => waiting.delete(reject));
    });
    return unwrap(reply);
  };

  const api = new Proxy({} as LabApi, {
    get: (_target, method) =>
      // A proxy that is awaited is asked for `then`: it is not a promise.
      typeof method === 'string' && method !== 'then'
        ? (...parameters: unknown[]) => call(method as keyof LabApi, parameters)
        : undefined,
  });

  return {
    api,
    died,
    get alive() {
      return alive;
    },
    terminate: () => finish(true, 'it was terminated'),
    async end() {
      if (!alive) return;
      try {
        await Promise.race([api.close(), died]);
      } catch {
        // A store that cannot be closed cleanly is recovered at the next opening, as after any crash.
      }
      finish(true, 'it was closed');
    },
  };
}

/** Connects and checks that page and worker are of one version. */
export async function connectAndGreet(
  name?: string,
): Promise<Connection & { hello: Awaited<ReturnType<LabApi['hello']>> }> {
  const connection = connect(name);
  const hello = await connection.api.hello(PROTOCOL_VERSION);
  return Object.assign(connection, { hello });
}

function unwrap(reply: unknown): unknown {
  const known = reply as
    { ok: true; value: unknown } | { ok: false; failure: ConstructorParameters<typeof LabError>[0] };
  if (known.ok) return known.value;
  throw new LabError(known.failure);
}

function workerDied(reason: string): LabError {
  return new LabError({ code: 'worker_died', message: `The worker ended: ${reason}.`, place: {} });
}
