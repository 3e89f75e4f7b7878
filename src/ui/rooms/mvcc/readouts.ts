/** The numbers over the picture. */
import type { Readout } from '../../marks/readouts';
import { bytesText, digits, plural } from '../../marks/units';
import { bytesOf } from './garbage';
import { isRunning, readersOf, watermarkOf, type MvccView } from './model';

const STATE_WORDS: Readonly<Record<MvccView['state'], readonly [string, string]>> = {
  none: ['none yet', 'nothing was opened yet'],
  opening: ['opening', 'recovery makes the versions again that the log shows'],
  open: ['open', 'it takes commits and answers reads'],
  read_only: ['read-only', 'it answers reads and takes no commits'],
  closed: ['closed', 'closed in order'],
  down: ['not running', 'the picture is what the files have'],
};

const NOBODY_READS = 'the store does not run yet, or no more: nobody reads as of anything';

export function readoutsOf(view: MvccView): readonly Readout[] {
  const [word, meaning] = STATE_WORDS[view.state];
  const { garbage, held, live } = bytesOf(view);
  const runs = isRunning(view);
  const readers = readersOf(view);
  const [oldest] = readers;
  const versions = view.chains.reduce((sum, chain) => sum + chain.versions.length, 0);
  const age = oldest === undefined ? 0 : view.clock.moment - oldest.since;
  return [
    { note: 'store', text: word, meaning },
    {
      note: 'published',
      text: runs ? digits(view.publishedLsn) : '–',
      meaning: runs ? 'the last commit that readers see; whoever begins now reads as of it' : NOBODY_READS,
    },
    {
      note: 'watermark',
      text: runs ? digits(watermarkOf(view)) : '–',
      meaning: runs ? 'the oldest snapshot in use' : NOBODY_READS,
    },
    {
      note: 'oldest reader',
      text: oldest === undefined ? 'nobody' : oldest.name,
      meaning:
        oldest === undefined
          ? 'no snapshot is in use'
          : `it reads as of commit ${oldest.snapshot}, since ${digits(age)} moments; ${digits(readers.length)} snapshots are in use`,
    },
    {
      note: 'versions',
      text: versions === 0 ? 'none' : `${digits(versions)} of ${plural(view.chains.length, 'key')}`,
      meaning: `${digits(versions)} versions of ${digits(view.chains.length)} keys are in the index`,
    },
    {
      note: 'live',
      text: bytesText(live),
      meaning: 'records of the newest version of each key, unless that is a deletion',
    },
    {
      note: 'kept',
      text: bytesText(held),
      meaning:
        'records of versions that were replaced, and of deletions, after the watermark: they stay, even if nobody reads them',
    },
    {
      note: 'garbage',
      text: bytesText(garbage),
      meaning: 'records of versions that nobody can read any more, and that vacuum has not come by yet',
    },
    {
      note: 'collected',
      text: bytesText(view.vacuum.bytes),
      meaning: `${digits(view.vacuum.collected)} versions were taken by vacuum since the store was opened`,
    },
  ];
}

export const NARROW_READOUTS: readonly string[] = ['published', 'watermark', 'kept', 'garbage'];
