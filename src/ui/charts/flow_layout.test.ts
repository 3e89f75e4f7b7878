/** The flow of bytes: as wide as it has bytes, nothing lost on the way to the device, no two bands to it across each other. */
import { expect, test } from 'vitest';
import { flowOf } from './flow_layout';

const BYTES = { log: 1320, pages: 2200, copies: 2300, map: 90, spilled: 300, superblock: 60, room: 9999 };
const STAGES = [
  { stage: 'log', kinds: ['log'] },
  { stage: 'pages', kinds: ['pages', 'spilled', 'map'] },
  { stage: 'protection', kinds: ['copies', 'superblock'] },
] as const;
const stagesOf = (bytes: typeof BYTES) =>
  STAGES.map(({ kinds, stage }) => ({ stage, parts: kinds.map((kind) => ({ kind, bytes: bytes[kind] })) }));
const WRITTEN = stagesOf(BYTES);

test('widths are bytes on one scale, and the device gets all of them but room ahead', () => {
  const flow = flowOf(1000, WRITTEN, 800, 240);
  expect(flow.deviceBytes).toBe(6270);
  const perByte = flow.blocks[0]!.height / 1000;
  for (const { bytes, height } of flow.blocks) expect(height).toBeCloseTo(bytes * perByte);
  const device = flow.blocks.filter(({ x }) => x === 800 - 18);
  expect(device.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(6270);
  expect(flow.blocks.every(({ height, y }) => y >= -1e-9 && y + height <= 240 + 1e-9)).toBe(true);
});

test('a kind lies as high in its stage as on the device, and kinds do not overlap', () => {
  const { blocks } = flowOf(1000, WRITTEN, 800, 240);
  const kinds = [...new Set(blocks.map(({ kind }) => kind))].filter((kind) => kind !== 'put');
  const spans = kinds.map((kind) => {
    const [stage, device, ...more] = blocks.filter((block) => block.kind === kind);
    expect(more).toEqual([]);
    expect(device!.y).toBeCloseTo(stage!.y);
    return [stage!.y, stage!.y + stage!.height] as const;
  });
  spans.sort(([a], [b]) => a - b);
  spans.slice(1).forEach(([top], i) => expect(top).toBeGreaterThanOrEqual(spans[i]![1] - 1e-9));
});

test('a kind of which nothing was written is not there', () => {
  const { bands, blocks, stages } = flowOf(
    1000,
    stagesOf({ ...BYTES, copies: 0, superblock: 0, spilled: 0 }),
    800,
    240,
  );
  expect(blocks.map(({ kind }) => kind)).not.toContain('copies');
  expect(stages.map(({ stage }) => stage)).toEqual(['put', 'log', 'pages', 'device']);
  expect(bands.filter(({ to }) => to === 'again')).toHaveLength(2);
});
