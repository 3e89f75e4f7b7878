import { describe, expect, it } from 'vitest';
import { encodeText, toHex } from '../../base/bytes';
import { SeededRandom } from '../../base/runtime';
import { fromHex } from '../../base/testing/bits';
import {
  FilterBuilder,
  falsePositiveRate,
  filterBits,
  filterProblem,
  filterProbes,
  isBitSet,
  mayContain,
  probedBits,
  probesFor,
  sealFilter,
} from './bloom_filter';
import { hashPrefix, newPrefixHash } from './prefix_hash';

const hashOf = (prefix: Uint8Array) => hashPrefix(prefix, newPrefixHash());
const key = (n: number): Uint8Array => encodeText(`user${String(n).padStart(8, '0')}`);

function filterOf(prefixes: readonly Uint8Array[], bitsPerKey: number): Uint8Array {
  const builder = new FilterBuilder(bitsPerKey);
  for (const prefix of prefixes) builder.add(prefix);
  const expected = builder.bytes;
  const block = builder.finish();
  expect(block.length).toBe(expected);
  return block;
}

describe('the hash of a prefix', () => {
  it('turns each of its bits half of the time, whichever bit of the prefix turns', () => {
    const random = new SeededRandom(7);
    const rounds = 300;
    for (const length of [3, 8, 13]) {
      const turned = new Uint32Array(8 * length * 64);
      for (let round = 0; round < rounds; round++) {
        const prefix = Uint8Array.from({ length }, () => random.below(256));
        const before = hashOf(prefix);
        for (let bit = 0; bit < 8 * length; bit++) {
          const other = prefix.slice();
          other[bit >>> 3]! ^= 1 << (bit & 7);
          const after = hashOf(other);
          const [low, high] = [before.low ^ after.low, before.high ^ after.high];
          for (let i = 0; i < 32; i++) {
            turned[bit * 64 + i]! += (low >>> i) & 1;
            turned[bit * 64 + 32 + i]! += (high >>> i) & 1;
          }
        }
      }
      // 300 throws of a coin: 150, give or take 9; among thousands of pairs of bits, six times that never happens.
      expect(Math.min(...turned), `length ${length}`).toBeGreaterThan(97);
      expect(Math.max(...turned), `length ${length}`).toBeLessThan(203);
    }
  });

  it('tells apart what differs in length alone, and counters, in either half', () => {
    const lows = new Set<number>();
    const highs = new Set<number>();
    const count = 20_000;
    for (let i = 0; i < count; i++) {
      const { high, low } = hashOf(key(i));
      lows.add(low);
      highs.add(high);
    }
    // A perfect hash of 32 bits has 0.05 collisions here on average.
    expect(count - lows.size).toBeLessThan(4);
    expect(count - highs.size).toBeLessThan(4);
    const zeros = Array.from({ length: 20 }, (_, length) => hashOf(new Uint8Array(length)));
    expect(new Set(zeros.map(({ high, low }) => `${low} ${high}`)).size).toBe(20);
  });

  it('is the same for ever: filters on disk depend on it', () => {
    const { high, low } = hashOf(encodeText('faultline'));
    expect([low.toString(16), high.toString(16)]).toEqual(['11176e2c', 'e257f861']);
  });
});

describe('a Bloom filter', () => {
  it('lies in the file as the drawing says', () => {
    const block = filterOf([encodeText('faultline')], 4);
    sealFilter(block, 5);
    // 64 bits, 3 probes | the bits | a filter, checksum
    expect(toHex(block)).toBe(toHex(fromHex('40000000 03 0020000000500000 03 5250563e')));
    const set = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => isBitSet(block, bit));
    expect(new Set(probedBits(hashOf(encodeText('faultline')), 64, 3))).toEqual(new Set(set));
    expect(filterProblem(block)).toBeUndefined();
    expect(filterProblem(block.subarray(1))).toBe('it is no filter');
  });

  it.each([2, 5, 10, 16])(
    'of %i bits a key has no false negative, and as many false positives as theory says',
    (bitsPerKey) => {
      const count = 5000;
      const block = filterOf(
        Array.from({ length: count }, (_, i) => key(2 * i)),
        bitsPerKey,
      );
      expect(filterBits(block)).toBe(count * bitsPerKey);
      expect(filterProbes(block)).toBe(probesFor(bitsPerKey));
      let denied = 0;
      for (let i = 0; i < count; i++) if (!mayContain(block, hashOf(key(2 * i)))) denied++;
      expect(denied).toBe(0);

      const asked = 20_000;
      let passed = 0;
      for (let i = 0; i < asked; i++) if (mayContain(block, hashOf(key(2 * i + 1)))) passed++;
      const rate = falsePositiveRate(filterBits(block), count, filterProbes(block));
      // Five standard deviations of the throws, and a tenth for that of the filter itself.
      const slack = 5 * Math.sqrt((rate * (1 - rate)) / asked) + rate / 10;
      expect(passed / asked).toBeGreaterThan(rate - slack);
      expect(passed / asked).toBeLessThan(rate + slack);
    },
  );

  it('has the fewest false positives with ln 2 probes for each bit a key', () => {
    expect([0.3, 1, 2, 5, 10, 16, 100].map(probesFor)).toEqual([1, 1, 1, 3, 7, 11, 30]);
    for (const bitsPerKey of [5, 10, 16]) {
      const rate = (probes: number): number => falsePositiveRate(1000 * bitsPerKey, 1000, probes);
      const best = probesFor(bitsPerKey);
      expect(rate(best)).toBeLessThanOrEqual(Math.min(rate(best - 1), rate(best + 1)));
    }
    expect(falsePositiveRate(10_000, 1000, 7)).toBeCloseTo(0.00819, 5);
  });

  it('is the same whether its bits are set at once or in slices, and takes nothing in between', () => {
    const prefixes = Array.from({ length: 100 }, (_, n) => key(n));
    const whole = filterOf(prefixes, 10);
    const builder = new FilterBuilder(10);
    for (let life = 0; life < 2; life++) {
      for (const prefix of prefixes) builder.add(prefix);
      const slices = [builder.build(7), builder.build(92), builder.build(1), builder.build(1)];
      expect(slices).toEqual([false, false, true, true]);
      expect(() => builder.add(key(100))).toThrow('how many bits');
      expect(builder.finish()).toEqual(whole);
    }
  });

  it('counts prefixes in a row once, and says which bits one looks at', () => {
    const builder = new FilterBuilder(10);
    for (const prefix of ['a', 'a', 'b', 'b', 'b', 'a']) builder.add(encodeText(prefix));
    expect(builder.prefixes).toBe(3);
    const block = builder.finish();
    expect(builder.prefixes).toBe(0);
    for (const prefix of ['a', 'b', 'c', 'd', 'e']) {
      const hash = hashOf(encodeText(prefix));
      const bits = probedBits(hash, filterBits(block), filterProbes(block));
      expect(bits.every((bit) => isBitSet(block, bit))).toBe(mayContain(block, hash));
    }
  });
});
