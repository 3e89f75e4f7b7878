/**
 * Running a transaction again when others came first.
 *
 * A transaction that is refused has written nothing, so all of it can be run again, reads too: what it read does not count any more.
 * At once would mostly be too soon. The commit that it lost against may still be on its way to the disk, and a snapshot
 * that is taken before that is published loses against it again. So each try waits longer than the one before, up to a limit,
 * and by an amount of its own: clients that lost together must not come back together. (Exponential back-off is Metcalfe and Boggs
 * 1976, "Ethernet", section 4.2; half of each wait is fixed here and half is drawn.)
 *
 *     try 1 ─ refused ─ 0.5..1 ms ─ try 2 ─ refused ─ 1..2 ms ─ try 3 ─ refused ─ 2..4 ms ─ try 4 ... 32..64 ms ─ try 8
 *
 * Which errors say that a new transaction may succeed is in the table beside the codes (`base/errors.ts`). Anything else is
 * the caller's at once, and so is the last refusal when all tries are used up.
 */
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import type { Random } from '../base/runtime';
import type { CommitOptions, Store } from '../kv_store';
import type { BeginOptions, Transaction } from '../mvcc';

export interface RetryOptions {
  /** Tries in all, the first included. */
  readonly triesMax?: number;
  readonly firstWaitMilliseconds?: number;
  readonly waitMillisecondsMax?: number;
  /** For the part of each wait that is drawn. */
  readonly random: Random;
  /** Lets so much time go by. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

const TRIES_MAX = 8;
const FIRST_WAIT_MILLISECONDS = 1;
const WAIT_MILLISECONDS_MAX = 100;

/** @param work is told which try it is, from 1; it has to begin anew each time */
export async function retry<T>(work: (tries: number) => T | Promise<T>, options: RetryOptions): Promise<T> {
  const { triesMax = TRIES_MAX, wait } = options;
  assert(triesMax >= 1, 'there is a first try');
  for (let tries = 1; ; tries++) {
    try {
      return await work(tries);
    } catch (error) {
      const mayGoBetter = error instanceof EngineError && error.retry === 'new_transaction';
      if (!mayGoBetter || tries === triesMax) throw error;
    }
    await wait(waitAfter(tries, options));
  }
}

/** Half of it is fixed, so that nobody comes back at once. */
function waitAfter(
  tries: number,
  {
    firstWaitMilliseconds = FIRST_WAIT_MILLISECONDS,
    random,
    waitMillisecondsMax = WAIT_MILLISECONDS_MAX,
  }: RetryOptions,
): number {
  const longest = Math.min(waitMillisecondsMax, firstWaitMilliseconds * 2 ** (tries - 1));
  return (longest / 2) * (1 + random.next() / 2 ** 32);
}

export interface TransactionOptions extends RetryOptions, Omit<BeginOptions, 'at' | 'readOnly'>, CommitOptions {}

/**
 * Runs `work` in a transaction of its own and commits it, again and again if need be. Resolves once the promise of its mode
 * holds. What `work` throws ends the transaction, and is thrown.
 */
export function inTransaction<T>(
  store: Store,
  work: (transaction: Transaction) => T | Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const { client, label, level, mode } = options;
  return retry(async () => {
    const transaction = store.begin({ ...(label !== undefined && { label }), ...(level && { level }) });
    try {
      const value = await work(transaction);
      await settled(transaction, { ...(client !== undefined && { client }), ...(mode && { mode }) });
      return value;
    } finally {
      transaction.abort(); // Nothing, if it has been submitted.
    }
  }, options);
}

function settled(transaction: Transaction, options: CommitOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.commit(options).onSettled((error) => (error ? reject(error) : resolve()));
  });
}
