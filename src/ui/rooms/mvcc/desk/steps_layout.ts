/**
 * Sessions side by side, time going down: a column for each session, a row for each step, and arrows between steps.
 *
 *              T1                    T2
 *      1   [ begin        ]
 *      2                         [ begin        ]
 *      3   [ read x: 0    ]
 *                  ╲____ rw ____
 *      4                        ╲[ write x = 1  ]
 */
import type { StepTaken } from '../../../../mvcc/history/run_script';

export const ROW = 30;
export const HEAD = 26;
const GUTTER = 24;
const GAP = 10;
const COLUMN_MAX = 232;

export interface StepBox {
  readonly place: number;
  readonly session: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface ArrowLine {
  readonly edge: number;
  readonly path: string;
  /** Where its kind is written. */
  readonly x: number;
  readonly y: number;
}
export interface StepsLayout {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly { readonly session: number; readonly x: number; readonly width: number }[];
  readonly boxes: readonly StepBox[];
  readonly arrows: readonly ArrowLine[];
}

export function layoutSteps(
  steps: readonly StepTaken[],
  arrows: readonly { readonly from: number; readonly to: number; readonly edge: number }[],
  width: number,
): StepsLayout {
  const sessions = [...new Set(steps.map(({ session }) => session))].sort((a, b) => a - b);
  // Arrows need air between the columns.
  const air = arrows.length > 0 ? Math.min(96, Math.max(44, width * 0.1)) : GAP;
  const column = Math.min(COLUMN_MAX, (width - GUTTER - air * (sessions.length - 1)) / sessions.length);
  const left = (session: number): number => GUTTER + sessions.indexOf(session) * (column + air);
  const boxes = steps.map(({ session }, place): StepBox => {
    return { place, session, x: left(session), y: HEAD + place * ROW + 2, width: column, height: ROW - 4 };
  });
  return {
    width: GUTTER + sessions.length * column + (sessions.length - 1) * air,
    height: HEAD + steps.length * ROW + 4,
    columns: sessions.map((session) => ({ session, x: left(session), width: column })),
    boxes,
    arrows: arrows.map(({ edge, from, to }, i) => ({ edge, ...curve(boxes[from]!, boxes[to]!, i) })),
  };
}

/** From the side of one box to the facing side of the other; two that would lie on each other bend apart. */
function curve(from: StepBox, to: StepBox, turn: number): Omit<ArrowLine, 'edge'> {
  const isRight = to.x > from.x;
  const x1 = isRight ? from.x + from.width : from.x;
  const x2 = isRight ? to.x - 7 : to.x + to.width + 7;
  const y1 = from.y + from.height / 2;
  const y2 = to.y + to.height / 2;
  const bend = Math.max(16, Math.abs(x2 - x1) * 0.45) * (isRight ? 1 : -1);
  // Kinds stand at different places of their arrows, so that none covers another where arrows cross.
  const at = turn % 2 === 0 ? 0.32 : 0.68;
  const point = (a: number, b: number, c: number, d: number): number =>
    (1 - at) ** 3 * a + 3 * (1 - at) ** 2 * at * b + 3 * (1 - at) * at ** 2 * c + at ** 3 * d;
  return {
    path: `M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`,
    x: point(x1, x1 + bend, x2 - bend, x2),
    y: point(y1, y1, y2, y2),
  };
}
