/** The numbers over the picture. Amplification comes with what it is a share of: a ratio alone says nothing. */
import type { Readout } from '../../marks/readouts';
import { bytesText, digits } from '../../marks/units';
import { sumBytes, writtenBytes, type LsmView } from './model';

const STATE_WORDS: Readonly<Record<LsmView['state'], readonly [string, string]>> = {
  none: ['none yet', 'nothing was opened yet'],
  opening: ['opening', 'recovery reads what the files say'],
  open: ['open', 'it takes commits and answers reads'],
  read_only: ['read-only', 'it answers reads and takes no commits'],
  closed: ['closed', 'closed in order'],
  down: ['not running', 'the picture is what the files hold'],
};

export function readoutsOf(view: LsmView): readonly Readout[] {
  const { counters } = view;
  const { blocksCached, blocksRead, flushedBytes, gets, logBytes, mergeReadBytes, mergeWrittenBytes, userBytes } =
    counters;
  const [word, meaning] = STATE_WORDS[view.state];
  const written = writtenBytes(counters);
  const inForce = sumBytes(view.levels.flat());
  const onDisk = inForce + sumBytes(view.making) + sumBytes(view.shelf);
  const amplification = userBytes === 0 ? '–' : `${(written / userBytes).toFixed(1)}×`;
  const perGet = gets === 0 ? '–' : (blocksRead / gets).toFixed(1);
  return [
    { note: 'store', text: word, meaning },
    { note: 'users wrote', text: bytesText(userBytes), meaning: 'keys and values, as the commits brought them' },
    {
      note: 'in tables',
      text: bytesText(onDisk),
      meaning: `${bytesText(inForce)} in force; the rest is being written, or let go and still read: what a merge takes for a while`,
    },
    { note: 'log', text: bytesText(logBytes), meaning: 'written to the log since the run began' },
    { note: 'flushed', text: bytesText(flushedBytes), meaning: 'tables of level 0 that were made of memtables' },
    { note: 'merges read', text: bytesText(mergeReadBytes), meaning: 'the inputs of finished compactions' },
    { note: 'merges wrote', text: bytesText(mergeWrittenBytes), meaning: 'the outputs of finished compactions' },
    {
      note: 'write amp.',
      text: amplification,
      meaning: `write amplification so far: ${bytesText(written)} went to log and tables for ${bytesText(userBytes)} that users wrote`,
    },
    {
      note: 'blocks a get',
      text: perGet,
      meaning: `${digits(blocksRead)} blocks were read from the files for ${digits(gets)} lookups, ${digits(blocksCached)} more came from the cache`,
    },
  ];
}

export const NARROW_READOUTS: readonly string[] = ['users wrote', 'flushed', 'write amp.', 'blocks a get'];
