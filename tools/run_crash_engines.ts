/** What `npm run crash -- --engine` can name. */
import { storeSubject } from '../src/crash/store_subject';
import type { CrashSubject } from '../src/crash/subject';

export const ENGINES: Readonly<Record<string, CrashSubject>> = Object.fromEntries(
  [storeSubject()].map((subject) => [subject.name, subject]),
);
