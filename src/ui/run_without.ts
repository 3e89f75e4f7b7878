/** The same commands again with one protection off, as another future of the run. */
import { inOtherWords } from '../lab/other_words';
import { firstDifference, PROTECTION_WORDS } from '../lab/protections';
import type { Protections } from '../kv_store/types';
import type { Branch } from './branch.svelte';
import { commandsOf, openingAgain } from './moment_of_run';
import type { Stage } from './session.svelte';

/** @returns one sentence: from which step on it goes another way. */
export async function runWithout(stage: Stage, protection: keyof Protections): Promise<string> {
  const shown = stage.active!;
  const from = (shown.kind === 'recovery' ? shown.origin?.branch : undefined) ?? shown;
  const again = openingAgain(from.info.settings);
  const info = await stage.connection.api.openSession({
    ...again,
    protections: { ...again.protections, [protection]: false },
  });
  const branch = await stage.add(stage.connection, info, 'fork', `without ${PROTECTION_WORDS[protection]}`, undefined);
  stage.end();
  await stage.run(inOtherWords(await commandsOf(from), protection), 'script');
  const records = (of: Branch) => of.timeline.slice(of.timeline.firstSeq, of.timeline.lastSeq);
  const difference = firstDifference(records(from), records(branch));
  if (difference === undefined) {
    return 'Nothing changed: this history did not need it. Crash it here, or try another history.';
  }
  stage.goToStep(branch.timeline.firstSeq + difference + 1);
  return `From step ${branch.timeline.firstSeq + difference + 1} on it goes another way. Both runs are kept below: switch between them.`;
}
