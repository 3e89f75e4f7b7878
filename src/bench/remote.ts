/** The page's end of a subject's worker. */
import type { Answers, Command, Reply } from './messages';
import type { Build } from './subjects';

export class Remote {
  readonly #worker: Worker;

  /** Both builds of the worker lie beside the page; see `served_build.ts`. */
  constructor(build: Build) {
    this.#worker = new Worker(`${build}/worker.js`, { type: 'module' });
  }

  ask<C extends Command>(command: C, transfer: Transferable[] = []): Promise<Answers[C['do']]> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<Reply>): void => {
        if ('error' in data) reject(new Error(data.error));
        else resolve(data.answer as Answers[C['do']]);
      };
      this.#worker.onerror = (event): void => reject(new Error(event.message));
      this.#worker.postMessage(command, transfer);
    });
  }

  terminate(): void {
    this.#worker.terminate();
  }
}
