/**
 * One script for each anomaly, after the Hermitage tests (Kleppmann 2014): a few sessions, step by step, in the one order that
 * shows the anomaly wherever a store lets it through. A script says what is asked for, never what is answered: what the
 * sessions see, and who is refused, is the store's to say, and what that amounts to is the checker's.
 *
 *     session 1    begin   append x 1   .            .            append y 1   commit
 *     session 2    begin   .            append x 2   append y 2   .            commit       G0: writes that are mixed
 *
 * We depart from Hermitage in this: a dirty write there is seen in rows that are overwritten; here the two sessions append to
 * lists, since a list remembers in which order its elements came. And nobody waits in our store, so no step stands there
 * until another session has ended: what Hermitage shows as waiting is refused here at the commit, or not at all.
 *
 *   S1  A session begins once and ends once, and does nothing before or after that.
 *   S2  No value is written twice under a key, and a key is a list or a register throughout (M1, M2 in `history.ts`).
 */
import type { AnomalyName } from './anomalies';

export type ScriptAction =
  | readonly ['begin']
  | readonly ['read', key: string]
  /** Reads the list and puts it back with one element more. */
  | readonly ['append', key: string, element: number]
  /** Puts the register without a look at it. */
  | readonly ['write', key: string, value: number]
  /** All keys in `[from, to)`. */
  | readonly ['scan', from: string, to: string]
  | readonly ['commit']
  | readonly ['abort'];

/** Sessions are counted from 1, and are the transactions T1, T2, ... of the history. */
export type ScriptStep = readonly [session: number, ...action: ScriptAction];

export const SCRIPTED_ANOMALIES = [
  'G0',
  'G1a',
  'G1b',
  'G1c',
  'OTV',
  'PMP',
  'P4',
  'G-single',
  'G2-item',
  'G2',
] as const satisfies readonly AnomalyName[];
export type ScriptedAnomaly = (typeof SCRIPTED_ANOMALIES)[number];

export interface AnomalyScript {
  readonly name: ScriptedAnomaly;
  /** What the literature calls it, in words. */
  readonly title: string;
  /** What would be wrong, in one sentence. */
  readonly story: string;
  readonly steps: readonly ScriptStep[];
}

const BOTH_BEGIN = [
  [1, 'begin'],
  [2, 'begin'],
] as const satisfies readonly ScriptStep[];
const BOTH_COMMIT = [
  [1, 'commit'],
  [2, 'commit'],
] as const satisfies readonly ScriptStep[];

export const ANOMALY_SCRIPTS: readonly AnomalyScript[] = [
  {
    name: 'G0',
    title: 'dirty write',
    story: 'Two transactions write the same two keys, and of one key the first comes last, of the other the second.',
    steps: [
      ...BOTH_BEGIN,
      [1, 'append', 'x', 1],
      [2, 'append', 'x', 2],
      [2, 'append', 'y', 2],
      [1, 'append', 'y', 1],
      ...BOTH_COMMIT,
    ],
  },
  {
    name: 'G1a',
    title: 'aborted read',
    story: 'One reads what another wrote, and the other gives up.',
    steps: [...BOTH_BEGIN, [1, 'write', 'x', 1], [2, 'read', 'x'], [1, 'abort'], [2, 'commit']],
  },
  {
    name: 'G1b',
    title: 'intermediate read',
    story: 'One reads a value that its writer changes once more before it commits.',
    steps: [...BOTH_BEGIN, [1, 'write', 'x', 1], [2, 'read', 'x'], [1, 'write', 'x', 2], ...BOTH_COMMIT],
  },
  {
    name: 'G1c',
    title: 'circular information flow',
    story: 'Each of two transactions reads what the other one wrote.',
    steps: [
      ...BOTH_BEGIN,
      [1, 'write', 'x', 1],
      [2, 'write', 'y', 2],
      [1, 'read', 'y'],
      [2, 'read', 'x'],
      ...BOTH_COMMIT,
    ],
  },
  {
    name: 'OTV',
    title: 'observed transaction vanishes',
    story: 'One sees half of what another did, and then reads as if the other half had never been.',
    steps: [
      [1, 'begin'],
      [1, 'write', 'x', 1],
      [1, 'write', 'y', 1],
      [1, 'commit'],
      [2, 'begin'],
      [3, 'begin'],
      [2, 'write', 'x', 2],
      [3, 'read', 'x'],
      [3, 'read', 'y'],
      [2, 'write', 'y', 2],
      [2, 'commit'],
      [3, 'commit'],
    ],
  },
  {
    name: 'PMP',
    title: 'predicate-many-preceders',
    story: 'One asks twice which keys there are, and another adds a key in between.',
    steps: [
      ...BOTH_BEGIN,
      [1, 'scan', 'a', 'z'],
      [2, 'write', 'm', 1],
      [2, 'commit'],
      [1, 'scan', 'a', 'z'],
      [1, 'commit'],
    ],
  },
  {
    name: 'P4',
    title: 'lost update',
    story: 'Two read the same value, and each writes a new one: one of the updates is gone.',
    steps: [
      ...BOTH_BEGIN,
      [1, 'read', 'x'],
      [2, 'read', 'x'],
      [1, 'write', 'x', 1],
      [2, 'write', 'x', 2],
      ...BOTH_COMMIT,
    ],
  },
  {
    name: 'G-single',
    title: 'read skew',
    story: 'One reads a key before another changes two of them, and the second key after that.',
    steps: [
      ...BOTH_BEGIN,
      [1, 'read', 'x'],
      [2, 'write', 'x', 1],
      [2, 'write', 'y', 1],
      [2, 'commit'],
      [1, 'read', 'y'],
      [1, 'commit'],
    ],
  },
  {
    name: 'G2-item',
    title: 'write skew',
    story:
      'Two doctors are on duty, and one has to stay. x and y are where they sign off: each looks, finds that nobody has, and signs off.',
    steps: [
      ...BOTH_BEGIN,
      [1, 'read', 'x'],
      [1, 'read', 'y'],
      [2, 'read', 'x'],
      [2, 'read', 'y'],
      [1, 'write', 'x', 1],
      [2, 'write', 'y', 2],
      ...BOTH_COMMIT,
    ],
  },
  {
    name: 'G2',
    title: 'phantom, as write skew',
    story: 'Two look whether there is any key in a range, find none, and each adds one.',
    steps: [
      ...BOTH_BEGIN,
      [1, 'scan', 'a', 'z'],
      [2, 'scan', 'a', 'z'],
      [1, 'write', 'f', 1],
      [2, 'write', 'm', 2],
      ...BOTH_COMMIT,
    ],
  },
];
