/**
 * Long work in slices. A job runs between other calls: after each slice it yields, so that a cancel, a scan or a
 * commit of somebody else gets its turn. What is done when it is cancelled stays done.
 */
import type { JobId, JobReport } from '../protocol/job';
import { LabError, toFailure } from './lab_error';

export interface JobProgress {
  readonly done: number;
  readonly total: number;
  readonly sentence: string;
}

export interface JobWork {
  readonly unit: JobReport['unit'];
  /** One slice at a time; the last value is the end. */
  readonly slices: () => Iterator<JobProgress, JobProgress> | AsyncIterator<JobProgress, JobProgress>;
}

export class Jobs {
  readonly #pause: () => Promise<void>;
  readonly #cancelled = new Set<JobId>();
  readonly #running = new Set<JobId>();
  #listener: (report: JobReport) => void = () => {};
  #nextId = 1;

  constructor(pause: () => Promise<void>) {
    this.#pause = pause;
  }

  listen(listener: (report: JobReport) => void): void {
    this.#listener = listener;
  }

  start(work: JobWork): JobId {
    const job = this.#nextId++;
    this.#running.add(job);
    void this.#run(job, work);
    return job;
  }

  cancel(job: JobId): void {
    if (!this.#running.has(job)) throw new LabError('job_unknown', `Job ${job} is over, or never began.`);
    this.#cancelled.add(job);
  }

  cancelAll(): void {
    for (const job of this.#running) this.#cancelled.add(job);
  }

  async #run(job: JobId, { slices, unit }: JobWork): Promise<void> {
    let last: JobProgress = { done: 0, total: 0, sentence: '' };
    const report = (state: JobReport['state'], extra: Partial<JobReport> = {}): void =>
      this.#listener({ job, state, unit, ...last, ...extra });
    try {
      const steps = slices();
      for (;;) {
        await this.#pause();
        if (this.#cancelled.has(job)) {
          report('cancelled', { sentence: `Stopped after ${last.done} ${unit}.` });
          return;
        }
        const { done, value } = await steps.next();
        last = value;
        report(done === true ? 'finished' : 'running');
        if (done === true) return;
      }
    } catch (error) {
      const failure = toFailure(error);
      report('failed', { failure, sentence: failure.message });
    } finally {
      this.#running.delete(job);
      this.#cancelled.delete(job);
    }
  }
}
