/**
 * Sessions on one clock, on the real store: each step at its tick, and nobody waits. Who is refused at its commit begins again
 * at once. Beside it the same plan in the model of locks (`workload/lanes.ts`).
 */
import { encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import type { Transaction } from '../mvcc';
import { nameOfKey } from '../mvcc/history/values';
import type { LanesNote, LanesQuestion } from '../protocol/mvcc';
import { withLocks, type LaneAction, type LanePlan, type LaneRun, type LaneStep } from '../workload/lanes';
import { VersionedStore } from './versioned_store';

/** What every key holds before the first tick. */
const FIRST = 'old';

export const runLanes = ({ index, plan, seed }: Pick<LanesQuestion, 'index' | 'plan' | 'seed'>): LanesNote => ({
  note: 'lanes',
  plan,
  ...new LanesOnStore(plan, new VersionedStore(index, seed)).run(),
  locks: withLocks(plan),
});

interface Lane {
  next: number;
  attempt: number;
  freeFrom: number;
  transaction: Transaction | undefined;
}

class LanesOnStore {
  readonly #plan: LanePlan;
  readonly #store: VersionedStore;
  readonly #lanes: readonly Lane[];
  readonly #steps: LaneStep[] = [];

  constructor(plan: LanePlan, store: VersionedStore) {
    this.#plan = plan;
    this.#store = store;
    this.#lanes = plan.lanes.map(() => ({ next: 0, attempt: 0, freeFrom: 0, transaction: undefined }));
    for (const key of keysOf(plan)) store.put(encodeText(key), encodeText(FIRST));
  }

  run(): { readonly versions: LaneRun; readonly kept: readonly number[] } {
    const kept: number[] = [];
    let tick = 0;
    for (; this.#lanes.some(({ next }, lane) => next < this.#plan.lanes[lane]!.length); tick++) {
      for (const lane of this.#lanes.keys()) this.#turn(lane, tick);
      this.#store.vacuum();
      const { keys, versions } = this.#store.measure();
      kept.push(versions - keys);
    }
    return { versions: { steps: this.#steps, ticks: tick }, kept };
  }

  #turn(number: number, tick: number): void {
    const lane = this.#lanes[number]!;
    const planned = this.#plan.lanes[number]![lane.next];
    if (planned === undefined || tick < lane.freeFrom || (lane.attempt === 0 && tick < planned.tick)) return;
    const { how, read } = this.#act(number, planned.action);
    const { attempt, next: step } = lane;
    const at = { lane: number, attempt, step, askedAt: tick, tick, waitedFor: [] };
    this.#steps.push({ ...at, how, ...(read !== undefined && { read }) });
    lane.freeFrom = tick + 1;
    if (how === 'refused') Object.assign(lane, { next: 0, attempt: attempt + 1 });
    else lane.next++;
  }

  #act(number: number, action: LaneAction): { readonly how: LaneStep['how']; readonly read?: string } {
    const lane = this.#lanes[number]!;
    if (action[0] === 'begin') {
      lane.transaction = this.#store.begin({});
      return { how: 'done' };
    }
    const transaction = lane.transaction!;
    switch (action[0]) {
      case 'read':
        return { how: 'done', read: textOf(transaction.get(encodeText(action[1]))) };
      case 'scan': {
        const entries = transaction.scan({ from: encodeText(action[1]), to: encodeText(action[2]) });
        return {
          how: 'done',
          read: [...entries].map(({ key, value }) => `${nameOfKey(key)} ${textOf(value)}`).join(', '),
        };
      }
      case 'write':
        transaction.put(encodeText(action[1]), encodeText(`T${number + 1}`));
        return { how: 'done' };
      case 'commit':
        return { how: this.#commit(transaction) };
    }
  }

  #commit(transaction: Transaction): LaneStep['how'] {
    try {
      transaction.commit();
      this.#store.flush();
      return 'done';
    } catch (error) {
      if (!isEngineError(error) || error.retry !== 'new_transaction') throw error;
      return 'refused';
    }
  }
}

const textOf = (value: Uint8Array | undefined): string => (value === undefined ? 'nothing' : nameOfKey(value));

/** What is read or written, by name. */
function keysOf({ lanes }: LanePlan): string[] {
  const keys = lanes.flatMap((steps) =>
    steps.flatMap(({ action }) => (action[0] === 'read' || action[0] === 'write' ? [action[1]] : [])),
  );
  return [...new Set(keys)].sort();
}
