/**
 * A Bloom filter opened up, for people: which bits are set, which of them each key of its table looks at, and what it
 * answers to a key that somebody asks for. Read from the block as it lies in the file, by the engine's own hash.
 */
import { filterBits, filterProbes, filterProblem, isBitSet, probe, type ProbedBits } from './table/bloom_filter';
import { hashPrefix, newPrefixHash, type PrefixHash } from './table/prefix_hash';
import { filterPrefix, type FilterPrefixRule } from './filter_prefix';

export interface OpenedFilter {
  readonly bits: number;
  /** Bits that each key looks at. */
  readonly probes: number;
  /** For each bit whether it is set. */
  readonly isSet: readonly boolean[];
  /** Of each key that was named, in their order: the bits that it looks at. */
  readonly keys: readonly (readonly number[])[];
  /** With the two halves of the hash: place i is (low + i * high) mod bits. */
  readonly asked: (ProbedBits & Readonly<PrefixHash>) | undefined;
}

export interface FilterQuestion {
  readonly block: Uint8Array;
  /** Keys of the table, as far as they are known. */
  readonly keys: readonly Uint8Array[];
  readonly asked?: Uint8Array | undefined;
}

/** @returns undefined for a block that is no filter */
export function openFilter({ asked, block, keys }: FilterQuestion, rule: FilterPrefixRule): OpenedFilter | undefined {
  if (filterProblem(block) !== undefined) return undefined;
  const bits = filterBits(block);
  const hashOf = (key: Uint8Array): PrefixHash => hashPrefix(filterPrefix(key, rule), newPrefixHash());
  const hash = asked && hashOf(asked);
  return {
    bits,
    probes: filterProbes(block),
    isSet: Array.from({ length: bits }, (_, bit) => isBitSet(block, bit)),
    keys: keys.map((key) => probe(block, hashOf(key)).probes.map(({ bit }) => bit)),
    asked: hash && { ...hash, ...probe(block, hash) },
  };
}
