/** The media room over the real host: links to what was chosen in it. */
import { afterEach, expect, test, vi } from 'vitest';
import { linkTo, openLink } from '../../../lab/links';
import { routeName } from '../../../lab/media_words';
import type { Connection } from '../../connect';
import { Lab } from '../../lab.svelte';
import { connectInPage } from '../../testing/host_in_page';
import { MediaRoom } from './media_room.svelte';
import { REMOVALS } from './without.svelte';

const connections: Connection[] = [];
afterEach(() => {
  for (const connection of connections.splice(0)) connection.terminate();
});

async function openLab(room: string): Promise<Lab> {
  const lab = new Lab(() => {
    const connection = connectInPage();
    connections.push(connection);
    return connection;
  });
  await lab.start(room);
  return lab;
}
function roomOf(lab: Lab): MediaRoom {
  expect(lab.ownState).toBeInstanceOf(MediaRoom);
  return lab.ownState as MediaRoom;
}

test('a link carries what was chosen in every mode, and no guess', async () => {
  const lab = await openLab('media');
  const room = roomOf(lab);
  await vi.waitFor(() => expect(room.catalogue).toBeDefined());
  const firefox = room.catalogue!.routes.find(({ engine, platform }) => engine === 'Firefox' && platform === 'macOS')!;
  expect(firefox.reach).toBe('drive_cache');
  room.chooseRoute(routeName(firefox));
  room.setPath({ kind: 'hdd', grown: true, dirtyBytes: 1_048_576 });
  room.goTo(2);
  room.playTab = 'experiments';
  room.setWorkload({ blockLog: 16, depthLog: 5, randomShare: 0.25, writes: true });
  room.experiments.open = 'append';
  room.experiments.batch = 64;
  room.experiments.alignBytes = 512;
  room.experiments.guesses.appendDisk = 2.1;
  room.experiments.made.append = true;
  await room.without.remove(REMOVALS[0]!);
  room.tasks.start('wear');
  lab.mode = 'prove';

  const place = await lab.moment();
  if (typeof place === 'string') throw new Error(place);
  const link = linkTo(place)!;
  expect(link.length, 'a link one can send').toBeLessThan(1000);

  const other = await openLab('wal');
  await other.openMoment(openLink(link));
  expect([other.room!.id, other.mode, other.notices]).toEqual(['media', 'prove', []]);
  const there = roomOf(other);
  // A link may be followed before the catalogue is there; the route is the one that was meant all the same.
  await vi.waitFor(() => expect(there.chosenRoute).toEqual(firefox));
  expect(there.path.reach).toBe('drive_cache');
  expect(await other.moment(), 'all of it arrived').toEqual(place);
  expect(there.tasks.open!.question).toBe(room.tasks.open!.question);
  expect([there.experiments.made.append, there.experiments.guesses.appendDisk]).toEqual([false, 1]);
  await vi.waitFor(() => expect(there.pricedPath).toBeDefined());
});

test('any open run can be priced, the learner’s own store too', async () => {
  const lab = await openLab('wal');
  await lab.openLesson(lab.lessons[0]!, false);
  await lab.openStore();
  expect(await lab.act('put köln 1\nflush')).toBe(true);
  await lab.openRoom('media');
  const room = roomOf(lab);
  expect(room.runs.map(({ branch }) => branch.label)).toEqual([lab.lessons[0]!.title, 'your store']);
  expect(room.run!.branch, 'what is on the stage').toBe(lab.store!.active);
  await room.priceRun();
  const store = room.runPrices;
  room.chooseRun(room.runs[0]!.branch);
  await room.priceRun();
  const lesson = room.runPrices;
  for (const prices of [store, lesson]) {
    expect(prices.map(({ kind }) => kind)).toEqual(['dram', 'nvme', 'sata', 'hdd']);
    for (const { counts, joules, money, ns } of prices) {
      expect(Math.min(ns, joules, money.total)).toBeGreaterThan(0);
      expect(counts.hostBytes).toBeGreaterThan(0);
    }
  }
  const calls = (prices: typeof store): number => prices[0]!.count;
  expect(calls(lesson)).not.toBe(calls(store));
});
