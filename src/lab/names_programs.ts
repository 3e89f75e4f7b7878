/** Ways to save a file that a learner knows, as programs for the simulated directory, and what to look for in each. */
import type { DirectoryProfileName } from '../protocol/names';
import type { NamesReader } from './names_judge';

export interface NamesProgram {
  readonly id: string;
  readonly title: string;
  /** What was there before, and settled. */
  readonly before: string;
  readonly steps: string;
  readonly reader: NamesReader;
  /** What it shows; said once the states are seen. */
  readonly lesson: string;
  /** It uses a call that a browser does not have. */
  readonly notInBrowsers?: string;
}

const OLD = 'autumn';
const NEW = 'winter';
const PLAN: NamesReader = { opens: 'plan', kind: 'plain', before: OLD, after: NEW };
const PLAN_IS_THERE = `create plan\nwrite plan "${OLD}"\nflush plan`;
const SLOTS_ARE_THERE = `create superblock
slot superblock 0 "summer"
slot superblock 1 "${OLD}"
create log
create data_0
create data_1
flush superblock`;

export const NAMES_PROGRAMS: readonly NamesProgram[] = [
  {
    id: 'first_save',
    title: 'A first save',
    before: '',
    steps: `create plan\nwrite plan "${NEW}"\nflush plan\nsay saved\nwait\nsettle`,
    reader: { ...PLAN, before: undefined },
    lesson:
      'The flush made the letters durable, not the name. They lie on the disk as a file that nothing points to, until the system writes the name by itself.',
  },
  {
    id: 'overwrite',
    title: 'Overwrite it',
    before: PLAN_IS_THERE,
    steps: `write plan "${NEW}"\nflush plan\nsay saved`,
    reader: PLAN,
    lesson:
      'The name is safe, since it never changes. But blocks reach the disk one by one: before the flush has returned, half old and half new is a state, and it opens without a word.',
  },
  {
    id: 'empty_first',
    title: 'Empty it, then write',
    before: PLAN_IS_THERE,
    steps: `truncate plan 0\nwrite plan "${NEW}"\nflush plan\nsay saved`,
    reader: PLAN,
    lesson:
      'The length is a change of its own and may be there first: an empty file, or one as long as it should be and full of zeros.',
  },
  {
    id: 'move',
    title: 'Write new, then move',
    before: PLAN_IS_THERE,
    steps: `create plan_new\nwrite plan_new "${NEW}"\nmove plan_new plan\nsay saved\nwait\nsettle`,
    reader: PLAN,
    lesson:
      'The classic replace, without a flush. The end of the old file may be durable when the move is not, and then both are gone; where names do arrive first, the new name may open an empty file.',
  },
  {
    id: 'flush_move',
    title: 'Write, flush, move',
    before: PLAN_IS_THERE,
    steps: `create plan_new\nwrite plan_new "${NEW}"\nflush plan_new\nmove plan_new plan\nsay saved\nwait\nsettle`,
    reader: PLAN,
    lesson:
      'Now the new letters are on the disk before the move, and the textbook journal never loses both. A browser does: the old file is unlinked and the new one unnamed, for some 40 s, whatever else is flushed.',
  },
  {
    id: 'flush_directory',
    title: 'Write, flush, move, flush directory',
    before: PLAN_IS_THERE,
    steps: `create plan_new\nwrite plan_new "${NEW}"\nflush plan_new\nmove plan_new plan\nflush directory\nsay saved`,
    reader: PLAN,
    notInBrowsers: 'A browser has no call that flushes a directory.',
    lesson:
      'With a flush of the directory the save is true when it is reported, and on the textbook journal no cut hurts. Where the end of the old file may overtake the move, the moment between the two stays open.',
  },
  {
    id: 'slots',
    title: 'Faultline: fixed files, two slots',
    before: SLOTS_ARE_THERE,
    steps: `slot superblock 2 "${NEW}"\nflush superblock\nsay saved`,
    reader: { opens: 'superblock', kind: 'slots', before: OLD, after: NEW },
    lesson:
      'No name and no length ever changes. The older slot is written and flushed; until its checksum holds, the reader takes the other one. Every state is the old contents or the new ones, whole.',
  },
];

/** Where a learner's own program starts, and what it is to do. */
export const OWN_PROGRAM: NamesProgram = {
  id: 'own',
  title: 'Your own steps',
  before: PLAN_IS_THERE,
  steps: `create plan_new\nwrite plan_new "${NEW}"\nflush plan_new\nsettle\nmove plan_new plan\nsay saved`,
  reader: PLAN,
  lesson:
    'Settled before the move, the new file keeps its first name, plan_new: a reader who looks there too finds it.',
};

export const NAMES_PROFILES: readonly {
  readonly name: DirectoryProfileName;
  readonly title: string;
  readonly meaning: string;
}[] = [
  {
    name: 'measured_ext4',
    title: 'Chromium, measured',
    meaning:
      'Power cut, as measured in Chromium on ext4: names wait for the system; the end of a file and its length travel with the journal.',
  },
  {
    name: 'posix_journal',
    title: 'Textbook journal',
    meaning:
      'Power cut, on what textbooks count on: names and files change in one journal, in order, each call whole. Not measured; to compare with.',
  },
  {
    name: 'adversarial',
    title: 'Anything goes',
    meaning: 'Power cut, by the harshest reading: any change may be there without any other, also half a move.',
  },
  {
    name: 'process_crash',
    title: 'Worker dies',
    meaning: 'No power cut: the worker or the tab dies, the system lives, and everything it was handed stays.',
  },
];
