import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import { MergeGarbage, type MergeVerdict } from './merge_garbage';
import { versionsOf } from './version_key';

/** A chain as `9 5 †3`, newest first, as the records of a merge. */
const chain = (text: string) =>
  text.split(' ').map((word) => {
    const isDelete = word.startsWith('†');
    const key = encodeText('k');
    const [record] = versionsOf(
      [isDelete ? { kind: 'delete', key } : { kind: 'put', key, value: encodeText('v') }],
      lsn(Number(word.replace('†', ''))),
    );
    return { key: record!.key, value: record!.kind === 'put' ? record!.value : undefined };
  });

const told = ({ isKept, why }: MergeVerdict): string =>
  `${isKept ? 'stays' : 'goes'}${why ? ` ${why.kind} ${why.lsn}` : ''}`;

interface Readers {
  readonly inUse?: readonly number[];
  readonly published?: number;
  readonly isBottom?: boolean;
}

function merged(text: string, { inUse = [], isBottom = true, published = 20 }: Readers): string[] {
  const garbage = new MergeGarbage();
  garbage.attach({ collect: () => lsn(inUse[0] ?? published), inUse: () => inUse.map(lsn) });
  const sweep = garbage.begin();
  sweep.group({ isBottom: () => isBottom });
  return chain(text).map((version) => told(sweep.visit(version)));
}

describe('what a merge drops of a chain', () => {
  it('is all but the newest at or below the watermark', () => {
    expect(merged('9 5 3', {})).toEqual(['stays', 'goes below_watermark 20', 'goes below_watermark 20']);
    expect(merged('9 5 3', { inUse: [5] })).toEqual(['stays', 'stays snapshot 5', 'goes below_watermark 5']);
    expect(merged('9 5 3', { inUse: [4] })).toEqual(['stays', 'stays above_watermark 4', 'stays snapshot 4']);
    expect(merged('9 7 5 3', { inUse: [4, 8] })).toEqual([
      ...['stays', 'stays snapshot 8', 'stays above_watermark 4', 'stays snapshot 4'],
    ]);
  });

  it('is a tombstone at the bottom alone, with what it hides', () => {
    expect(merged('†9 5', {})).toEqual(['goes deleted 20', 'goes below_watermark 20']);
    expect(merged('†9 5', { isBottom: false })).toEqual(['stays', 'goes below_watermark 20']);
    expect(merged('†9 5', { inUse: [6] })).toEqual(['stays', 'stays snapshot 6']);
    expect(merged('12 †9 5', { inUse: [10] })).toEqual(['stays', 'goes deleted 10', 'goes below_watermark 10']);
  });

  it('is nothing as long as nobody knows who reads', () => {
    const sweep = new MergeGarbage().begin();
    sweep.group({ isBottom: () => true });
    expect(chain('†9 5 3').map((version) => told(sweep.visit(version)))).toEqual(['stays', 'stays', 'stays']);
  });

  it('counts once the merge is in force (G2)', () => {
    const garbage = new MergeGarbage();
    garbage.attach({ collect: () => lsn(20), inUse: () => [] });
    for (const isFinished of [false, true]) {
      const sweep = garbage.begin();
      sweep.group({ isBottom: () => true });
      for (const version of chain('9 5 3')) sweep.visit(version);
      if (isFinished) sweep.finish();
    }
    const bytes = chain('9').reduce((sum, { key, value }) => sum + key.length + value!.length, 0);
    expect(garbage.total).toEqual({
      ...{ merges: 1, versionsSeen: 3, bytesSeen: 3 * bytes, versionsCollected: 2, bytesCollected: 2 * bytes },
    });
  });
});
