/**
 * For tests: a session as the lab runs it, on the real host, folded event by event and held to what the engine says of
 * itself after each. A room gives its fold, its narrator and its comparison; `compared` says that there was one.
 */
import { expect } from 'vitest';
import { openScript } from '../../../host/testing/sessions';
import type { StoreDescription } from '../../../kv_store/types';
import type { SessionSpec } from '../../../protocol/session';
import type { LabEvent, TraceRecord } from '../../../protocol/trace';
import type { Command } from '../../../workload/command';
import { parseScript } from '../../../workload/parser';
import { printCommand } from '../../../workload/printer';
import type { TraceRoom } from '../trace_room';

export interface Told<View> {
  readonly record: TraceRecord;
  readonly before: View;
  readonly view: View;
  readonly sentence: string;
}

export abstract class HeldRun<View> {
  view: View;
  /** Events after which the two were compared. */
  compared = 0;
  /** How often each event came, and each result of a command. */
  readonly seen = new Map<string, number>();
  readonly told: Told<View>[] = [];
  readonly session: ReturnType<typeof openScript>;
  readonly #room: Pick<TraceRoom<View>, 'fold' | 'narrate'>;
  #text: string;

  constructor(room: Pick<TraceRoom<View>, 'fold' | 'narrate'>, settings: string, spec: Partial<SessionSpec>) {
    this.#room = room;
    this.#text = settings;
    this.view = room.fold.initial();
    this.session = openScript(settings, spec);
    const { recorder } = this.session;
    for (const record of recorder.records(0)) this.#take(record);
    this.session.onEvent = () => {
      // The recorder has it by now, with its number.
      const record = recorder.records(recorder.nextSeq - 1)[0]!;
      this.#take(record);
      if (!this.session.isOpen) return;
      const when = (): string => `after event ${record.seq}, ${record.event.kind}, in\n${this.#text}`;
      if (this.compare(() => this.session.store.describe(), record, when)) this.compared++;
    };
  }

  /** The commands of a script; its settings are those of the session. */
  static of<Run extends { do(command: Command): unknown }>(this: new (settings: string) => Run, text: string): Run {
    const run = new this(text);
    for (const { command } of parseScript(text).script.lines) run.do(command);
    return run;
  }

  do(command: Command | string): this {
    const text = typeof command === 'string' ? command : printCommand(command);
    this.#text += `\n${text}`.replace(/"(\\x00)*"/g, (zeros) => `@${(zeros.length - 2) / 4}`);
    const { errors, script } = parseScript(text);
    expect(errors, text).toEqual([]);
    for (const line of script.lines) this.session.execute(line.command, 1);
    if (this.session.isOpen) this.compareAtRest?.(this.session.store.describe(), `at the end of\n${this.#text}`);
    return this;
  }

  /** The step of the last event of a kind. */
  last(kind: LabEvent['kind']): Told<View> {
    return this.told.findLast(({ record }) => record.event.kind === kind) ?? expect.fail(`no ${kind} in this run`);
  }

  /** After an event. False: just now there is nothing to hold the view to. */
  protected abstract compare(engine: () => StoreDescription, record: TraceRecord, when: () => string): boolean;

  /** After a command, for what holds at its end only. */
  protected compareAtRest?(engine: StoreDescription, when: string): void;

  #take(record: TraceRecord): void {
    for (const name of namesOf(record.event)) this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
    const before = this.view;
    this.view = this.#room.fold.apply(before, record);
    const sentence = this.#room.narrate(record, before, this.view);
    this.told.push({ record, before, view: this.view, sentence });
  }
}

/** What an event counts as: its kind, what a command came to, and what became of an entry in a merge. */
function namesOf(event: LabEvent): readonly string[] {
  if (event.kind === 'lsm.entry_merged') return [event.kind, event.outcome];
  if (event.kind !== 'host.command_finished') return [event.kind];
  return [event.result.kind === 'failed' ? event.result.failure.code : event.result.kind];
}
