/** A script that is run and told, command by command, as golden files pin it. */
import { expect } from 'vitest';
import { parseScript } from '../../workload/parser';
import { drawingOf } from '../golden_drawing';
import { commandText } from '../golden_text';
import type { Session } from '../session';
import { openScript } from './sessions';

export interface GoldenRun {
  readonly told: string;
  readonly session: Session;
}

export function goldenRun(text: string): GoldenRun {
  const { script, errors } = parseScript(text);
  expect(errors).toEqual([]);
  const session = openScript(text);
  let told = tell(session, 0);
  for (const { line, command } of script.lines) {
    const { nextSeq: from } = session.recorder;
    session.execute(command, line);
    told += tell(session, from);
  }
  return { told, session };
}

function tell(session: Session, fromSeq: number): string {
  const entry = session.log.at(-1)!;
  if (entry.text.startsWith('say ') || entry.text.startsWith('ask ')) return `\n> ${entry.text}\n`;
  const { description } = session.state();
  const drawing = description === undefined ? [] : drawingOf(description);
  return `\n${commandText(entry, session.recorder.records(fromSeq), drawing)}`;
}
