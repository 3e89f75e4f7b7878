/** The host as what comlink carries: the same methods, each with its outcome as a value, so that nothing is thrown across. */
import type { OverTheWire, Reply } from '../protocol/failure';
import { LAB_METHODS, type LabApi } from '../protocol/lab_api';
import { replyOf } from './lab_error';

/** `ready` may fail: then every call answers with that failure. */
export function overTheWire(ready: Promise<LabApi>): OverTheWire<LabApi> {
  const methods = LAB_METHODS.map((name) => {
    const call = (...parameters: unknown[]): Promise<Reply<unknown>> =>
      replyOf(async () => {
        const host = await ready;
        const method = host[name] as (...parameters: unknown[]) => unknown;
        return method.apply(host, parameters);
      });
    return [name, call] as const;
  });
  return Object.fromEntries(methods) as unknown as OverTheWire<LabApi>;
}
