/** Every anomaly by a history that shows it and nothing that comes before it in the list: what is found, which levels forbid it, and how it is told. */
import { expect, it } from 'vitest';
import { ANOMALY_NAMES } from './anomalies';
import { checkHistory } from './check_history';
import { historyOf } from './testing/notation';
import { reportText } from './testing/report_text';

interface Golden {
  readonly history: readonly string[];
  readonly report: readonly string[];
}

const GOLDEN: Readonly<Record<(typeof ANOMALY_NAMES)[number], Golden>> = {
  'never written': {
    history: ['read x [1 7]', 'append x 1'],
    report: [
      'never written (snapshot, serializable)',
      'T1 read 7 under x, which no transaction ever wrote there.',
      'A store can only give back what it was given.',
    ],
  },
  duplicate: {
    history: ['append x 1', 'read x [1 1]'],
    report: [
      'duplicate (snapshot, serializable)',
      'T2 read a list under x with 1 in it twice, and it was appended once.',
      'A write takes effect once, or not at all.',
    ],
  },
  'broken scan': {
    history: ['append b 1; append c 1', 'scan a..d c=[1] b=[1]'],
    report: [
      'broken scan (snapshot, serializable)',
      'T2 scanned from a to d and was given b after c.',
      'A scan gives each key of its range once, in order, and no other.',
    ],
  },
  internal: {
    history: ['write r 5; read r nothing'],
    report: [
      'internal (snapshot, serializable)',
      'T1 wrote 5 to r, and then read nothing there.',
      'A transaction always sees its own writes.',
    ],
  },
  'incompatible order': {
    history: ['append x 1', 'append x 2', 'read x [1 2]', 'read x [2]'],
    report: [
      'incompatible order (snapshot, serializable)',
      'T3 read x as [1, 2], and T4 read it as [2].',
      'A list only grows at its end, so one of the two would have to begin with the other.',
    ],
  },
  'lost write': {
    history: ['steps 1-2: append x 1', 'steps 3-4: append x 2', 'steps 5-6: read x [2]'],
    report: [
      'lost write (snapshot, serializable)',
      'T1 appended 1 to x and was committed before T3 began, and T3 read [2] there.',
      'What was committed stays, and everybody who begins later sees it.',
      '  T1 -start order-> T3',
      'G1c (snapshot, serializable)',
      'T1 appended 1 to x after T2 had appended 2; T1 was committed before T2 began.',
      'So each of T1 and T2 would have to come before the other, and that is no order.',
      '  T2 -ww x-> T1',
      '  T1 -start order-> T2',
      'G-SIb (snapshot, serializable)',
      'T3 read 2 under x before T1 appended 1 to x; T1 was committed before T3 began.',
      'T3 missed what was committed before it began.',
      '  T3 -rw x-> T1',
      '  T1 -start order-> T3',
    ],
  },
  G1a: {
    history: ['aborted: write r 5', 'read r 5'],
    report: [
      'G1a (snapshot, serializable)',
      'T2 read 5 under r, which T1 wrote, and T1 was aborted.',
      'What was aborted must look as if it had never been.',
      '  T1 -wr r-> T2',
    ],
  },
  G1b: {
    history: ['write r 5; write r 6', 'read r 5'],
    report: [
      'G1b (snapshot, serializable)',
      'T2 read 5 under r, which T1 wrote, and T1 went on to change r before it committed.',
      'Others may see what a transaction leaves behind, and nothing from on the way.',
      '  T1 -wr r-> T2',
    ],
  },
  timestamps: {
    history: ['snapshot 0 commit 1: write r 5', 'snapshot 0 commit 1: write s 5'],
    report: [
      'timestamps (snapshot, serializable)',
      'T1 and T2 both committed at 1.',
      'No snapshot could lie between the two, so one of them would be seen or missed with the other.',
    ],
  },
  G0: {
    history: ['append x 1; append y 1', 'append x 2; append y 2', 'read x [1 2]; read y [2 1]'],
    report: [
      'G0 (snapshot, serializable)',
      'T2 appended 2 to x after T1 had appended 1; T1 appended 1 to y after T2 had appended 2.',
      'The writes of T1 and T2 are mixed, so none of them can come first.',
      '  T1 -ww x-> T2',
      '  T2 -ww y-> T1',
    ],
  },
  G1c: {
    history: ['append x 1; read y [1]', 'append y 1; read x [1]'],
    report: [
      'G1c (snapshot, serializable)',
      'T2 read 1 under x, as T1 left it; T1 read 1 under y, as T2 left it.',
      'So each of T1 and T2 would have to come before the other, and that is no order.',
      '  T1 -wr x-> T2',
      '  T2 -wr y-> T1',
    ],
  },
  P4: {
    history: ['write r 1', 'read r 1; write r 2', 'read r 1; write r 3'],
    report: [
      'P4 (snapshot, serializable)',
      'T2 and T3 both read 1 under r, and both wrote r and committed.',
      'The second of the two never saw what the first wrote, and wrote over it.',
      '  T2 -rw r-> T3',
      '  T3 -rw r-> T2',
      'G2-item (serializable)',
      'T2 read 1 under r before T3 wrote 3 to r; T3 read 1 under r before T2 wrote 2 to r.',
      'Each of T2 and T3 would have to come before the other, so they were not run one after the other.',
      '  T2 -rw r-> T3',
      '  T3 -rw r-> T2',
    ],
  },
  'G-SIa': {
    history: ['snapshot 0 commit 1: write r 1', 'snapshot 0 commit 2: write r 2'],
    report: [
      'G-SIa (snapshot)',
      'T2 wrote 2 to r after T1 had written 1, though the commit of T1 at 1 is newer than the snapshot of T2 at 0.',
      'Of two transactions that overlap and write the same key, only the first to commit may succeed.',
      '  T1 -ww r-> T2',
    ],
  },
  OTV: {
    history: ['append x 1; append y 1', 'read x [1]; read y nothing'],
    report: [
      'OTV (snapshot, serializable)',
      'T2 found nothing under y before T1 appended 1 to y; T2 read 1 under x, as T1 left it.',
      'T2 saw a part of what had been done, and after that read as if it had never been.',
      '  T2 -rw y-> T1',
      '  T1 -wr x-> T2',
    ],
  },
  PMP: {
    history: ['write r 1', 'scan a..z; read r 1'],
    report: [
      'PMP (snapshot, serializable)',
      'T2 scanned and found nothing under r before T1 wrote 1 to r; T2 read 1 under r, as T1 left it.',
      'The scan of T2 and its other reads belong to different moments.',
      '  T2 -rw predicate r-> T1',
      '  T1 -wr r-> T2',
    ],
  },
  'G-single': {
    history: ['append x 1; append y 1', 'read x nothing; read y [1]'],
    report: [
      'G-single (snapshot, serializable)',
      'T2 found nothing under x before T1 appended 1 to x; T2 read 1 under y, as T1 left it.',
      'T2 read from two different moments, and no one snapshot shows both.',
      '  T2 -rw x-> T1',
      '  T1 -wr y-> T2',
    ],
  },
  'G-SIb': {
    history: ['steps 1-2: write r 1', 'steps 3-4: read r nothing'],
    report: [
      'G-SIb (snapshot, serializable)',
      'T2 found nothing under r before T1 wrote 1 to r; T1 was committed before T2 began.',
      'T2 missed what was committed before it began.',
      '  T2 -rw r-> T1',
      '  T1 -start order-> T2',
    ],
  },
  'G-nonadjacent': {
    history: ['append x 1', 'append y 1', 'read x [1]; read y nothing', 'read y [1]; read x nothing'],
    report: [
      'G-nonadjacent (snapshot, serializable)',
      'T3 found nothing under y before T2 appended 1 to y; T4 read 1 under y, as T2 left it; T4 found nothing under x before T1 appended 1 to x; T3 read 1 under x, as T1 left it.',
      'The readers among T1, T2, T3 and T4 disagree about which of the writes came first.',
      '  T3 -rw y-> T2',
      '  T2 -wr y-> T4',
      '  T4 -rw x-> T1',
      '  T1 -wr x-> T3',
    ],
  },
  'G2-item': {
    history: ['read x nothing; append y 1', 'read y nothing; append x 1'],
    report: [
      'G2-item (serializable)',
      'T1 found nothing under x before T2 appended 1 to x; T2 found nothing under y before T1 appended 1 to y.',
      'Each of T1 and T2 would have to come before the other, so they were not run one after the other.',
      '  T1 -rw x-> T2',
      '  T2 -rw y-> T1',
    ],
  },
  G2: {
    history: ['scan a..m; write n 1', 'scan m..z; write b 1'],
    report: [
      'G2 (serializable)',
      'T1 scanned and found nothing under b before T2 wrote 1 to b; T2 scanned and found nothing under n before T1 wrote 1 to n.',
      'A scan did not find what another wrote, and each of T1 and T2 would have to come before the other.',
      '  T1 -rw predicate b-> T2',
      '  T2 -rw predicate n-> T1',
    ],
  },
};

it.each(ANOMALY_NAMES)('%s is found, and told in two sentences', (name) => {
  const { history, report } = GOLDEN[name];
  const found = checkHistory(historyOf(history.join('\n')));
  expect(reportText(found).split('\n')).toEqual(report);
  expect(found.anomalies.map((one) => one.name)).toContain(name);
});
