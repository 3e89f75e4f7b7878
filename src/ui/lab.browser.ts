/** The lab over the real host: lessons, links, bad input, the learner's store. */
import { afterEach, describe, expect, test } from 'vitest';
import { linkTo, openLink } from '../lab/links';
import type { Connection } from './connect';
import { Lab } from './lab.svelte';
import { loadWal } from './rooms/rooms';
import { connectInPage } from './testing/host_in_page';

const connections: Connection[] = [];
afterEach(() => {
  for (const connection of connections.splice(0)) connection.terminate();
});

function connectForTest(): Connection {
  const connection = connectInPage();
  connections.push(connection);
  return connection;
}

async function openLab(): Promise<Lab> {
  const lab = new Lab(connectForTest);
  await lab.start();
  expect(lab.phase).toBe('ready');
  return lab;
}

const recordsOf = (lab: Lab) => lab.stage!.active!.timeline.slice(0, lab.stage!.lastSeq).map(({ event }) => event);
const codes = (lab: Lab) => lab.notices.map((notice) => notice.failure.code);

describe('the lab', () => {
  test('runs every lesson and stands at its first command', async () => {
    const lab = await openLab();
    for (const lesson of lab.lessons) {
      await lab.openLesson(lesson, false);
      expect([lesson.id, codes(lab)]).toEqual([lesson.id, []]);
      expect(lab.stage!.lastSeq).toBeGreaterThan(30);
      expect(lab.stage!.track.record(lab.stage!.at.seq + 1)?.command).toBe(1);
    }
  });

  test('each trace room keeps a run of its own, and a link opens in the room it names', async () => {
    const wal = await loadWal();
    const beside = { ...wal, id: 'beside', title: 'Beside' };
    const lab = new Lab(connectForTest, [
      { id: 'wal', title: 'Log', load: () => Promise.resolve(wal) },
      { id: 'beside', title: 'Beside', load: () => Promise.resolve(beside) },
    ]);
    await lab.start();
    await lab.openScript('put apple red\nflush\n', 'here', { play: false });
    const here = lab.stage!;
    const moment = await lab.moment();

    await lab.openRoom('beside');
    expect(lab.stage).not.toBe(here);
    expect(lab.stage!.room.id).toBe('beside');
    await lab.openScript('put plum blue\n', 'beside', { play: false });
    expect(lab.stage!.room.id).toBe('beside');
    expect(here.lastSeq, 'the other run is as it was').toBeGreaterThan(0);

    if (typeof moment === 'string') throw new Error(moment);
    await lab.openMoment(openLink(linkTo(moment)!));
    expect([lab.room!.id, lab.stage]).toEqual(['wal', here]);
    expect(codes(lab)).toEqual([]);
  });

  test('the learner’s store is one, whatever room shows it; a link and a script never take its place', async () => {
    const wal = await loadWal();
    const lab = new Lab(connectForTest, [
      { id: 'wal', title: 'Log', load: () => Promise.resolve(wal) },
      { id: 'btree', title: 'Beside', load: () => Promise.resolve({ ...wal, id: 'btree', title: 'Beside' }) },
    ]);
    await lab.start();
    await lab.openScript('put apple red\nflush\n', 'here', { play: false });
    const moment = await lab.moment();
    await lab.openStore();
    const inLog = lab.stage!;
    await lab.actNow('put mine 1');
    await lab.openRoom('btree');
    expect([lab.workspace, lab.stage!.room.id]).toEqual(['store', 'btree']);
    expect(lab.stage!.active!.session).toBe(inLog.active!.session);
    expect(lab.stage!.lastSeq, 'and all its steps').toBe(inLog.lastSeq);
    await lab.actNow('put more 2');
    await expect.poll(() => inLog.lastSeq).toBe(lab.stage!.lastSeq);

    if (typeof moment === 'string') throw new Error(moment);
    await lab.openMoment(openLink(linkTo(moment)!));
    expect([lab.workspace, lab.room!.id, lab.stage === inLog]).toEqual(['practice', 'wal', false]);
    await lab.openStore();
    expect(lab.stage).toBe(inLog);
    await lab.openScript('put plum blue\n', 'of another room', { play: false, room: 'btree' });
    expect([lab.workspace, lab.room!.id, lab.stage!.active!.label]).toEqual(['practice', 'btree', 'of another room']);
    await lab.openStore();
    const { rows } = await lab.connection!.api.rows(lab.stage!.active!.session, { limit: 9 });
    expect(rows).toHaveLength(2);

    const { token } = await lab.connection!.api.planReset(lab.stage!.active!.session);
    await lab.resetStore(token, { index: 'map' });
    expect(lab.stage!.active!.info.settings.format.tree).toBeUndefined();
    await lab.openRoom('wal');
    expect(lab.stage, 'the other room follows the fresh store').not.toBe(inLog);
    expect(lab.stage!.active!.info.settings.format.tree).toBeUndefined();
    expect(codes(lab)).toEqual([]);
  });

  test('a link opens the same run at the same step, paused', async () => {
    const lab = await openLab();
    await lab.openLesson(lab.lessons[0]!, false);
    lab.stage!.goToStep(50);
    lab.stage!.scrubInside(0.5);
    const moment = await lab.moment();
    if (typeof moment === 'string') throw new Error(moment);
    const link = linkTo(moment)!;
    const other = await openLab();
    await other.openMoment(openLink(link));
    expect(codes(other)).toEqual([]);
    expect(other.stage!.at).toEqual({ seq: 49, fraction: 0.5 });
    expect(other.stage!.playing).toBe(false);
    expect(recordsOf(other).map(({ kind }) => kind)).toEqual(recordsOf(lab).map(({ kind }) => kind));
  });

  test('a hostile link is refused with a sentence, and nothing runs', async () => {
    const lab = await openLab();
    await lab.openMoment(openLink('#1.e30'));
    expect(codes(lab)).toEqual(['input_malformed']);
    expect(lab.practice!.active).toBeUndefined();
  });

  test('a script with errors names the place and runs nothing', async () => {
    const lab = await openLab();
    expect(await lab.openScript('put a b\nptu c d', 'bad')).toBe(false);
    expect(codes(lab)).toEqual(['script_invalid']);
    expect(lab.notices[0]!.failure.place.span).toMatchObject({ line: 2, column: 1 });
    expect(lab.practice!.active).toBeUndefined();
  });

  test('what the store refuses is told once, however often it is tried', async () => {
    const lab = await openLab();
    await lab.openLesson(lab.lessons[0]!, false);
    lab.stage!.end();
    expect(await lab.act('put "" x')).toBe(false);
    expect(await lab.act('put "" x')).toBe(false);
    expect(codes(lab)).toEqual(['key_empty']);
    expect(await lab.act('put a 1')).toBe(true);
    expect(codes(lab), 'who goes on has seen it').toEqual([]);
  });

  test('what a lesson says ends where somebody does something by hand', async () => {
    const lab = await openLab();
    await lab.openScript('put a 1\nflush\nsay "One is there."', 'told', { play: false });
    lab.stage!.end();
    expect(lab.stage!.narration?.text).toBe('One is there.');
    await lab.act('put b 2');
    lab.stage!.end();
    expect(lab.stage!.narration).toBeUndefined();
    lab.stage!.home();
    lab.stage!.visit('note');
    expect(lab.stage!.narration?.text, 'and stands where it was said').toBe('One is there.');
  });

  test('the learner’s store is reset only with the token of the plan that was shown', async () => {
    const lab = await openLab();
    await lab.openStore();
    await lab.actNow('put mine 1');
    const api = lab.connection!.api;
    const plan = await api.planReset(lab.stage!.active!.session);
    expect(plan.keys).toBe(1);
    await lab.actNow('put later 2');
    await lab.resetStore(plan.token);
    expect(lab.notices).toHaveLength(1);
    const fresh = await api.planReset(lab.stage!.active!.session);
    await lab.resetStore(fresh.token);
    expect((await api.rows(lab.stage!.active!.session, { limit: 9 })).rows).toEqual([]);
  });
});
