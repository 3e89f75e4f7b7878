/** The subject of a worker, with its data, and whether it is open. */
import { assert } from '../base/assert';
import type { CommitRequest } from '../protocol/commit_port';
import { Dataset } from './dataset';
import { measureDevice } from './device';
import type { Command } from './messages';
import type { Plan } from './plan';
import type { Subject } from './subject';
import { SUBJECTS } from './subjects';
import type { Round } from './loops';
import { loadRows, WORKLOADS } from './workloads';

export class HeldSubject {
  readonly #subject: Subject;
  readonly #data: Dataset;
  readonly #plan: Plan;
  readonly #counter = { next: 0 };
  #isOpen = false;

  private constructor(subject: Subject, valueBytes: number, plan: Plan) {
    this.#subject = subject;
    this.#data = new Dataset(plan.rows, valueBytes);
    this.#plan = plan;
  }

  static async make({ subject, valueBytes, plan }: Extract<Command, { do: 'start' }>): Promise<HeldSubject> {
    const entry = SUBJECTS.find(({ name }) => name === subject);
    assert(entry !== undefined, 'the page names subjects from the same list');
    const folder = `${entry.name.toLowerCase().replaceAll(/\W+/g, '_')}_${valueBytes}`;
    return new HeldSubject(await entry.make(folder), valueBytes, plan);
  }

  async obey(command: Exclude<Command, { do: 'start' }>): Promise<unknown> {
    switch (command.do) {
      case 'list':
        return this.#list();
      case 'open':
        return this.#open();
      case 'clear':
        return this.#clear();
      case 'fill':
        return this.#fill();
      case 'fill log':
        return this.#subject.recovery!.fill(this.#plan.recoveryLogBytes, (number) => this.#data.overwrite(number));
      case 'run':
        return this.#run(command.workload, command.settled);
      case 'serve':
        for (const port of command.ports) this.#serve(port);
        return null;
      case 'measure device':
        return measureDevice();
      case 'measure checkpoint interval':
        return (await import('./checkpoint_interval')).measureCheckpointInterval(this.#data, command.intervalBytes);
      case 'close':
        return this.#close();
      case 'remove':
        return this.#remove();
    }
  }

  #list(): string[] {
    const { valueBytes } = this.#data;
    return WORKLOADS.filter((one) => one.valueBytes === valueBytes && one.canRun(this.#subject)).map(
      ({ name }) => name,
    );
  }

  async #open(): Promise<void> {
    if (!this.#isOpen) await this.#subject.open();
    this.#isOpen = true;
  }

  async #clear(): Promise<void> {
    await this.#close();
    await this.#subject.remove();
    await this.#open();
  }

  async #fill(): Promise<void> {
    await this.#clear();
    if (this.#subject.scan) await loadRows(this.#subject, this.#data, false);
  }

  #run(name: string, settled = false): Promise<Round> {
    const workload = WORKLOADS.find((candidate) => candidate.name === name);
    assert(workload !== undefined, 'the page names workloads from the same list');
    return workload.run({
      subject: this.#subject,
      data: this.#data,
      plan: this.#plan,
      counter: this.#counter,
      ...(settled && { between: () => this.#subject.settle!() }),
    });
  }

  #serve(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<CommitRequest>): void => {
      this.#subject.submit!(data.operations, data.mode, () => port.postMessage(data.request), data.client);
    };
  }

  async #close(): Promise<void> {
    if (this.#isOpen) await this.#subject.close();
    this.#isOpen = false;
  }

  async #remove(): Promise<void> {
    await this.#close();
    await this.#subject.remove();
    await this.#subject.recovery?.remove();
  }
}
