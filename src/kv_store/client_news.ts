/**
 * Tells clients how their commits ended: at once, and after everybody who should have heard before. A client may commit
 * again as soon as it hears; so while a batch makes room, whose place in the log that commit would take, or in the middle
 * of a checkpoint, nobody is told, and those who should be hear in a turn of their own.
 *
 *   N1  News come in the order in which they were told of; each once.
 */
import type { Schedule } from '../base/runtime';

export class ClientNews {
  readonly #schedule: Schedule;
  /** Empty but for moments, and while they are held back. */
  readonly #untold: (() => void)[] = [];
  #isHeldBack = false;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  tell(news: () => void): void {
    this.#untold.push(news);
    if (!this.#isHeldBack) this.tellAll();
    else if (this.#untold.length === 1) this.#schedule(() => this.tellAll());
  }

  tellAll(): void {
    for (let news = this.#untold.shift(); news; news = this.#untold.shift()) news();
  }

  /** Whatever becomes news in `work` is told after it. */
  holdBackIn(work: () => void): void {
    const before = this.#isHeldBack;
    this.#isHeldBack = true;
    try {
      work();
    } finally {
      this.#isHeldBack = before;
    }
  }
}
