/** For tests: the real host over files in memory, in the page itself instead of a worker. */
import * as Comlink from 'comlink';
import type { HostEnvironment } from '../../host/environment';
import { Host } from '../../host/host';
import { LabError } from '../../host/lab_error';
import { MemoryStorage } from '../../storage/memory';
import type { Failure } from '../../protocol/failure';
import { PROTOCOL_VERSION } from '../../protocol/trace';
import { connect, type Connection, type Peer } from '../connect';

function memoryEnvironment(): HostEnvironment {
  let folders = 0;
  let seeds = 0;
  return {
    storage: 'memory',
    why: 'a test',
    openLearner: () => Promise.resolve(new MemoryStorage().openNow({ create: true })),
    findLearnerOwner: () => Promise.resolve(undefined),
    addScratch: () => Promise.resolve(`scratch_${++folders}`),
    openScratch: () => Promise.resolve(new MemoryStorage().openNow({ create: true })),
    removeScratch: () => Promise.resolve(),
    hop: (run) => setTimeout(run),
    pause: () => new Promise((resolve) => setTimeout(resolve)),
    now: () => performance.now(),
    drawSeed: () => ++seeds,
  };
}

export function connectInPage(): Connection {
  const host = new Host(memoryEnvironment(), PROTOCOL_VERSION);
  const { port1, port2 } = new MessageChannel();
  const replying = new Proxy(host, {
    get:
      (target, method) =>
      async (...parameters: unknown[]) => {
        try {
          const call = Reflect.get(target, method) as (...parameters: unknown[]) => Promise<unknown>;
          return { ok: true, value: await call.apply(target, parameters) };
        } catch (error) {
          return { ok: false, failure: failureOf(error) };
        }
      },
  });
  Comlink.expose(replying, port2);
  const peer: Peer = Object.assign(port1, { terminate: () => port2.close() });
  return connect('test', () => peer);
}

function failureOf(error: unknown): Failure {
  if (error instanceof LabError) return { code: error.code, message: error.message, place: error.place };
  return { code: 'assertion_failed', message: String(error), place: {} };
}
