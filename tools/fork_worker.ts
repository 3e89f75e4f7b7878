/** A share of the work in a process of its own: one task there, one report back. */
import { fork } from 'node:child_process';
import path from 'node:path';

/** @param file beside this one; it reports by `process.send` */
export function forkWorker<Report>(file: string, task: object): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(import.meta.dirname, file), { serialization: 'advanced' });
    child.once('message', (report) => resolve(report as Report));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`A worker ended with code ${code ?? 'none'} before its report.`)));
    child.send(task);
  });
}
