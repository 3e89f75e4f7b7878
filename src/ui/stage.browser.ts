/** The stage over the real host: moving, acting in the past, and what a frame costs. */
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { happened } from '../lab/playhead';
import { loadWal } from './rooms/rooms';
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
  const stage = new Stage(await loadWal(), connection);
  await stage.open({ store: 'memory', seed: 1 }, 'test');
  await stage.run(script, 'script');
  return stage;
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
/** A few milliseconds of arithmetic. */
function referenceWork(): number {
  let sum = 1;
  for (let i = 0; i < 3_000_000; i++) sum = Math.imul(sum, 31) + i;
  return sum;
}
function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)]!;
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

  test('scrubbing through 2,000 events, the shell leaves the frame to the picture', async () => {
    const lines: string[] = [];
    for (let i = 0; i < 260; i++)
      lines.push(`put key${i % 90} @${20 + (i % 50)} as ${1 + (i % 3)}`, ...(i % 3 === 2 ? ['flush'] : []));
    const stage = await openStage(lines.join('\n'));
    expect(stage.lastSeq).toBeGreaterThan(2000);
    const shell = await scrubCosts(stage, false);
    console.info(`scrubbing ${stage.lastSeq + 1} events, ms a frame: without the picture ${shell.words}`);
    if (inject('isLong')) console.info(`with it ${(await scrubCosts(stage, true)).words}`);
    expect(shell.median).toBeLessThan(4);
    expect(shell.p95).toBeLessThan(8);
  }, 60_000);
});

/** There and back, at changing speed, between steps as well as on them. */
async function scrubCosts(stage: Stage, picture: boolean): Promise<{ median: number; p95: number; words: string }> {
  const target = document.createElement('div');
  document.body.append(target);
  const scene = mount(Scene, { target, props: { stage, width: 1100, height: 440, picture } });
  flushSync();
  // Beside each frame a fixed piece of work is timed: how much slower it is than at its best is how much of the machine
  // others took, and is not ours.
  const costs: number[] = [];
  const references: number[] = [];
  for (let i = 0; i < 220; i++) {
    const at = (Math.sin((i / 220) * Math.PI * 3) * 0.5 + 0.5) * stage.lastSeq;
    await new Promise(requestAnimationFrame);
    costs.push(
      timed(() => {
        stage.scrub(at);
        flushSync();
        target.getBoundingClientRect();
      }),
    );
    references.push(timed(referenceWork));
  }
  await unmount(scene);
  target.remove();
  const own = (part: number) =>
    (quantile(costs.slice(20), part) * Math.min(...references)) / quantile(references, part);
  const [median, p95] = [own(0.5), own(0.95)];
  const words = `median ${median.toFixed(1)}, 95th percentile ${p95.toFixed(1)} (by the wall ${quantile(costs, 0.5).toFixed(1)})`;
  return { median, p95, words };
}
