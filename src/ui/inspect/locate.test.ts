import { expect, test } from 'vitest';
import type { LabEvent, TraceRecord } from '../../protocol/trace';
import { locateBefore, locateBy } from './locate';

const recordAt = (seq: number, event: LabEvent): TraceRecord => ({ seq, tick: 0, command: 0, io: 0, site: 0, event });
const SAID: LabEvent = { kind: 'host.narrated', text: 'Nothing of it is in any file.', question: false };
const writtenAt = (at: number): LabEvent => ({
  kind: 'storage.file_written',
  file: 'data_0',
  at,
  count: 64,
  result: 'ok',
  bytes: new Uint8Array(64),
});
const locate = locateBy<undefined>({ ofSelection: () => undefined, ofEvent: () => undefined });
const inRun =
  (run: readonly TraceRecord[]) =>
  (from: number, to: number): readonly TraceRecord[] =>
    run.filter(({ seq }) => seq >= from && seq <= to);

test('a step that is about no bytes is where the last one before it was that is about some, however far back', () => {
  const run = Array.from({ length: 300 }, (_, seq) =>
    recordAt(seq, seq === 40 ? writtenAt(512) : seq === 250 ? writtenAt(1024) : SAID),
  );
  const placeAt = (seq: number) => locateBefore(locate, run[seq], undefined, inRun(run));
  expect(placeAt(299)).toEqual({ file: 'data_0', from: 1024, to: 1088 });
  expect(placeAt(251)).toEqual({ file: 'data_0', from: 1024, to: 1088 });
  expect(placeAt(249), 'not what is written later').toEqual({ file: 'data_0', from: 512, to: 576 });
  expect(placeAt(40), 'nor by itself').toBeUndefined();
});

test('what has been forgotten is nowhere', () => {
  const run = [recordAt(5000, SAID), recordAt(5001, SAID)];
  expect(locateBefore(locate, run[1], undefined, inRun(run))).toBeUndefined();
});
