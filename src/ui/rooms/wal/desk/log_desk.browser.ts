/** The desk of the log room over the real host: presets, questions, the latest change wins, the worst commit, an order. */
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PRESETS } from '../../../../lab/traffic_presets';
import { linkTo, openLink } from '../../../../lab/links';
import type { CommitStep } from '../../../../crash/exercise/ordered_store';
import { Lab } from '../../../lab.svelte';
import { connectInPage } from '../../../testing/host_in_page';
import { LogDesk } from './log_desk.svelte';
import { samplesOf } from './traffic_disk.svelte';
import Main from './Main.svelte';
import '../../../base.css';
import '../../../theme.css';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0).reverse()) await one();
});

async function openDesk(): Promise<{ lab: Lab; desk: LogDesk }> {
  const connection = connectInPage();
  clean.push(() => connection.terminate());
  const lab = new Lab(() => connection);
  await lab.start();
  return { lab, desk: new LogDesk(lab) };
}
const settled = (desk: LogDesk): Promise<void> => vi.waitFor(() => expect(desk.busy).toBe(false), { timeout: 30_000 });
const presetOf = (id: string) => PRESETS.find((preset) => preset.id === id)!;

// Hosts in the page share its thread: a run and its swept curve are a few seconds where others work, too.
describe('the desk of the log room', { timeout: 120_000 }, () => {
  test('asks before a preset runs the first time, keeps the guess, and never asks again', async () => {
    const { desk, lab } = await openDesk();
    desk.begin();
    await settled(desk);
    expect(desk.run!.settings.clients).toBe(1);
    desk.choosePreset(presetOf('together'));
    expect([desk.asking, desk.busy, desk.run!.settings.clients]).toEqual([true, false, 1]);
    desk.answer(5);
    await settled(desk);
    expect([desk.run!.settings.clients, desk.ranPreset, desk.guesses['together']]).toEqual([64, 'together', 5]);
    expect(presetOf('together').question.truth(desk.run!)).toBeGreaterThan(10);
    expect(desk.other!.settings).toEqual({ ...desk.run!.settings, loop: 'closed' });
    desk.choosePreset(presetOf('together'));
    expect(desk.asking).toBe(false);
    await settled(desk);
    expect(lab.notices).toEqual([]);
  });

  test('of changes in a row the last one counts; points of before are the trail, and the curve is swept once', async () => {
    const { desk } = await openDesk();
    desk.begin();
    await settled(desk);
    const before = desk.sweep;
    expect(before.length).toBeGreaterThan(7);
    for (const arrivalsPerSecond of [100, 200, 300]) desk.turn({ arrivalsPerSecond });
    await vi.waitFor(() => expect(desk.run!.settings.arrivalsPerSecond).toBe(300), { timeout: 30_000 });
    await settled(desk);
    expect(desk.trail.map(({ intendedPerSecond }) => intendedPerSecond)).toEqual([50]);
    expect(desk.sweep).toBe(before);
    desk.turn({ flushMicros: 2000 });
    await vi.waitFor(() => expect(desk.sweep).not.toBe(before), { timeout: 30_000 });
    await settled(desk);
    expect(desk.sweep[0]!.p50).toBeGreaterThan(before[0]!.p50 * 1.5);
  });

  test('the worst commit opens in the lanes, with everything that it waited for in sight', async () => {
    const { desk, lab } = await openDesk();
    desk.choosePreset(presetOf('slow_flush'));
    desk.answer(null);
    await settled(desk);
    const target = document.createElement('div');
    document.body.append(target);
    const props = { lab, state: desk, mode: 'play' as const, onMode: () => undefined, width: 1000, height: 700 };
    const main = mount(Main, { target, props });
    clean.push(async () => {
      await unmount(main);
      target.remove();
    });
    flushSync();
    // Quick or not, every point of the curve is of a run that met its slow flushes.
    expect(desk.sweep.length).toBeGreaterThan(7);
    for (const { intendedPerSecond, p999 } of desk.sweep)
      expect(p999, `${intendedPerSecond} a second`).toBeGreaterThan(10_000);
    const worst = target.querySelectorAll<HTMLElement>('[data-worst]');
    expect(worst).toHaveLength(10);
    expect(worst[0]!.dataset['reason']).toBe('slow_flush');
    worst[0]!.click();
    flushSync();
    const number = Number(worst[0]!.dataset['worst']);
    const { intended, told } = desk.run!.commits;
    expect(desk.commit).toBe(number);
    expect(desk.span.from).toBeLessThan(intended[number]!);
    expect(desk.span.to).toBeGreaterThan(told[number]!);
    expect(target.querySelector(`[data-part=lanes] [data-commit="${number}"] .ring`)).not.toBeNull();
    // From cell to cell of the map by keys: the first is the highest, and its worst is the worst of all.
    const map = target.querySelector<HTMLElement>('[data-part=latency] [role=application]')!;
    map.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    flushSync();
    expect(desk.region).toBeDefined();
    expect(desk.worst[0]).toBe(number);
  });

  test('a link carries settings, seed and what is looked at; a preset is asked first where nobody has guessed it', async () => {
    const { desk, lab } = await openDesk();
    lab.atDesk = true;
    lab.mode = 'play';
    const deskOf = (other: Lab): LogDesk => other.ownState as LogDesk;
    const here = deskOf(lab);
    expect(desk).not.toBe(here);
    here.open({ preset: presetOf('slow_flush'), knobs: { ...presetOf('slow_flush').knobs, clients: 3 }, seed: 99 });
    await vi.waitFor(() => expect(here.run?.settings.clients).toBe(3), { timeout: 30_000 });
    here.lookAt(here.worst[0]!);
    const place = await lab.moment();
    if (typeof place === 'string') throw new Error(place);

    const { lab: other } = await openDesk();
    await other.openMoment(openLink(linkTo(place)!));
    const there = deskOf(other);
    await settled(there);
    expect([other.atDesk, other.mode, there.run!.settings]).toEqual([true, 'play', here.run!.settings]);
    expect(there.run!.commits.told, 'the same moments').toEqual(here.run!.commits.told);
    expect(await other.moment()).toEqual(place);
    expect(there.commit).toBe(here.commit);
    expect(there.span.from).toBeCloseTo(here.span.from, -1);

    here.open({ preset: presetOf('together'), seed: 5 });
    const question = await lab.moment();
    if (typeof question === 'string') throw new Error(question);
    await other.openMoment(openLink(linkTo(question)!));
    expect([there.asking, there.preset.id, there.seed]).toEqual([true, 'together', 5]);
    there.answer(null);
    await settled(there);
    expect(there.run!.settings).toMatchObject({ clients: 64, seed: 5 });
    await settled(here);
  });

  test('on the times of this disk a modelled flush takes what was measured, and back again', async () => {
    const { desk, lab } = await openDesk();
    desk.choosePreset(presetOf('alone'));
    desk.answer(null);
    await settled(desk);
    const flushes = (): number[] => desk.run!.groups.map(({ flushed, written }) => flushed - written);
    for (const flush of flushes()) expect(flush).toBeCloseTo(1000, 6);

    desk.disk.want(true);
    await vi.waitFor(() => expect(desk.run!.settings.device.kind).toBe('sampled'), { timeout: 60_000 });
    await settled(desk);
    const measured = samplesOf(desk.disk.flush!.times);
    expect(measured.length).toBeGreaterThan(10);
    for (const flush of flushes()) {
      const nearest = Math.min(...measured.map((one) => Math.abs(one - flush)));
      expect(nearest, `${flush} µs was measured`).toBeLessThan(1e-6);
    }
    expect(Math.max(...flushes()), 'memory does not take a millisecond').toBeLessThan(1000);
    expect(desk.summary!.p50, 'and so nobody waits for one').toBeLessThan(900);
    // What was measured on this machine is nobody else's.
    lab.atDesk = true;
    const own = lab.ownState as LogDesk;
    own.disk.notes = desk.disk.notes;
    own.disk.wanted = true;
    lab.mode = 'play';
    expect(await lab.moment()).toMatch(/cannot carry the times of your disk/);

    desk.disk.want(false);
    await vi.waitFor(() => expect(desk.run!.settings.device.kind).toBe('modelled'), { timeout: 30_000 });
    await settled(desk);
    for (const flush of flushes()) expect(flush).toBeCloseTo(1000, 6);
  });

  test('an order is judged by the crash search, and a belief is held against it', async () => {
    const { desk } = await openDesk();
    const { order } = desk;
    const put = (steps: readonly CommitStep[]): void => steps.forEach((step, i) => order.move(step, i));
    put(['log_append', 'acknowledge', 'log_flush', 'page_write', 'data_flush', 'publish']);
    await order.grade();
    expect(order.graded, 'first one says what one believes').toBeUndefined();
    order.belief = 'safe';
    await order.grade();
    expect(order.graded!.grade.losing).toBeGreaterThan(0);
    expect(order.graded!.grade.worst).toMatchObject({ commit: 1, before: 'log_flush' });
    order.move('acknowledge', 5);
    expect([order.graded, order.belief]).toEqual([undefined, undefined]);
    order.belief = 'safe';
    await order.grade();
    expect(order.graded!.grade).toMatchObject({ losing: 0 });
    expect([order.tries, order.foretold]).toEqual([2, 1]);
  });
});
