/** Every room teaches in all four ways: it is watched, played with, broken, and proved. */
import { flushSync, mount, unmount } from 'svelte';
import { expect, test } from 'vitest';
import { Lab } from '../lab.svelte';
import ModePanel from '../modes/ModePanel.svelte';
import { connectInPage } from '../testing/host_in_page';
import { ROOMS } from './rooms';
import { type Mode, MODES } from './trace_room';

/** Rooms whose issue is not done: they may lack modes. */
const UNDER_WAY: readonly string[] = [];
const WORDS: Readonly<Record<Mode, string>> = { watch: 'Watch', play: 'Play', break: 'Break', prove: 'Prove' };

test('every room has Watch, Play, Break and Prove, and something to do in each', async () => {
  const connection = connectInPage();
  const lab = new Lab(() => connection);
  await lab.start();
  const lacks: string[] = [];
  for (const { id, title } of ROOMS) {
    await lab.openRoom(id);
    if (lab.room!.kind === 'trace') await lab.openLesson(lab.lessons[0]!, false);
    const found = MODES.flatMap((mode) => whatIsMissing(lab, mode).map((what) => `${title}, ${WORDS[mode]}: ${what}`));
    if (UNDER_WAY.includes(id)) expect(found, `${title} has all four: it is not under way any more`).not.toEqual([]);
    else lacks.push(...found);
  }
  expect(lacks, lacks.join('; ')).toEqual([]);
  connection.terminate();
});

function whatIsMissing(lab: Lab, mode: Mode): string[] {
  if (!lab.room!.modes.includes(mode)) return ['the room does not have this mode'];
  lab.mode = mode;
  const target = document.createElement('div');
  const panel = mount(ModePanel, {
    target,
    props: { lab, playTab: 'commands', onPlayTab: () => undefined, onMode: () => undefined },
  });
  flushSync();
  const missing = [
    ...(target.querySelector('button, input, select, textarea') === null ? ['nothing to do'] : []),
    ...(target.textContent.trim().length < 40 ? ['no words'] : []),
  ];
  void unmount(panel);
  return missing;
}
