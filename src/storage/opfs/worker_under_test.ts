/** For the browser tests: a worker that holds a store and does what a test page tells it, one command at a time. */
import { isEngineError } from '../../base/errors';
import { CONFORMANCE_CASES } from '../conformance';
import { closeAll, type FileSet } from '../file';
import { Latch, latchedFiles } from '../latched';
import { opfsAvailable } from './available';
import { parkForEver } from './parking';
import { OpfsStorage, type StorePath } from './storage';

export type Command =
  | { readonly do: 'conformance case'; readonly name: string; readonly path: StorePath }
  | { readonly do: 'available' }
  | {
      readonly do: 'open';
      readonly path: StorePath;
      readonly label: string;
      readonly takeOver?: boolean;
      /** What it answers when another worker asks for the store. */
      readonly whenAsked?: 'close' | 'refuse';
    }
  | { readonly do: 'write'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly do: 'read'; readonly length: number }
  /** Writes one byte after the other, parks at call `stopAt` and never answers. */
  | { readonly do: 'write and park'; readonly stopAt: number; readonly prefixBytes: number }
  | { readonly do: 'spin'; readonly milliseconds: number }
  | { readonly do: 'close' }
  | { readonly do: 'remove'; readonly path: StorePath };

export type Answer = { readonly ok: unknown } | { readonly error: string; readonly message: string };

/** Sent without being asked: the store was lost to another worker, or the worker is about to park. */
export type Notice = { readonly notice: 'lost' | 'parking' };

let files: FileSet | null = null;

onmessage = ({ data }: MessageEvent<Command>): void => {
  obey(data).then(
    (ok) => postMessage({ ok } satisfies Answer),
    (error: unknown) => {
      const code = isEngineError(error) ? error.code : 'failed';
      postMessage({ error: code, message: String(error) } satisfies Answer);
    },
  );
};

async function obey(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'available':
      return await opfsAvailable('probe_of_a_test');
    case 'conformance case': {
      await runCase(command.name, command.path);
      return;
    }
    case 'open':
      files = await storage(command.path, command.label, command.whenAsked).open({
        create: true,
        takeOver: command.takeOver ?? false,
      });
      return null;
    case 'write':
      return files!.log.write(command.at, new Uint8Array(command.bytes));
    case 'read': {
      const into = new Uint8Array(command.length);
      return [...into.subarray(0, files!.log.read(0, into))];
    }
    case 'write and park':
      writeUntilParked(command.stopAt, command.prefixBytes);
      return null;
    case 'spin':
      for (const end = performance.now() + command.milliseconds; performance.now() < end;);
      return null;
    case 'close':
      closeAll(files!);
      return null;
    case 'remove':
      await storage(command.path, 'remover').remove();
      return null;
  }
}

async function runCase(name: string, path: StorePath): Promise<void> {
  const place = storage(path, name);
  await place.remove();
  await CONFORMANCE_CASES.find((candidate) => candidate.name === name)!.run(place);
  await place.remove();
}

function storage(path: StorePath, label: string, whenAsked: 'close' | 'refuse' = 'refuse'): OpfsStorage {
  return new OpfsStorage({
    path,
    label,
    now: () => Date.now(),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    onAskedToRelease: whenAsked === 'close' ? (): void => closeAll(files!) : undefined,
    onLost: () => postMessage({ notice: 'lost' } satisfies Notice),
  });
}

/** Calls 1, 2, 3... write 4 bytes each, of the number of the call. */
function writeUntilParked(stopAt: number, prefixBytes: number): void {
  const onClosed = (): never => {
    postMessage({ notice: 'parking' } satisfies Notice);
    return parkForEver();
  };
  const latched = latchedFiles(files!, new Latch({ stopAt, prefixBytes, onClosed }));
  for (let call = 1; ; call++) latched.log.write((call - 1) * 4, new Uint8Array(4).fill(call));
}
