/** Doing it again: the commands of a session, from its first bytes, in another place. */
import type { PlannedCommand } from '../protocol/drill';
import type { CommandEntry } from '../protocol/results';
import { parseScript } from '../workload/parser';
import { LabError, scriptInvalid } from './lab_error';
import type { Session } from './session';

/** Commands between two yields to the event loop. */
const SLICE_COMMANDS = 64;

/** How many commands, the opening not counted, were over at record `seq`. */
export function commandsUpTo(log: readonly CommandEntry[], seq: number, nextSeq: number): number {
  const endOf = (index: number): number => (log[index + 1]?.firstSeq ?? nextSeq) - 1;
  return log.filter((entry) => entry.command > 0 && endOf(entry.command) <= seq).length;
}

export function planned(entries: readonly CommandEntry[]): PlannedCommand[] {
  return entries.map(({ line, text, origin }) => ({ line, text, origin }));
}

/**
 * Runs the commands, until they end or the session's gate does.
 *
 * @param pause lets other work of the thread happen, now and then
 */
export async function replay(
  session: Session,
  commands: readonly PlannedCommand[],
  pause: () => Promise<void>,
): Promise<void> {
  for (const [index, { line, origin, text }] of commands.entries()) {
    if (session.gate.hasEnded) return;
    const { script, errors } = parseScript(text);
    const [parsed] = script.lines;
    if (parsed === undefined || errors.length > 0) throw scriptInvalid(errors);
    session.execute(parsed.command, line, origin);
    if (index % SLICE_COMMANDS === SLICE_COMMANDS - 1) await pause();
  }
}

/** The names of the data sets that commands load. */
export function datasetsOf(commands: readonly PlannedCommand[]): string[] {
  const names = new Set<string>();
  for (const { text } of commands) {
    const [line] = parseScript(text).script.lines;
    if (line?.command.kind === 'load') names.add(line.command.dataset);
  }
  return [...names];
}

/** @throws LabError replay_unavailable if a command needs the simulated device */
export function assertOnRealFiles(commands: readonly PlannedCommand[]): void {
  const cut = commands.find(({ text }) => text.startsWith('power-cut'));
  if (cut === undefined) return;
  throw new LabError(
    'replay_unavailable',
    `The power was cut earlier in this session (line ${cut.line}), which real files cannot repeat: cut the power here instead.`,
  );
}
