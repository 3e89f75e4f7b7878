/** By hand: what a snapshot reads; and where the watermark is, with what vacuum may take. */
import { encodeText } from '../base/bytes';
import { SeededRandom } from '../base/runtime';
import type { MvccEvent, Transaction } from '../mvcc';
import { makeHistory, orNothing, sentencesOf, TASK_KEYS, TaskSubject, type MvccTaskParts } from './mvcc_task_parts';
import { choicesOf, type StepWithTruth } from './tasks';

const NONE = { id: 'none', text: 'none of them' } as const;
const WHOLE_PASS_BYTES = 2 ** 20;

export function snapshotTask(seed: number): MvccTaskParts {
  const random = new SeededRandom(seed);
  const commits = 11 + random.below(4);
  const beginsAfter = 5 + random.below(3);
  const subject = new TaskSubject();
  let reader: Transaction | undefined;
  makeHistory(subject, random, commits, (commit) => {
    if (commit === beginsAfter) reader = subject.begin('R');
  });
  const before = subject.figure();
  subject.number();
  const snapshot = reader!.snapshot;
  const read = (key: string): string => orNothing(reader!.get(encodeText(key)));
  const newest = (key: string): string =>
    orNothing(
      subject.versions.transactions.reader.read(encodeText(key), subject.versions.transactions.publishedLsn)?.value,
    );
  // Those that tell most: what changed since, and what is not there.
  const order = random.shuffled(TASK_KEYS);
  const moved = order.find((key) => read(key) !== newest(key)) ?? order[0]!;
  const rest = order.filter((key) => key !== moved);
  const other = rest.find((key) => read(key) === 'nothing') ?? rest[0]!;
  const own = rest.find((key) => key !== other)!;
  const valuesOf = (key: string): string[] =>
    before.versions.flatMap((version) => (version.key === key && version.value !== null ? [version.value] : []));
  const events: MvccEvent[] = [];
  const watched = (work: () => string): string => {
    let answer = '';
    events.push(...subject.watch(() => void (answer = work())));
    return answer;
  };
  const readStep = (id: string, key: string): StepWithTruth => {
    const truth = watched(() => read(key));
    return {
      id,
      question: `R reads \`${key}\`. What does it get?`,
      answer: 'one',
      choices: choicesOf(random, ['nothing', ...valuesOf(key)]),
      truth: [truth],
      because: `The store answered ${truth}: the newest version at or below ${snapshot} counts, and ${truth === 'nothing' ? 'there is none, or it is a tombstone' : 'whatever was committed later is passed over'}.`,
    };
  };
  const first = readStep('moved', moved);
  const second = readStep('other', other);
  reader!.put(encodeText(own), encodeText('mine'));
  const third = watched(() => read(own));
  const scanned = [...reader!.scan()].length;
  subject.put(moved, 'new');
  const fourth = watched(() => read(moved));
  return {
    title: 'What a snapshot reads',
    situation: `Each bar is a version, from its commit on; it ends where the next version of its key begins. R began after commit ${snapshot} and is still there. \`×\` is a delete. Everything was read from the store itself.`,
    before,
    steps: [
      first,
      second,
      {
        id: 'own',
        question: `R puts \`mine\` under \`${own}\`, has not committed, and reads \`${own}\`. What does it get?`,
        answer: 'one',
        choices: choicesOf(random, ['nothing', 'mine', ...valuesOf(own)]),
        truth: [third],
        because: `It got ${third}: a transaction reads its own last write first. Nobody else sees it.`,
      },
      {
        id: 'scan',
        question: 'R, with that write of its own, scans everything. How many entries does it see?',
        answer: 'one',
        choices: ['0', '1', '2', '3', '4'].map((text) => ({ id: text, text })),
        truth: [String(scanned)],
        because: `It saw ${scanned}: of each key the version that the line crosses, without tombstones, and its own write.`,
      },
      {
        id: 'again',
        question: `Somebody commits a new value, \`new\`, under \`${moved}\`. R reads \`${moved}\` again. What does it get?`,
        answer: 'one',
        choices: choicesOf(random, ['nothing', 'new', ...valuesOf(moved)]),
        truth: [fourth],
        because: `The same as before, ${fourth}: a snapshot never moves.`,
      },
    ],
    events: sentencesOf(subject, events),
    after: subject.figure(),
  };
}

