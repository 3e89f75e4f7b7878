/** Counts what the browser refuses this worker: a lock that another has, a file that another has open. */
export interface RefusedOpens {
  readonly refusedLocks: number;
  readonly refusedFiles: number;
}

let refusedLocks = 0;
let refusedFiles = 0;
const say = (): void => postMessage({ refusedLocks, refusedFiles } satisfies RefusedOpens);

const { createSyncAccessHandle } = FileSystemFileHandle.prototype;
FileSystemFileHandle.prototype.createSyncAccessHandle = async function (...options) {
  try {
    return await createSyncAccessHandle.apply(this, options);
  } catch (error) {
    refusedFiles++;
    say();
    throw error;
  }
};

type Granted = (lock: Lock | null) => unknown;
const { locks } = navigator;
const request = locks.request.bind(locks) as (name: string, options: LockOptions, granted: Granted) => Promise<unknown>;
Object.defineProperty(locks, 'request', {
  value: (name: string, options: LockOptions, granted: Granted) =>
    request(name, options, (lock) => {
      if (lock === null) {
        refusedLocks++;
        say();
      }
      return granted(lock);
    }),
});
