/** The stage over the real host: moving, acting in the past, and what a frame costs. */
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, test } from 'vitest';
import { happened } from '../lab/playhead';
import { ROOMS } from './rooms/rooms';
import { Stage } from './session.svelte';
import { connectInPage } from './testing/host_in_page';
import Scene from './testing/Scene.svelte';
import './base.css';
import './theme.css';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0)) await one();
});

async function openStage(script: string): Promise<Stage> {
  const connection = connectInPage();
  clean.push(() => connection.terminate());
  const stage = new Stage(await ROOMS[0]!.load(), connection);
  await stage.open({ store: 'memory', seed: 1 }, 'test');
  await stage.run(script, 'script');
  return stage;
}

describe('the stage', () => {
  test('stands at the newest step after opening, and anywhere after moving', async () => {
    const stage = await openStage('put a 1 as 1\nflush');
    stage.end();
    expect(stage.live).toBe(true);
    stage.home();
    expect([happened(stage.at), stage.record, stage.live]).toEqual([-1, undefined, false]);
    stage.goToStep(3);
    expect(stage.record?.seq).toBe(2);
    expect(stage.sentence.length).toBeGreaterThan(3);
    stage.visit('flush');
    expect(stage.record?.event.kind).toBe('storage.file_flushed');
  });

  test('acting in the past starts another future and keeps the one that was', async () => {
    const stage = await openStage('put a 1 as 1\nflush\nput b 2 as 1\nflush');
    const [first] = stage.branches;
    const whole = stage.lastSeq;
    stage.goToStep(stage.ticks.find((tick) => tick.kind === 'ack')!.seq + 1);
    stage.stepSize = 'operation';
    stage.step(1);
    await stage.run('put c 3 as 2\nflush');
    expect(stage.branches).toHaveLength(2);
    const rows = async (branch = stage.active!) =>
      (await branch.connection.api.rows(branch.session, { limit: 9 })).rows.map(({ key }) =>
        String.fromCharCode(...key),
      );
    expect(await rows()).toEqual(['a', 'c']);
    stage.show(first!);
    expect(stage.lastSeq).toBe(whole);
    expect(await rows()).toEqual(['a', 'b']);
    await stage.drop(stage.branches[1]!);
    expect(stage.branches).toEqual([first]);
  });

  test('a horizon hides what comes after it', async () => {
    const stage = await openStage('put a 1 as 1\nflush');
    stage.horizon = 4;
    stage.end();
    expect([stage.lastSeq, stage.record?.seq]).toEqual([4, 4]);
    stage.step(1, 10);
    expect(stage.record?.seq).toBe(4);
    expect(stage.ticks.every((tick) => tick.seq <= 4)).toBe(true);
  });

  test('scrubbing through 2,000 events costs the main thread under 8 ms a frame', async () => {
    const lines: string[] = [];
    for (let i = 0; i < 260; i++)
      lines.push(`put key${i % 90} @${20 + (i % 50)} as ${1 + (i % 3)}`, ...(i % 3 === 2 ? ['flush'] : []));
    const stage = await openStage(lines.join('\n'));
    expect(stage.lastSeq).toBeGreaterThan(2000);
    const target = document.createElement('div');
    document.body.append(target);
    const scene = mount(Scene, { target, props: { stage, width: 1100, height: 440 } });
    clean.push(() => unmount(scene).then(() => target.remove()));
    flushSync();
    const costs: number[] = [];
    for (let i = 0; i < 240; i++) {
      // There and back, at changing speed, between steps as well as on them.
      const at = (Math.sin((i / 240) * Math.PI * 3) * 0.5 + 0.5) * stage.lastSeq;
      await new Promise(requestAnimationFrame);
      const began = performance.now();
      stage.scrub(at);
      flushSync();
      target.getBoundingClientRect();
      costs.push(performance.now() - began);
    }
    const sorted = costs.slice(20).sort((a, b) => a - b);
    const [median, p95] = [0.5, 0.95].map((part) => sorted[Math.floor(sorted.length * part)]!);
    console.info(
      `scrubbing ${stage.lastSeq + 1} events: median ${median!.toFixed(1)} ms, 95th percentile ${p95!.toFixed(1)} ms a frame`,
    );
    expect(median).toBeLessThan(8);
    expect(p95).toBeLessThan(16);
  }, 60_000);
});
