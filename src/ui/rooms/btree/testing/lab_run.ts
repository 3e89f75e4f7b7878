/** For tests: a session as the lab runs it, folded event by event, and held to the engine after each (V1, V2). */
import { openScript } from '../../../../host/testing/sessions';
import type { SessionSpec } from '../../../../protocol/session';
import type { TraceRecord } from '../../../../protocol/trace';
import type { Command } from '../../../../workload/command';
import { parseScript } from '../../../../workload/parser';
import { printCommand } from '../../../../workload/printer';
import { treeFold } from '../fold';
import type { TreeView } from '../model';
import { narrate } from '../narrate';
import { expectSameExtents, expectSameTree } from './same_tree';

export class LabRun {
  view: TreeView = treeFold.initial();
  /** Events after which the two were compared. */
  compared = 0;
  /** How often each event came, and each result of a command. */
  readonly seen = new Map<string, number>();
  readonly told: { readonly record: TraceRecord; readonly view: TreeView; readonly sentence: string }[] = [];
  readonly session: ReturnType<typeof openScript>;
  #text: string;

  /** @param options `isHeld` false: the engine's description knows of damage that no event told of, or of none at all */
  constructor(settings: string, spec: Partial<SessionSpec> = {}, { isHeld = true } = {}) {
    this.#text = settings;
    this.session = openScript(settings, spec);
    const { recorder } = this.session;
    for (const record of recorder.records(0)) this.#take(record);
    this.session.onEvent = () => {
      // The recorder has it by now, with its number.
      const record = recorder.records(recorder.nextSeq - 1)[0]!;
      this.#take(record);
      const tree = this.session.isOpen ? this.session.store.describe().tree : undefined;
      if (tree === undefined || !isHeld) return;
      expectSameTree(this.view, tree, () => `after event ${record.seq}, ${record.event.kind}, in\n${this.#text}`);
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
    if (this.session.isOpen)
      expectSameExtents(this.view, this.session.store.describe().extents, `at the end of\n${this.#text}`);
    return this;
  }

  /** What was said at the last event of that kind. */
  sentence(kind: TraceRecord['event']['kind']): string {
    return this.told.findLast(({ record }) => record.event.kind === kind)?.sentence ?? '';
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
    this.view = treeFold.apply(before, record);
    this.told.push({ record, view: this.view, sentence: narrate(record, before, this.view) });
  }
}
