/** The experiments of the LSM desk as jobs: each in slices, each on stores of its own, each stopped between two slices. */
import { EngineError } from '../base/errors';
import type { LsmNote, LsmQuestion, LsmSetting } from '../protocol/lsm';
import type { JobProgress, JobWork } from './jobs';
import { comparePolicies, compareWithout } from './lsm_compare';
import { measureCache } from './lsm_cache';
import { measureFilters, measureSplits } from './lsm_filters';
import { measurePressure } from './lsm_pressure';

export function lsmExperiment(question: LsmQuestion, post: (note: LsmNote) => void): JobWork {
  checkQuestion(question);
  const { begin, total, what } = planOf(question, post);
  const progress = (done: number): JobProgress => ({
    done,
    total,
    sentence: `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}.`,
  });
  return {
    unit: 'commits',
    *slices() {
      for (const done of begin()) yield progress(done);
      return progress(total);
    },
  };
}

interface Plan {
  readonly begin: () => Generator<number>;
  readonly total: number;
  readonly what: string;
}

function planOf(question: LsmQuestion, post: (note: LsmNote) => void): Plan {
  switch (question.ask) {
    case 'policies':
      return {
        begin: () => comparePolicies(question, post),
        total: question.operations,
        what: 'puts are in all stores',
      };
    case 'no_compaction':
      return {
        begin: () => compareWithout(question, post),
        total: question.operations,
        what: 'puts are in both stores',
      };
    case 'filters':
      return {
        begin: () => measureFilters(question, post),
        total: question.bits.length + 1,
        what: 'trees are measured',
      };
    case 'budget':
      return { begin: () => measureSplits(question, post), total: question.splits.length, what: 'splits are measured' };
    case 'pressure':
      return { begin: () => measurePressure(question, post), total: question.operations, what: 'keys were put' };
    case 'cache':
      return { begin: () => measureCache(question, post), total: question.shares.length, what: 'caches are measured' };
  }
}

const whole = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most;

const isSetting = ({ bitsPerKey, memtableBytes, policy }: LsmSetting): boolean =>
  whole(memtableBytes, 1024, 2 ** 22) && isBits(bitsPerKey) && whole(policy.ratio, 2, 64);

const isBits = (bits: number): boolean => bits >= 0 && bits <= 64;

/** @throws EngineError option_invalid: what would take all memory, or never end; the store refuses the rest itself */
function checkQuestion(question: LsmQuestion): void {
  const { seed, valueBytes } = question;
  if (whole(valueBytes, 0, 4096) && Number.isSafeInteger(seed) && isWithinBounds(question)) return;
  throw new EngineError('option_invalid', 'This experiment cannot be: a number in it is out of bounds.');
}

function isWithinBounds(question: LsmQuestion): boolean {
  switch (question.ask) {
    case 'policies':
      return (
        whole(question.operations, 1, 100_000) &&
        whole(question.points, 1, 100) &&
        isSetting(question.left) &&
        isSetting(question.right)
      );
    case 'no_compaction':
      return (
        whole(question.operations, 1, 100_000) &&
        whole(question.points, 1, 100) &&
        whole(question.memtableBytes, 1024, 2 ** 22) &&
        isBits(question.bitsPerKey)
      );
    case 'filters':
      return (
        whole(question.keys, 100, 50_000) &&
        whole(question.lookups, 1, 100_000) &&
        question.bits.length <= 20 &&
        question.bits.every(isBits) &&
        isBits(question.averageBits)
      );
    case 'budget':
      return (
        whole(question.keys, 100, 50_000) &&
        whole(question.lookups, 1, 100_000) &&
        question.splits.length <= 3 &&
        question.splits.every(({ bits }) => bits.length <= 20 && bits.every(isBits))
      );
    case 'pressure':
      return (
        whole(question.operations, 1, 20_000) && whole(question.groupCommits, 1, 1000) && isSetting(question.setting)
      );
    case 'cache':
      return (
        whole(question.keys, 1000, 200_000) &&
        whole(question.lookups, 1, 100_000) &&
        whole(question.blockBytes, 256, 65_536) &&
        question.shares.length <= 20 &&
        question.shares.every((share) => share > 0 && share <= 2)
      );
  }
}
