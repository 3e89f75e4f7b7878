/**
 * Bytes of updates as a flow: what was put goes to the log, from the log into whole pages, from pages into what protects
 * them; and all that was written goes on to the device. A band is as wide as it has bytes. Between two stages it may widen,
 * since the same bytes are written again with others around them: that is the amplification. To the device it never does.
 *
 *     put ──▶ log ══▶ pages ══▶ protection          one column each, the device last;
 *              │        │           │               a stage stands at the height that its bytes
 *              └────────┴───────────┴──▶ device     have on the device, so no two bands to it cross
 */
import type { WrittenBytes } from '../../../../protocol/btree';

export type FlowKind = Exclude<keyof WrittenBytes, 'room'>;

/** From the device's lower end upwards, and by the stage that they belong to. */
const STAGES = [
  { stage: 'log', kinds: ['log'] },
  { stage: 'pages', kinds: ['pages', 'spilled', 'map'] },
  { stage: 'protection', kinds: ['copies', 'superblock'] },
] as const satisfies readonly { stage: string; kinds: readonly FlowKind[] }[];
export type FlowStage = (typeof STAGES)[number]['stage'];

export interface FlowBlock {
  readonly kind: FlowKind | 'put';
  readonly bytes: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface FlowBand {
  readonly kind: FlowKind;
  /** `again`: the same bytes once more, into the next stage; `device`: on their way out. */
  readonly to: 'again' | 'device';
  readonly path: string;
}
export interface Flow {
  readonly blocks: readonly FlowBlock[];
  readonly bands: readonly FlowBand[];
  readonly stages: readonly {
    readonly stage: FlowStage | 'put' | 'device';
    readonly bytes: number;
    readonly x: number;
    readonly y: number;
    readonly height: number;
  }[];
  readonly userBytes: number;
  readonly deviceBytes: number;
}

const BLOCK = 18;
const GAP = 14;

export function flowOf(userBytes: number, written: WrittenBytes, width: number, height: number): Flow {
  const stages = STAGES.map(({ kinds, stage }) => ({
    stage,
    kinds: kinds.filter((kind) => written[kind] > 0),
    bytes: kinds.reduce((sum, kind) => sum + written[kind], 0),
  })).filter(({ bytes }) => bytes > 0);
  const deviceBytes = stages.reduce((sum, { bytes }) => sum + bytes, 0);
  const perByte = (height - GAP * (stages.length - 1)) / Math.max(deviceBytes, userBytes);
  const columns = stages.length + 1;
  const xOf = (column: number): number => (column * (width - BLOCK)) / columns;
  const blocks: FlowBlock[] = [];
  const bands: FlowBand[] = [];
  const heads: Flow['stages'][number][] = [];

  let bottom = height;
  let before = { x: 0, y: height - userBytes * perByte, height: userBytes * perByte };
  blocks.push({ kind: 'put', bytes: userBytes, x: 0, y: before.y, width: BLOCK, height: before.height });
  heads.push({ stage: 'put', bytes: userBytes, ...before });
  stages.forEach(({ bytes, kinds, stage }, i) => {
    const x = xOf(i + 1);
    const top = bottom - bytes * perByte;
    bands.push({
      kind: kinds[0]!,
      to: 'again',
      path: band(before.x + BLOCK, before.y, before.y + before.height, x, top, bottom),
    });
    let y = bottom;
    for (const kind of kinds) {
      const tall = written[kind] * perByte;
      y -= tall;
      blocks.push({ kind, bytes: written[kind], x, y, width: BLOCK, height: tall });
      blocks.push({ kind, bytes: written[kind], x: xOf(columns), y, width: BLOCK, height: tall });
      bands.push({ kind, to: 'device', path: band(x + BLOCK, y, y + tall, xOf(columns), y, y + tall) });
    }
    before = { x, y: top, height: bytes * perByte };
    heads.push({ stage, bytes, ...before });
    bottom = top - GAP;
  });
  heads.push({ stage: 'device', bytes: deviceBytes, x: xOf(columns), y: before.y, height: height - before.y });
  return { blocks, bands, stages: heads, userBytes, deviceBytes };
}

/** From a stretch of one column to one of another, in a soft curve. */
function band(x1: number, top1: number, bottom1: number, x2: number, top2: number, bottom2: number): string {
  const middle = (x1 + x2) / 2;
  return (
    `M${x1},${top1}C${middle},${top1} ${middle},${top2} ${x2},${top2}` +
    `L${x2},${bottom2}C${middle},${bottom2} ${middle},${bottom1} ${x1},${bottom1}Z`
  );
}
