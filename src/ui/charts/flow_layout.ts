/**
 * Bytes as a flow: what was put goes through stages one after another, and all that any stage writes goes on to the
 * device. A band is as wide as it has bytes. Between two stages it may widen, since the same bytes are written again with
 * others around them: that is the amplification. To the device it never does.
 *
 *     put ──▶ log ══▶ pages ══▶ protection          one column each, the device last;
 *              │        │           │               a stage stands at the height that its bytes
 *              └────────┴───────────┴──▶ device     have on the device, so no two bands to it cross
 */

/** From the device's lower end upwards, each with the kinds of bytes that it writes. */
export interface StageBytes<K extends string> {
  readonly stage: string;
  readonly parts: readonly { readonly kind: K; readonly bytes: number }[];
}

export interface FlowBlock<K extends string> {
  readonly kind: K | 'put';
  readonly bytes: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface FlowBand<K extends string> {
  readonly kind: K;
  /** `again`: the same bytes once more, into the next stage; `device`: on their way out. */
  readonly to: 'again' | 'device';
  readonly path: string;
}
export interface Flow<K extends string> {
  readonly blocks: readonly FlowBlock<K>[];
  readonly bands: readonly FlowBand<K>[];
  readonly stages: readonly {
    /** `put` first, `device` last. */
    readonly stage: string;
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

export function flowOf<K extends string>(
  userBytes: number,
  all: readonly StageBytes<K>[],
  width: number,
  height: number,
): Flow<K> {
  const stages = all
    .map(({ parts, stage }) => ({
      stage,
      parts: parts.filter(({ bytes }) => bytes > 0),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    }))
    .filter(({ bytes }) => bytes > 0);
  const deviceBytes = stages.reduce((sum, { bytes }) => sum + bytes, 0);
  const perByte = (height - GAP * Math.max(0, stages.length - 1)) / Math.max(deviceBytes, userBytes);
  const columns = stages.length + 1;
  const xOf = (column: number): number => (column * (width - BLOCK)) / columns;
  const blocks: FlowBlock<K>[] = [];
  const bands: FlowBand<K>[] = [];
  const heads: Flow<K>['stages'][number][] = [];

  let bottom = height;
  let before = { x: 0, y: height - userBytes * perByte, height: userBytes * perByte };
  blocks.push({ kind: 'put', bytes: userBytes, x: 0, y: before.y, width: BLOCK, height: before.height });
  heads.push({ stage: 'put', bytes: userBytes, ...before });
  stages.forEach(({ bytes, parts, stage }, i) => {
    const x = xOf(i + 1);
    const top = bottom - bytes * perByte;
    bands.push({
      kind: parts[0]!.kind,
      to: 'again',
      path: band(before.x + BLOCK, before.y, before.y + before.height, x, top, bottom),
    });
    let y = bottom;
    for (const { bytes: size, kind } of parts) {
      const tall = size * perByte;
      y -= tall;
      blocks.push({ kind, bytes: size, x, y, width: BLOCK, height: tall });
      blocks.push({ kind, bytes: size, x: xOf(columns), y, width: BLOCK, height: tall });
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
