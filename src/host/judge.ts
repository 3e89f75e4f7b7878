/**
 * The judge: what a crash left, against what was promised.
 *
 * It knows nothing of the engine. It has the commits in the order of their LSNs, who was told yes, what came back, and
 * the bytes of the log file as they were before recovery touched anything. From that alone:
 *
 *   J1  What came back must be the state after some number of commits: whole, in order, without holes.
 *   J2  That prefix must hold every acknowledged commit, except relaxed ones that no flush covered when the power went.
 *   J3  Commits that nobody was told of may be there: they were written, and that is allowed.
 *   J4  A store that refuses to open, or opens read-only, because it found damage, has broken no promise: it said so.
 *       But only if something besides the crash could have done the damage: a flipped bit, a failing or lying device, a
 *       protection switched off. After a crash alone, a store that does not open has failed, whatever it says.
 */
import { equalBytes } from '../base/bytes';
import type { Entry } from '../base/ordered_index';
import type { RecoveryReport } from '../kv_store';
import type { CommitFate, CommitVerdict, LedgerCommit, Verdict, VerdictLetter } from '../protocol/drill';
import type { Failure } from '../protocol/failure';

export interface Evidence {
  readonly crash: 'kill' | 'power_cut';
  /** What the store held before the first of `commits`. */
  readonly before: readonly Entry[];
  readonly commits: readonly LedgerCommit[];
  /** All that the reopened store holds; empty if it did not open. */
  readonly recovered: readonly Entry[];
  readonly recovery: RecoveryReport | undefined;
  readonly failure: Failure | undefined;
  /** J4: nothing but the crash happened to the bytes, and every protection was on. */
  readonly crashAlone: boolean;
  /** The log file before recovery; undefined where nobody looked. */
  readonly log: Uint8Array | undefined;
}

export function judge(evidence: Evidence): Verdict {
  const { commits, recovery } = evidence;
  const prefixCommits = evidence.failure === undefined ? prefixLength(evidence) : undefined;
  const fates = prefixCommits === undefined ? fatesByContents(evidence) : fatesByPrefix(commits, prefixCommits);
  const verdicts = commits.map((commit, index) => verdictOf(commit, fates[index]!, evidence));
  const count = (acknowledged: boolean, isThere: boolean): number =>
    verdicts.filter((commit) => commit.acknowledged === acknowledged && (commit.fate === 'lost') !== isThere).length;
  const counts = {
    acknowledged: verdicts.filter((commit) => commit.acknowledged).length,
    acknowledgedKept: count(true, true),
    acknowledgedLost: count(true, false),
    unacknowledgedKept: count(false, true),
    unacknowledgedLost: count(false, false),
  };
  const letter = letterOf(evidence, prefixCommits, verdicts);
  return {
    letter,
    sentence: sentenceOf(letter, evidence, counts, prefixCommits),
    prefix: prefixCommits !== undefined,
    prefixCommits: prefixCommits ?? 0,
    ...counts,
    commits: verdicts,
    recovery,
  };
}

/**
 * How many commits, from the first, give exactly what came back (J1); undefined if no number does. Where several do,
 * because a commit changed nothing, the one recovery itself speaks of.
 */
function prefixLength({ before, commits, recovered, recovery }: Evidence): number | undefined {
  const target = new Map(recovered.map(({ key, value }) => [textOf(key), value]));
  const model = new Map(before.map(({ key, value }) => [textOf(key), value]));
  const differing = new Set<string>();
  const compare = (key: string): void => {
    if (same(model.get(key), target.get(key))) differing.delete(key);
    else differing.add(key);
  };
  for (const key of [...target.keys(), ...model.keys()]) compare(key);
  const said = recovery === undefined ? -1 : commits.filter(({ lsn }) => lsn <= recovery.lastLsn).length;
  let found = differing.size === 0 ? 0 : undefined;
  for (const [index, { operations }] of commits.entries()) {
    for (const operation of operations) {
      const key = textOf(operation.key);
      if (operation.kind === 'put') model.set(key, operation.value);
      else model.delete(key);
      compare(key);
    }
    if (differing.size === 0 && (found === undefined || index + 1 <= said)) found = index + 1;
  }
  return found;
}

const fatesByPrefix = (commits: readonly LedgerCommit[], length: number): CommitFate[] =>
  commits.map((_, index) => (index < length ? 'kept' : 'lost'));

/** Without a prefix each commit is judged by the keys that no later commit wrote. */
function fatesByContents({ commits, recovered }: Evidence): CommitFate[] {
  const target = new Map(recovered.map(({ key, value }) => [textOf(key), value]));
  const lastWriter = new Map<string, number>();
  commits.forEach(({ operations }, index) => {
    for (const { key } of operations) lastWriter.set(textOf(key), index);
  });
  return commits.map(({ operations }, index) => {
    const own = new Map(operations.map((operation) => [textOf(operation.key), operation]));
    const visible = [...own].filter(([key]) => lastWriter.get(key) === index);
    const there = visible.filter(([key, operation]) =>
      same(operation.kind === 'put' ? operation.value : undefined, target.get(key)),
    );
    if (visible.length === 0) return 'covered';
    if (there.length === 0) return 'lost';
    return there.length === visible.length ? 'kept' : 'half';
  });
}

