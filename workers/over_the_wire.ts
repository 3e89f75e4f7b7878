/** The host as what comlink carries: the same methods, each with its outcome as a value, so that nothing is thrown across. */
import type { OverTheWire, Reply } from '../src/protocol/failure';
import { LAB_METHODS, type LabApi } from '../src/protocol/lab_api';
import type { Served } from '../src/host/host';
import { replyOf } from '../src/host/lab_error';

/** `ready` may fail: then every call answers with that failure. */
export function overTheWire(ready: Promise<Served<LabApi>>): OverTheWire<LabApi> {
  const methods = LAB_METHODS.map((name) => {
    const call = (...parameters: unknown[]): Promise<Reply<unknown>> =>
      replyOf(async () => {
        const host = (await ready) as unknown as Record<string, (...parameters: unknown[]) => unknown>;
        return host[name]!(...parameters);
      });
    return [name, call] as const;
  });
  return Object.fromEntries(methods) as unknown as OverTheWire<LabApi>;
}
