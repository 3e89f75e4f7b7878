/**
 * Who owns a store: at most one tab, and every other tab can find out which and ask for it.
 *
 * The lock of record is a Web Lock named after the store: the browser frees it when its holder dies. What a lock does
 * not say, who holds it, is asked by roll call on a BroadcastChannel of the same name:
 *
 *     newcomer                          owner
 *        | lock, if available? -> no      |
 *        | roll_call -------------------->|
 *        |<----------- owner {label, since}      -> storage_in_use, with the label, at once
 *        |
 *        | release_please --------------->|  takes over: the owner closes the store, then frees the lock
 *        |<------------------ lock granted|
 *        |  (no answer in a second: steal the lock; whoever had it is told, and shuts its files, when it wakes)
 *
 *   O1  Nobody opens a file of a store without its lock.
 *   O2  A lock whose owner does not answer the roll call is waited for (`Patience`): its worker may just have died,
 *       and keeps lock and handles for two more seconds.
 *   O3  Stealing a lock frees no file handle. The thief waits for the handles like anyone else, and writes nothing
 *       before it has all four; a frozen owner therefore holds on until it is closed.
 */
import { EngineError } from '../../base/errors';
import type { Patience, Wait } from './patience';

export interface Owner {
  /** Words that tell the user which tab it is. */
  readonly label: string;
  /** Milliseconds since 1970 by the owner's clock; only ever shown. */
  readonly sinceMs: number;
}

export interface OwnershipOptions {
  readonly store: string;
  readonly owner: Owner;
  readonly wait: Wait;
  /** Another tab asks for the store: close it. The lock is free when the promise resolves; if it rejects, it is kept. */
  readonly onAskedToRelease: () => void | Promise<void>;
  /** The lock was stolen: stop at once, the store is somebody else's. */
  readonly onLost: () => void;
}

type Message = { kind: 'roll_call' } | { kind: 'release_please' } | ({ kind: 'owner' } & Owner);

/** A lock that was just let go, or whose worker was just ended, is free within some 40 ms: not worth a roll call yet. */
const QUIET_TRIES = 3;

/** How long an owner that is alive may take to answer the roll call, and to hand over when asked. */
const ROLL_CALL_MS = 250;
const HAND_OVER_MS = 1000;

export class Ownership {
  readonly #release: () => void;
  readonly #channel: BroadcastChannel;

  private constructor(options: OwnershipOptions, release: () => void) {
    this.#release = release;
    this.#channel = new BroadcastChannel(lockName(options.store));
    this.#channel.onmessage = ({ data }: MessageEvent<Message>): void => {
      if (data.kind === 'roll_call') this.#channel.postMessage({ kind: 'owner', ...options.owner } satisfies Message);
      if (data.kind === 'release_please') void this.#handOver(options);
    };
  }

  /** @throws EngineError storage_in_use, with the owner's label if it answers */
  static async claim(options: OwnershipOptions, patience: Patience): Promise<Ownership> {
    for (let tries = 1; ; tries++) {
      const owned = await Ownership.#lock(options, { ifAvailable: true });
      if (owned !== null) return owned;
      if (tries <= QUIET_TRIES) {
        await patience.pause();
        continue;
      }
      const owner = await findOwner(options.store, (milliseconds) => patience.spend(milliseconds));
      if (owner !== undefined || patience.isExhausted) throw inUse(options.store, owner);
      await patience.pause(); // O2
    }
  }

  /** Asks the owner for the store, and steals the lock if there is no answer. */
  static async takeOver(options: OwnershipOptions): Promise<Ownership> {
    const channel = new BroadcastChannel(lockName(options.store));
    channel.postMessage({ kind: 'release_please' } satisfies Message);
    const giveUp = new AbortController();
    void options.wait(HAND_OVER_MS).then(() => giveUp.abort());
    try {
      const owned = await Ownership.#lock(options, { signal: giveUp.signal });
      if (owned !== null) return owned;
    } catch (error) {
      if (!giveUp.signal.aborted) throw error;
    } finally {
      channel.close();
    }
    const stolen = await Ownership.#lock(options, { steal: true });
    if (stolen === null) throw inUse(options.store, undefined);
    return stolen;
  }

  /** Frees the lock; to be called when no file of the store is open any more. */
  release(): void {
    this.#channel.close();
    this.#release();
  }

  async #handOver({ onAskedToRelease }: OwnershipOptions): Promise<void> {
    try {
      await onAskedToRelease();
    } catch {
      return; // The owner cannot let go: the other tab will steal the lock, and wait for the files.
    }
    this.release();
  }

  /** The lock, held until released; null if it is taken and was only wanted if available. */
  static #lock(options: OwnershipOptions, how: LockOptions): Promise<Ownership | null> {
    return new Promise((resolve, reject) => {
      let owned: Ownership | null = null;
      const held = navigator.locks.request(lockName(options.store), how, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => {
          owned = new Ownership(options, release);
          resolve(owned);
        });
      });
      held.catch((error: unknown) => {
        if (owned === null) reject(error instanceof Error ? error : new Error(String(error)));
        else {
          owned.#channel.close();
          options.onLost();
        }
      });
    });
  }
}

/** The owner of a store if there is one and it is awake; undefined otherwise. */
export async function findOwner(store: string, wait: Wait): Promise<Owner | undefined> {
  const channel = new BroadcastChannel(lockName(store));
  const answer = new Promise<Owner>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<Message>): void => {
      if (data.kind === 'owner') resolve({ label: data.label, sinceMs: data.sinceMs });
    };
  });
  channel.postMessage({ kind: 'roll_call' } satisfies Message);
  const owner = await Promise.race([answer, wait(ROLL_CALL_MS)]);
  channel.close();
  return owner ?? undefined;
}

const lockName = (store: string): string => `faultline:${store}`;

function inUse(store: string, owner: Owner | undefined): EngineError {
  const who =
    owner === undefined
      ? 'by something that does not answer: a frozen tab, or one that was just closed'
      : `by "${owner.label}", since ${new Date(owner.sinceMs).toISOString()}`;
  return new EngineError('storage_in_use', `The store ${store} is in use ${who}.`);
}
