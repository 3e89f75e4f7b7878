/** For the browser tests: the page's end of `worker_under_test.ts`. */
import type { Answer, Command, Notice } from './worker_under_test';

export class TestWorker {
  readonly #worker = new Worker(new URL('./worker_under_test.ts', import.meta.url), { type: 'module' });
  readonly notices: Notice['notice'][] = [];
  #onAnswer: ((answer: Answer) => void) | null = null;
  #onNotice: (() => void) | null = null;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer | Notice>): void => {
      if ('notice' in data) {
        this.notices.push(data.notice);
        this.#onNotice?.();
      } else this.#onAnswer?.(data);
    };
  }

  /** @throws Error whose message starts with the error's code */
  async ask(command: Command): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve) => {
      this.#onAnswer = resolve;
      this.#worker.postMessage(command);
    });
    if ('error' in answer) throw new Error(`${answer.error}: ${answer.message}`);
    return answer.ok;
  }

  /** Sends a command that is not going to be answered. */
  tell(command: Command): void {
    this.#worker.postMessage(command);
  }

  noticed(notice: Notice['notice']): Promise<void> {
    return new Promise((resolve) => {
      this.#onNotice = (): void => {
        if (this.notices.includes(notice)) resolve();
      };
      this.#onNotice();
    });
  }

  terminate(): void {
    this.#worker.terminate();
  }
}
