/** The crash room over the real host: plan, search in several hosts, a cell, a hand on the board, a shrunk failure. */
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { VerdictLetter } from '../../../protocol/drill';
import type { Connection } from '../../connect';
import { Lab } from '../../lab.svelte';
import { connectInPage } from '../../testing/host_in_page';
import { linkTo, openLink, type CrashPlace } from '../../../lab/links';
import { makeTaskRun } from '../../../lab/crash_tasks';
import { CrashRoom } from './crash_room.svelte';
import Main from './Main.svelte';
import { openPlace, placeOf } from './place';
import '../../base.css';
import '../../theme.css';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0).reverse()) await one();
});

function host(): Connection {
  const connection = connectInPage();
  clean.push(() => connection.terminate());
  return connection;
}
async function openRoom(workers = 2): Promise<{ lab: Lab; room: CrashRoom }> {
  const lab = new Lab(host);
  await lab.start();
  const room = new CrashRoom(lab, host, workers);
  clean.push(() => room.pool.end());
  return { lab, room };
}
const noticed = (lab: Lab) => lab.notices.map(({ failure }) => failure.message);

describe('the crash room', () => {
  test('finds nothing wrong with every safeguard on, and says how many states it looked at', async () => {
    const { lab, room } = await openRoom();
    await room.become({ preset: 'commit', profile: 'measured_ext4', off: [] });
    const { plan } = room;
    expect(plan!.points.length).toBeGreaterThan(10);
    expect(plan!.exhaustivePoints).toBe(plan!.points.length);
    await room.search();
    expect([room.phase, noticed(lab)]).toEqual(['searched', []]);
    expect(room.progress!.done).toBe(plan!.judged);
    expect(room.map.cells.size).toBe(plan!.judged);
    expect({ ...room.letters, A: 0, L: 0 }).toEqual({ A: 0, L: 0, D: 0, S: 0, F: 0 });
  });

  test('shares of one search are the whole: two workers find what one does', async () => {
    const { room } = await openRoom(2);
    const alone = (await openRoom(1)).room;
    const cells: string[][] = [];
    for (const one of [room, alone]) {
      await one.become({ preset: 'checkpoint', profile: 'measured_ext4', off: ['dataBeforeSuperblock'] });
      await one.search();
      cells.push(
        one.plan!.points.flatMap(({ io }) => [...one.map.cells.of(io)].map(({ id, letter }) => `${id} ${letter}`)),
      );
    }
    expect(cells[0]!.toSorted()).toEqual(cells[1]!.toSorted());
  });

  test('a safeguard turned off shows states that lose data; turned on again, they are gone', async () => {
    const { room } = await openRoom();
    const reds: number[] = [];
    for (const off of [['flushBeforeAcknowledge'], []]) {
      await room.become({ preset: 'commit', profile: 'measured_ext4', off });
      await room.search();
      reds.push(room.letters.S + room.letters.F);
    }
    expect(reds[0]).toBeGreaterThan(0);
    expect(reds[1]).toBe(0);
    expect(room.outcomes.map(({ off }) => off)).toEqual([['flushBeforeAcknowledge'], []]);
  });

  test('a red cell opens: its recovery is on a stage, its rows beside what should be there; and it shrinks', async () => {
    const { lab, room } = await openRoom();
    await room.become({ preset: 'group', profile: 'measured_ext4', off: ['flushBeforeAcknowledge'] });
    await room.search();
    const [worst] = room.smallestOf(['S'], 1);
    expect(await room.openCell(worst!.id)).toBe(true);
    const { opened, stage } = room.opened.cell!;
    expect(opened.cell).toMatchObject({ id: worst!.id, letter: 'S' });
    expect(opened.rows.some(({ same }) => !same)).toBe(true);
    const kinds = stage.active!.timeline.slice(0, stage.lastSeq).map(({ event }) => event.kind);
    expect(kinds).toContain('wal.scan_ended');

    await room.shrink();
    expect(noticed(lab)).toEqual([]);
    const finding = room.opened.finding!;
    expect(finding.cell.letter).toBe('S');
    expect(finding.shrunk.commands[1]).toBeLessThanOrEqual(finding.shrunk.commands[0]);
    // The script by itself shows the same: the promised row is not there.
    await lab.openScript(finding.script, 'shrunk', { play: false });
    expect(noticed(lab)).toEqual([]);
    const rows = await lab.connection!.api.rows(lab.practice!.active!.session, { limit: 10 });
    const expected = finding.cell.commits ?? 0;
    expect(rows.rows.length).toBeLessThanOrEqual(expected);
  });

  test('a hand on the board finds its cell on the map, opens others, and is refused what cannot be', async () => {
    const { room } = await openRoom(1);
    await room.become({ preset: 'group', profile: 'measured_ext4', off: [] });
    await room.search();
    const point = room.plan!.points.findLast(({ call }) => call?.kind === 'flush' && call.file === 'log')!;
    await room.choosePoint(point.io);
    const log = room.pending!.flatMap(({ kind, file }, index) => (kind === 'sector' && file === 'log' ? [index] : []));
    expect(log.length).toBeGreaterThan(1);
    const fates = room.pending!.map((_, index) => ({ fate: index === log[0] ? 'lost' : 'kept' }) as const);
    room.turn(fates);
    expect(room.focus ?? 'not judged by this name').toBeTypeOf('string');
    expect(await room.openCell(room.boardId!)).toBe(true);
    expect(room.opened.cell!.opened.cell.id).toBe(room.boardId);
    await room.closeCell();

    room.turn(fates.map((fate, index) => (index === log[0] ? { fate: 'torn', atByte: 100 } : fate)));
    expect(await room.openCell(room.boardId!)).toBe(false);
    expect(room.opened.refused).toMatch(/whole/);
  });

  test('a link to a map opens the same map, at the same state, in a page that knows nothing of it', async () => {
    const { room } = await openRoom(1);
    room.choice.seed = 11;
    room.choice.statesMax = 64;
    await room.become({ preset: 'group', profile: 'adversarial', off: ['logChecksum'] });
    await room.search();
    const [worst] = room.smallestOf(['S'], 1);
    room.look(worst);
    await expect.poll(() => room.boardId).toBe(worst!.id);
    const link = linkTo(placeOf(room, 'break') as CrashPlace)!;

    const opened = openLink(link);
    const other = (await openRoom(1)).room;
    await openPlace(other, (opened as { moment: CrashPlace }).moment);
    const cellsOf = (one: CrashRoom) =>
      one.plan!.points.flatMap(({ io }) => [...one.map.cells.of(io)].map(({ id, letter }) => `${id} ${letter}`));
    expect(cellsOf(other)).toEqual(cellsOf(room));
    await expect.poll(() => [other.boardId, other.focus]).toEqual([worst!.id, worst!.id]);
  });

  test('the challenge asks for the same safeguards on every run, so what one hand-in says helps with the next', async () => {
    const { room } = await openRoom(2);
    room.enter();
    await expect.poll(() => room.switches.length).toBeGreaterThan(0);
    const names = room.switches.flatMap(({ besides, kind, name, of }) =>
      kind === 'protection' && besides === undefined && of === 'every_store' ? [name] : [],
    );
    for (const seed of [1, 2, 3]) {
      const { profile, script } = makeTaskRun('challenge', seed);
      await room.become({ script, profile, off: [] });
      const off: string[] = [];
      for (const name of names) {
        const { F, S } = await room.lettersWithout([...off, name]);
        if (F + S === 0) off.push(name);
      }
      const needed = names.filter((name) => !off.includes(name));
      expect(needed, `seed ${seed}`).toEqual(['flushBeforeAcknowledge', 'logChecksum', 'twoSuperblockSlots']);
    }
  });

  test('a search that is stopped says so, and the next one is whole', async () => {
    const { room } = await openRoom(1);
    room.choice.statesMax = 4096;
    await room.become({ preset: 'group', profile: 'adversarial', off: [] });
    const search = room.search();
    await expect.poll(() => room.map.cells.size).toBeGreaterThan(0);
    room.cancel();
    await search;
    expect(room.phase).toBe('cancelled');
    expect(room.map.cells.size).toBeLessThan(room.plan!.judged);
    await room.become({ preset: 'commit', profile: 'measured_ext4', off: [] });
    await room.search();
    expect(room.phase).toBe('searched');
  });

  test('what is drawn is what was found: letters, counts, and the sentence under the keys', async () => {
    const { lab, room } = await openRoom();
    await room.become({ preset: 'commit', profile: 'measured_ext4', off: ['flushBeforeAcknowledge'] });
    await room.search();
    const target = document.body.appendChild(document.createElement('div'));
    const main = mount(Main, {
      target,
      props: { lab, state: room, mode: 'break', onMode: () => undefined, width: 900, height: 700 },
    });
    clean.push(async () => {
      await unmount(main);
      target.remove();
    });
    flushSync();
    for (const letter of ['A', 'S'] as const satisfies readonly VerdictLetter[]) {
      const path = target.querySelector(`[data-letter=${letter}] .verdict-fill`)!.getAttribute('d')!;
      expect(path.match(/M/g)).toHaveLength(room.letters[letter]);
    }
    const map = target.querySelector<HTMLElement>('[role=application]')!;
    map.focus();
    map.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
    flushSync();
    const last = room.map.cells.find(room.focus!)!;
    expect(target.querySelector('[data-part=cell-sentence]')!.textContent).toContain(last.sentence);
    expect(target.querySelectorAll('[data-part=graph] [data-io]')).toHaveLength(room.plan!.points.length - 1);
  });
});
