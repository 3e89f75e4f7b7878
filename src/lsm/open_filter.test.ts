import { describe, expect, inject, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { SeededRandom } from '../base/runtime';
import { WHOLE_KEY } from './filter_prefix';
import { openFilter } from './open_filter';
import { FilterBuilder, sealFilter } from './table/bloom_filter';

function filterOf(keys: readonly Uint8Array[], bitsPerKey: number): Uint8Array {
  const builder = new FilterBuilder(bitsPerKey);
  for (const key of keys) builder.add(key);
  const block = builder.finish();
  sealFilter(block, 7);
  return block;
}

describe('a filter opened up', () => {
  const random = new SeededRandom(inject('seed'));
  const keys = Array.from({ length: 60 }, (_, i) => encodeText(`key ${i} ${random.below(1000)}`));
  const block = filterOf(keys, 6);

  it('has exactly those bits set that its keys look at', () => {
    const opened = openFilter({ block, keys }, WHOLE_KEY)!;
    const looked = new Set(opened.keys.flat());
    expect(opened.isSet.flatMap((isSet, bit) => (isSet ? [bit] : []))).toEqual([...looked].sort((a, b) => a - b));
    expect(opened.isSet).toHaveLength(opened.bits);
    for (const places of opened.keys) expect(places).toHaveLength(opened.probes);
  });

  it('answers as a lookup is answered: maybe if all bits are set, else surely not', () => {
    let no = 0;
    for (let i = 0; i < 500; i++) {
      const { asked } = openFilter({ block, keys, asked: encodeText(`other ${i}`) }, WHOLE_KEY)!;
      expect(asked!.mayContain).toBe(asked!.probes.every(({ isSet }) => isSet));
      if (!asked!.mayContain) no++;
    }
    expect(no).toBeGreaterThan(300);
    for (const key of keys) expect(openFilter({ block, keys, asked: key }, WHOLE_KEY)!.asked!.mayContain).toBe(true);
  });

  it('looks at the prefix where the store says so', () => {
    const versioned = keys.map((key) => Uint8Array.of(...key, 0, 9));
    const { asked } = openFilter({ block, keys: versioned, asked: versioned[3] }, { kind: 'all_but_last', bytes: 2 })!;
    expect(asked!.mayContain).toBe(true);
    expect(asked!.probes).toEqual(openFilter({ block, keys, asked: keys[3] }, WHOLE_KEY)!.asked!.probes);
  });

  it('is nothing where the block is no filter', () => {
    expect(openFilter({ block: block.subarray(0, block.length - 1), keys }, WHOLE_KEY)).toBeUndefined();
  });
});
