/**
 * Edit a byte, and see who notices: the same run up to this step once more, as another future on a modelled disk; there
 * the process ends, the byte is changed, and the store is opened and checked. The run itself, and its files, stay whole.
 */
import { happened } from '../lab/playhead';
import type { CommandEntry, CommandResult } from '../protocol/results';
import type { FileName } from '../storage/file';
import { flipsText } from './inspect/last_write';
import { openingAgain } from './moment_of_run';
import type { Stage } from './session.svelte';

export interface Spoiled {
  readonly file: FileName;
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** Why it cannot be done here; undefined: it can. */
export function cannotSpoil(stage: Stage): string | undefined {
  const shown = stage.active;
  if (shown === undefined) return 'Nothing is open.';
  if (shown.info.store === 'learner') return 'Bytes of your own store are not changed; take a practice run.';
  if (shown.kind === 'recovery') return 'This is a recovery: go back to its run to change a byte.';
  return undefined;
}

/** @returns one sentence: who noticed. The stage shows the copy, at the step where the byte changes. */
export async function spoilByte(stage: Stage, { at, file, from, to }: Spoiled): Promise<string> {
  const branch = stage.active!;
  const seq = happened(stage.at);
  const io = stage.track.record(seq)?.io ?? 0;
  const commands = await branch.connection.api.commands(branch.session);
  const info = await stage.connection.api.openSession(openingAgain(branch.info.settings));
  await stage.add(stage.connection, info, 'fork', `byte ${at} of ${file} changed`, undefined);
  stage.end();
  await stage.run(commandsUpTo(commands, seq, io), 'script');
  stage.end();
  const { description } = await stage.connection.api.describe(info.session);
  const isOpen = description !== undefined && description.state !== 'closed';
  const spoiled = stage.lastSeq + 1;
  const report = await stage.run(
    `${isOpen ? 'crash\n' : ''}${flipsText(file, at, from, to)}\nreopen\ncheck\n`,
    'script',
  );
  stage.moveTo({ seq: spoiled, fraction: 1 });
  stage.play();
  // The opening and the check; what comes before them is the end of the process and the flips.
  return whoNoticed(report.commands.slice(-2).map(({ result }) => result));
}

/** Up to the step that is shown: a command that was under way then ends at its next call on the files. */
export function commandsUpTo(commands: readonly CommandEntry[], seq: number, io: number): string {
  const begun = commands.filter(({ command, firstSeq }) => command > 0 && firstSeq <= seq);
  const last = begun.at(-1);
  const next = commands.find(({ firstSeq }) => firstSeq > seq);
  const isCut = last !== undefined && next !== undefined && next.ioBefore > io;
  return begun
    .map((entry) => (isCut && entry === last ? `crash at +${io - entry.ioBefore + 1}\n${entry.text}` : entry.text))
    .join('\n');
}

/** From what the opening and the check came to. */
export function whoNoticed(results: readonly CommandResult[]): string {
  const refused = results.find((result) => result.kind === 'failed');
  if (refused?.kind === 'failed') return `The opening noticed, and refused: ${refused.failure.message}`;
  const opened = results.findLast((result) => result.kind === 'opened');
  const recovery = opened?.kind === 'opened' ? opened.recovery : undefined;
  if (recovery?.otherSlot === 'damaged') {
    return 'The opening noticed: one slot of the superblock is damaged, and the other one was used.';
  }
  const checked = results.find((result) => result.kind === 'checked');
  const found = checked?.kind === 'checked' ? checked.findings : [];
  if (found.length > 0) {
    const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
    return `The opening did not read that byte; the check noticed: ${found[0]!.detail}${more}`;
  }
  if (recovery !== undefined && recovery.end !== 'end_clean') {
    return `The opening noticed: the log ends there (${recovery.reason}).`;
  }
  return 'Nobody noticed: nothing that counts now reaches that byte.';
}