function letterOf(evidence: Evidence, prefix: number | undefined, verdicts: readonly CommitVerdict[]): VerdictLetter {
  const { crash, crashAlone, failure, recovery } = evidence;
  const saysDamaged = failure !== undefined && /damaged|not_a_store|format_too_new/.test(failure.code);
  if (failure !== undefined) return saysDamaged && !crashAlone ? 'D' : 'F';
  if (recovery?.end === 'damaged') return crashAlone ? 'F' : 'D';
  if (prefix === undefined) return 'S';
  const missing = verdicts.filter((commit) => commit.acknowledged && commit.fate === 'lost');
  if (missing.length === 0) return 'A';
  const mayBeLost = (commit: CommitVerdict): boolean =>
    crash === 'power_cut' && commit.mode === 'relaxed' && commit.flushed !== true; // J2
  return missing.every(mayBeLost) ? 'L' : 'S';
}

function verdictOf(commit: LedgerCommit, fate: CommitFate, evidence: Evidence): CommitVerdict {
  const { lsn, client, mode, acknowledged } = commit;
  const recordInFile = evidence.log === undefined ? undefined : recordIn(evidence.log, commit);
  const flushed = evidence.log === undefined ? undefined : commit.flushed;
  const why = whyOf(commit, fate, recordInFile, evidence);
  return { lsn, client, mode, acknowledged, fate, recordInFile, flushed, why };
}

/** How much of a record lies in the log file, byte for byte as it was written. */
function recordIn(log: Uint8Array, { recordBytes, written }: LedgerCommit): 'whole' | 'part' | 'none' {
  if (recordBytes === undefined || written === undefined) return 'none';
  let equal = 0;
  for (const { at, bytes } of written) {
    let here = 0;
    while (here < bytes.length && log[at + here] === bytes[here]) here++;
    equal += here;
  }
  return equal === recordBytes ? 'whole' : equal > 0 ? 'part' : 'none';
}

function whyOf(
  commit: LedgerCommit,
  fate: CommitFate,
  recordInFile: 'whole' | 'part' | 'none' | undefined,
  { crash, failure, recovery }: Evidence,
): string {
  const { acknowledged, announced, flushed, lsn, mode } = commit;
  if (failure !== undefined) return `The store did not open: ${failure.message}`;
  if (fate === 'half')
    return 'Some of its writes are there and some are not: a commit is all or nothing, so this must not be.';
  if (fate === 'covered') return 'Later commits wrote over all it did: its own effect cannot be seen.';
  if (fate === 'kept') {
    if (recovery !== undefined && lsn <= recovery.checkpointLsn) return 'A checkpoint holds it.';
    if (acknowledged && flushed) return 'Its record was flushed before its client was told yes.';
    if (acknowledged) return 'Its client was told yes after the write, and what was written stayed.';
    if (flushed) return 'Its record was flushed; the crash came before its client was told. It may be there.';
    if (announced === false)
      return 'Found, though nobody had even heard that it was sent: its record is whole in the file. It may be there.';
    return 'Its record is whole in the file, though nobody was told yes. It may be there.';
  }
  if (acknowledged && mode === 'relaxed' && crash === 'power_cut' && !flushed) {
    return 'Its client was told yes after the write, and no flush covered it when the power went: relaxed means that.';
  }
  if (acknowledged) return 'Its client was told yes, and it is not there. This must not be.';
  if (recordInFile === 'none') return 'Nothing of its record is in the file. Nobody was told yes.';
  if (recordInFile === 'part')
    return 'Part of its record is in the file, and its checksum says so. Nobody was told yes.';
  if (recordInFile === 'whole') return 'Its record is whole, but the log ends before it. Nobody was told yes.';
  // Nobody looked into the file before recovery; what recovery found is known.
  if (recovery !== undefined && lsn > recovery.lastLsn)
    return `It was sent, and no whole record of it is in the file: the log ends after LSN ${recovery.lastLsn}. Nobody was told yes.`;
  return 'Nobody was told yes.';
}

type Counts = Pick<Verdict, 'acknowledged' | 'acknowledgedKept' | 'acknowledgedLost' | 'unacknowledgedKept'>;

function sentenceOf(
  letter: VerdictLetter,
  { failure, recovery }: Evidence,
  counts: Counts,
  prefix: number | undefined,
): string {
  const extra =
    counts.unacknowledgedKept === 0 ? '' : ` ${counts.unacknowledgedKept} more are there that nobody was told of.`;
  switch (letter) {
    case 'A':
      return counts.acknowledged === 0
        ? `Nobody had been told anything yet, so no promise was broken.${extra}`
        : `All ${counts.acknowledged} acknowledged commits are there.${extra}`;
    case 'L':
      return `${counts.acknowledgedLost} of ${counts.acknowledged} acknowledged commits are gone, all relaxed and un-flushed; what is left is the first ${prefix ?? 0} commits.`;
    case 'D':
      return `Damage was found and reported: ${failure?.message ?? recovery?.reason ?? ''}`;
    case 'S':
      return prefix === undefined
        ? 'What came back is not the state after any number of commits. Nothing said so: this must not be.'
        : `${counts.acknowledgedLost} acknowledged commits are missing, and nothing said so: this must not be.`;
    default:
      return `The store did not open as it must after a crash: ${failure?.message ?? recovery?.reason ?? ''}`;
  }
}

/** One character a byte: a key for a `Map`. */
function textOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalBytes(a, b);