/** The same history twice: for a question about what would be, and for what was. */
function parked(seed: number): { readonly subject: TaskSubject; readonly commits: number } {
  const random = new SeededRandom(seed);
  const commits = 12 + random.below(4);
  const begins = random
    .shuffled([4, 5, 6, 7, 8, 9, 10])
    .slice(0, 3)
    .sort((a, b) => a - b);
  const subject = new TaskSubject();
  makeHistory(subject, random, commits, (commit) => {
    const place = begins.indexOf(commit);
    if (place !== -1) subject.begin('ABC'.charAt(place));
  });
  subject.number();
  return { subject, commits };
}

const vacuum = (subject: TaskSubject): readonly MvccEvent[] =>
  subject.watch(() => {
    while (!subject.versions.vacuum.step(WHOLE_PASS_BYTES).done);
  });

const collected = (subject: TaskSubject, events: readonly MvccEvent[]): string[] => {
  const ids = events.flatMap((event) =>
    event.kind === 'mvcc.version_collected' ? [String(subject.idOf(event.key, event.lsn))] : [],
  );
  return ids.length === 0 ? [NONE.id] : ids;
};

function versionsWords(ids: readonly string[]): string {
  const count = ids.filter((id) => id !== NONE.id).length;
  return count === 0 ? 'none' : `${count} ${count === 1 ? 'version' : 'versions'}`;
}

export function watermarkTask(seed: number): MvccTaskParts {
  const random = new SeededRandom(seed + 1);
  const { subject } = parked(seed);
  const { transactions } = subject.versions;
  const before = subject.figure();
  const lines = choicesOf(random, [
    ...before.readers.map(({ snapshot }) => String(snapshot)),
    String(before.publishedLsn),
    '0',
  ]);
  const watermark = String(transactions.watermark);
  const pass = vacuum(subject);
  const [oldest] = subject.readers;
  oldest!.transaction.abort();
  const risen = String(transactions.watermark);
  const next = vacuum(subject);
  return {
    title: 'Place the watermark',
    situation: `Three readers are at work: ${before.readers.map(({ name, snapshot }) => `${name} since ${snapshot}`).join(', ')}. Vacuum looks only at the watermark, the oldest snapshot in use. Of each key the newest version at or left of it stays, and what is older goes; if that newest one is a tombstone, it goes too. What is right of the watermark stays, even where no line crosses it.`,
    before,
    steps: [
      {
        id: 'watermark',
        question: 'Where is the watermark?',
        answer: 'one',
        choices: lines,
        truth: [watermark],
        because: `At ${watermark}: the oldest snapshot in use.`,
      },
      {
        id: 'garbage',
        question: 'Vacuum makes a pass. Which versions does it take?',
        answer: 'versions',
        choices: [NONE],
        truth: collected(subject, pass),
        because: `It took ${versionsWords(collected(subject, pass))}: of each key the newest version at or left of the watermark stays, however old, and a tombstone there goes with what it hides. Whatever is right of the watermark stays, whether a reader sees it or not.`,
      },
      {
        id: 'risen',
        question: `${oldest!.name} ends. Where is the watermark now?`,
        answer: 'one',
        choices: lines,
        truth: [risen],
        because: `At ${risen}: the oldest of those that are left.`,
      },
      {
        id: 'more',
        question: 'Another pass. Which versions go now?',
        answer: 'versions',
        choices: [NONE],
        truth: collected(subject, next),
        because: `The same rule at the new watermark, ${risen}: ${versionsWords(collected(subject, next))}.`,
      },
    ],
    events: [...sentencesOf(subject, pass), ...sentencesOf(subject, next)],
    after: subject.figure(),
  };
}
