/** The entry of a benchmark worker: it holds one subject and does what the page says. */
import { HeldSubject } from './held_subject';
import type { Command, Reply } from './messages';

let held: HeldSubject | undefined;

onmessage = ({ data }: MessageEvent<Command>): void => {
  obey(data).then(
    (answer) => postMessage({ answer } satisfies Reply),
    (error: unknown) => postMessage({ error: String(error) } satisfies Reply),
  );
};

async function obey(command: Command): Promise<unknown> {
  if (command.do === 'start') {
    held = await HeldSubject.make(command);
    return null;
  }
  if (!held) throw new Error('the first command says which subject lives here');
  return held.obey(command);
}
