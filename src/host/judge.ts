/**
 * The judge: what a crash left, against what was promised.
 *
 * It knows nothing of the engine. It has the commits in the order of their LSNs, who was told yes, what came back, and
 * the bytes of the log file as they were before recovery touched anything. The rules J1 to J4, and the letters, are in
 * `crash/verdict.ts`, shared with the crash suite; here each commit gets its own verdict, and a sentence.
 */
import type { Entry } from '../base/ordered_index';
import { fatesByContents, letterOf, prefixLength, type CommitFate, type VerdictLetter } from '../crash/verdict';
import type { RecoveryReport } from '../kv_store';
import type { CommitVerdict, LedgerCommit, Verdict } from '../protocol/drill';
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
  /** The device lied about flushes: then a power cut may take any commit. */
  readonly liar?: boolean;
  /** The log file before recovery; undefined where nobody looked. */
  readonly log: Uint8Array | undefined;
}

export function judge(evidence: Evidence): Verdict {
  const { commits, recovery } = evidence;
  const prefixCommits = evidence.failure === undefined ? prefixOf(evidence) : undefined;
  const fates =
    prefixCommits === undefined ? fatesByContents(commits, evidence.recovered) : fatesByPrefix(commits, prefixCommits);
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
  const given = letter(evidence, prefixCommits, verdicts);
  return {
    letter: given,
    sentence: sentenceOf(given, evidence, counts, prefixCommits),
    prefix: prefixCommits !== undefined,
    prefixCommits: prefixCommits ?? 0,
    ...counts,
    commits: verdicts,
    recovery,
  };
}

function prefixOf({ before, commits, recovered, recovery }: Evidence): number | undefined {
  const said = recovery === undefined ? -1 : commits.filter(({ lsn }) => lsn <= recovery.lastLsn).length;
  return prefixLength(before, commits, recovered, said);
}

const fatesByPrefix = (commits: readonly LedgerCommit[], length: number): CommitFate[] =>
  commits.map((_, index) => (index < length ? 'kept' : 'lost'));

/** J2 and J4, of what the judge knows; the letter itself is the crash suite's (`crash/verdict.ts`). */
function letter(evidence: Evidence, prefix: number | undefined, verdicts: readonly CommitVerdict[]): VerdictLetter {
  const { crash, crashAlone, failure, liar, recovery } = evidence;
  const missing = verdicts.filter((commit) => commit.acknowledged && commit.fate === 'lost');
  const mayBeLost = (commit: CommitVerdict): boolean =>
    crash === 'power_cut' && (liar === true || (commit.mode === 'relaxed' && commit.flushed !== true));
  return letterOf({
    refusal: failure?.code,
    isReadOnly: recovery?.end === 'damaged',
    crashAlone,
    isPrefix: prefix !== undefined,
    missing: missing.length === 0 ? 'none' : missing.every(mayBeLost) ? 'allowed' : 'forbidden',
  });
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
    counts.unacknowledgedKept === 0
      ? ''
      : ` ${counts.unacknowledgedKept} more ${counts.unacknowledgedKept === 1 ? 'is' : 'are'} there that nobody was told of.`;
  switch (letter) {
    case 'A':
      return counts.acknowledged === 0
        ? `Nobody had been told anything yet, so no promise was broken.${extra}`
        : counts.acknowledged === 1
          ? `The one acknowledged commit is there.${extra}`
          : `All ${counts.acknowledged} acknowledged commits are there.${extra}`;
    case 'L':
      return `${counts.acknowledgedLost} of ${counts.acknowledged} acknowledged commits are gone, all relaxed and un-flushed; what is left is the first ${prefix ?? 0} commits.`;
    case 'D':
      return `Damage was found and reported: ${failure?.message ?? recovery?.reason ?? ''}`;
    case 'S':
      return prefix === undefined
        ? 'What came back is not the state after any number of commits. Nothing said so: this must not be.'
        : `${counts.acknowledgedLost} acknowledged ${counts.acknowledgedLost === 1 ? 'commit is' : 'commits are'} missing, and nothing said so: this must not be.`;
    default:
      return `The store did not open as it must after a crash: ${failure?.message ?? recovery?.reason ?? ''}`;
  }
}
