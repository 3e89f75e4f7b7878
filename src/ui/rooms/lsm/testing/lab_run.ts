/** For tests: a session as the lab runs it, held to the engine after each event and at each rest (V1, V2, V5, V6). */
import { expect } from 'vitest';
import type { StoreDescription } from '../../../../kv_store/types';
import type { LsmDescription } from '../../../../lsm';
import type { SessionSpec } from '../../../../protocol/session';
import type { TraceRecord } from '../../../../protocol/trace';
import { HeldRun } from '../../testing/held_run';
import { describeView } from '../describe';
import { lsmFold } from '../fold';
import type { LsmView } from '../model';
import { narrate } from '../narrate';

export class LabRun extends HeldRun<LsmView> {
  /** Commits that waited for their answer at the end of a command, at most. */
  waiting = 0;

  constructor(settings: string, spec: Partial<SessionSpec> = {}) {
    super({ fold: lsmFold, narrate }, settings, spec);
  }

  protected override compare(engine: () => StoreDescription, _: TraceRecord, when: () => string): boolean {
    const { lsm } = engine();
    if (lsm === undefined) return false;
    expectSame(this.view, lsm, when);
    return true;
  }

  protected override compareAtRest({ extents, waiting }: StoreDescription, when: string): void {
    expectSameExtents(this.view, extents, when);
    expect(this.view.writers, `V5 who waits, ${when}`).toEqual(waiting.map(({ lsn }) => lsn));
    this.waiting = Math.max(this.waiting, waiting.length);
    expect(unflushedOf(this.view), `V6 what is not flushed, ${when}`).toEqual(pendingOf(this.session, this.view));
  }
}

/** V1. Comparing text is cheaper than telling what differs. */
export function expectSame(view: LsmView, lsm: LsmDescription, when: () => string): void {
  const mine = describeView(view);
  if (inWords(mine) !== inWords(lsm)) expect(mine, when()).toEqual(lsm);
}

const inWords = (description: LsmDescription): string =>
  JSON.stringify(description, (_, value: unknown) => (value instanceof Uint8Array ? value.join() : value));

/** V2. Of a flush or a merge under way the engine has taken extents before anything is told of them. */
export function expectSameExtents(view: LsmView, extents: StoreDescription['extents'], when: string): void {
  if (view.making.length > 0) return;
  const mine = [...view.extents].flatMap((known) => (known?.state === 'live' ? [known.extent] : []));
  const theirs = extents.filter(({ state }) => state === 'live').map(({ extent }) => extent);
  expect(
    mine.sort((a, b) => a - b),
    when,
  ).toEqual(theirs.sort((a, b) => a - b));
}

/** V6. Nobody draws whether what is free was flushed. */
const unflushedOf = ({ extents }: LsmView): readonly number[] =>
  [...extents].flatMap((one) => (one?.isUnflushed === true && one.state !== 'free' ? [one.extent] : []));

function pendingOf({ device }: LabRun['session'], { extentBytes, extents: known }: LsmView): readonly number[] {
  const extents = new Set<number>();
  for (const item of device.pending()) {
    if (item.kind !== 'sector' || !item.file.startsWith('data_')) continue;
    extents.add(2 * Math.floor(item.at / extentBytes) + (item.file === 'data_0' ? 0 : 1));
  }
  return [...extents].filter((extent) => known.get(extent)?.state !== 'free').sort((a, b) => a - b);
}
