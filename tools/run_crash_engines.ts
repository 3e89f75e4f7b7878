/** What `npm run crash -- --engine` can name. */
import { lsmSubject, mvccSubject, storeSubject, treeSubject } from '../src/crash/store_subject';
import type { CrashSubject } from '../src/crash/subject';

const LSM = [lsmSubject(), lsmSubject({ kind: 'tiered', ratio: 2 }), lsmSubject({ kind: 'lazy_leveling', ratio: 2 })];
const TREES = [treeSubject(), treeSubject('double_write'), treeSubject('log_images')];
const MVCC = [mvccSubject(), mvccSubject('btree'), mvccSubject('lsm')];
const SUBJECTS = [storeSubject(), ...TREES, ...LSM, ...MVCC];

export const ENGINES: Readonly<Record<string, CrashSubject>> = Object.fromEntries(
  SUBJECTS.map((subject) => [subject.name, subject]),
);
