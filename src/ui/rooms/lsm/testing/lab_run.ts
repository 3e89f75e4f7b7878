/** For tests: a session as the lab runs it, folded event by event, and held to the engine after each (V1, V2). */
import { expect } from 'vitest';
import { openScript } from '../../../../host/testing/sessions';
import type { StoreDescription } from '../../../../kv_store/types';
import type { LsmDescription } from '../../../../lsm';
import type { SessionSpec } from '../../../../protocol/session';
import type { TraceRecord } from '../../../../protocol/trace';
import type { Command } from '../../../../workload/command';
import { parseScript } from '../../../../workload/parser';
import { printCommand } from '../../../../workload/printer';
import { describeView } from '../describe';
import { lsmFold } from '../fold';
import type { LsmView } from '../model';
import { narrate } from '../narrate';

export interface Told {
  readonly record: TraceRecord;
  readonly before: LsmView;
  readonly view: LsmView;
  readonly sentence: string;
}

export class LabRun {
  view: LsmView = lsmFold.initial();
  /** Events after which the two were compared. */
  compared = 0;
  /** Commits that waited for their answer at the end of a command, at most. */
  waiting = 0;
  /** How often each event came, and each result of a command. */
  readonly seen = new Map<string, number>();
  readonly told: Told[] = [];
  readonly session: ReturnType<typeof openScript>;
  #text: string;

  constructor(settings: string, spec: Partial<SessionSpec> = {}) {
    this.#text = settings;
    this.session = openScript(settings, spec);
    const { recorder } = this.session;
    for (const record of recorder.records(0)) this.#take(record);
    this.session.onEvent = () => {
      // The recorder has it by now, with its number.
      const record = recorder.records(recorder.nextSeq - 1)[0]!;
      this.#take(record);
      const lsm = this.session.isOpen ? this.session.store.describe().lsm : undefined;
      if (lsm === undefined) return;
      expectSame(this.view, lsm, () => `after event ${record.seq}, ${record.event.kind}, in\n${this.#text}`);
      this.compared++;
    };
  }

  /** The commands of a script; its settings are those of the session. */
  static of(text: string): LabRun {
    const run = new LabRun(text);
    for (const { command } of parseScript(text).script.lines) run.do(command);
    return run;
  }

  do(command: Command | string): this {
    const text = typeof command === 'string' ? command : printCommand(command);
    this.#text += `\n${text}`.replace(/"(\\x00)*"/g, (zeros) => `@${(zeros.length - 2) / 4}`);
    for (const line of parseScript(text).script.lines) this.session.execute(line.command, 1);
    if (this.session.isOpen) {
      const { extents, waiting } = this.session.store.describe();
      const when = `at the end of\n${this.#text}`;
      expectSameExtents(this.view, extents, when);
      expect(this.view.writers, `V5 who waits, ${when}`).toEqual(waiting.map(({ lsn }) => lsn));
      this.waiting = Math.max(this.waiting, waiting.length);
      expect(unflushedOf(this.view), `V6 what is not flushed, ${when}`).toEqual(pendingOf(this.session, this.view));
    }
    return this;
  }

  #take(record: TraceRecord): void {
    const { event } = record;
    const name =
      event.kind !== 'host.command_finished'
        ? event.kind
        : event.result.kind === 'failed'
          ? event.result.failure.code
          : event.result.kind;
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
    const before = this.view;
    this.view = lsmFold.apply(before, record);
    this.told.push({ record, before, view: this.view, sentence: narrate(record, before, this.view) });
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
