/** What `npm run crash -- --engine` can name. */
import { storeSubject, treeSubject } from '../src/crash/store_subject';
import type { CrashSubject } from '../src/crash/subject';

const SUBJECTS = [storeSubject(), treeSubject(), treeSubject('double_write'), treeSubject('log_images')];

export const ENGINES: Readonly<Record<string, CrashSubject>> = Object.fromEntries(
  SUBJECTS.map((subject) => [subject.name, subject]),
);
