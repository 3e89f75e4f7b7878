/**
 * What a frame costs the main thread, by the browser's own trace: all tasks of the page's thread from one animation
 * frame to the next, in time on the processor. What others take of the machine meanwhile does not count.
 */
import type { CDPSession, Page } from '@playwright/test';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds: when, how long by the wall, how long on the processor. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
}

const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];

/** Milliseconds of each frame that began while `work` ran, on a processor `slowed` that many times. */
export async function frameCosts(page: Page, work: () => Promise<void>, slowed = 1): Promise<number[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowed });
  const events = await traced(session, work);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await session.detach();
  const frames = events.filter(({ name }) => name === 'FireAnimationFrame').sort((one, other) => one.ts - other.ts);
  const thread = frames[0];
  const tasks = events
    .filter(
      ({ name, pid, tdur, tid }) =>
        name === 'RunTask' && tdur !== undefined && pid === thread?.pid && tid === thread.tid,
    )
    .sort((one, other) => one.ts - other.ts);
  const costs: number[] = [];
  let next = 0;
  for (const { dur = 0, tdur = 0, ts } of tasks) {
    const first = next;
    while (next < frames.length && frames[next]!.ts <= ts + dur) next++;
    if (next > first) costs.push(0);
    if (costs.length > 0) costs[costs.length - 1]! += tdur / 1000;
  }
  return costs;
}

/** A frame has been drawn for each of `places` (0 to 1 along the rug), one after another, as a dragging hand would. */
export async function scrubAlong(page: Page, places: readonly number[]): Promise<void> {
  const track = page.locator('[data-part=scrub]');
  const box = (await track.boundingBox())!;
  await page.mouse.move(box.x + 4, box.y + 10);
  await page.mouse.down();
  await track.evaluate(async (element, along) => {
    const { height, left, top, width } = element.getBoundingClientRect();
    for (const place of along) {
      await new Promise(requestAnimationFrame);
      const at = { clientX: left + place * width, clientY: top + height / 2, pointerId: 1, bubbles: true };
      element.dispatchEvent(new PointerEvent('pointermove', at));
    }
  }, places);
  await page.mouse.up();
}

async function traced(session: CDPSession, work: () => Promise<void>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'] },
  });
  await work();
  await session.send('Tracing.end');
  await complete;
  return events;
}
