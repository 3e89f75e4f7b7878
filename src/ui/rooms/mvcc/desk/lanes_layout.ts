/**
 * Sessions as lanes, ticks across: a box for each step at its tick, a bar where a session waits, and above all of it the ticks.
 *
 *              0        1        2        3        4
 *       T1   [begin] [read a]                    [commit]
 *       T2            [begin]  ░░░░ waits for T1 ░░░░░░░░ [write a]
 */
import type { LanePlan, LaneRun, LaneStep } from '../../../../workload/lanes';

export const LANE = 44;
export const TOP = 22;
const GUTTER = 34;
const TICK_MAX = 92;
/** Under this, words stand at a slant or not at all. */
export const TICK_LEAST = 54;

export interface LaneBox {
  readonly id: string;
  readonly step: LaneStep;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}
export interface WaitBar {
  readonly id: string;
  readonly waitedFor: readonly number[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
}
export interface LanesLayout {
  readonly width: number;
  readonly height: number;
  readonly tick: number;
  readonly xOf: (tick: number) => number;
  readonly yOf: (lane: number) => number;
  readonly boxes: readonly LaneBox[];
  readonly waits: readonly WaitBar[];
}

/** @param ticks the same for pictures that are compared */
export function layoutLanes(run: LaneRun, lanes: number, ticks: number, width: number): LanesLayout {
  const tick = Math.min(TICK_MAX, Math.max(TICK_LEAST, (width - GUTTER) / ticks));
  const xOf = (at: number): number => GUTTER + at * tick;
  const yOf = (lane: number): number => TOP + lane * LANE;
  return {
    width: GUTTER + ticks * tick,
    height: TOP + lanes * LANE,
    tick,
    xOf,
    yOf,
    boxes: run.steps.map((step) => ({
      id: `${step.lane} ${step.tick}`,
      step,
      x: xOf(step.tick) + 1,
      y: yOf(step.lane) + 4,
      width: tick - 2,
    })),
    waits: run.steps
      .filter(({ waitedFor }) => waitedFor.length > 0)
      .map(({ askedAt, lane, tick: at, waitedFor }) => ({
        id: `${lane} ${askedAt}`,
        waitedFor,
        x: xOf(askedAt) + 1,
        y: yOf(lane) + 12,
        width: (at - askedAt) * tick - 2,
      })),
  };
}

/** A plan that nobody has run: each step at its tick. */
export const asPlanned = ({ lanes }: LanePlan): LaneRun => ({
  steps: lanes.flatMap((steps, lane) =>
    steps.map(({ tick }, step): LaneStep => {
      return { lane, attempt: 0, step, askedAt: tick, tick, how: 'done', waitedFor: [] };
    }),
  ),
  ticks: 1 + Math.max(...lanes.map((steps) => steps.at(-1)!.tick)),
});
