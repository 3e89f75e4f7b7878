/** What the three layouts are compared by, from what is paid at once to the bill that comes later. */
import { bytes, duration, figures, runsUntilWorn } from '../../../lab/media_words';
import type { DevicePrice, LayoutResult } from '../../../protocol/media';
import type { MediaKind } from '../../../storage/media';

export interface Line {
  readonly title: string;
  readonly truth: 'measured' | 'counted' | 'model' | 'by design';
  readonly words: (result: LayoutResult) => string;
  /** As long as its bar; absent where more is not worse. */
  readonly amount?: (result: LayoutResult) => number;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

export const priceOn = (result: LayoutResult, kind: MediaKind): DevicePrice =>
  result.prices.find((one) => one.kind === kind)!;

const milliseconds = (ms: number): string => (ms === 0 ? 'less than the clock can tell' : duration(ms * 1e6));
const nvme = (result: LayoutResult): DevicePrice => priceOn(result, 'nvme');
const hdd = (result: LayoutResult): DevicePrice => priceOn(result, 'hdd');
/** In the long run: what the flash takes for each byte of a row, whatever it was that wrote it. */
function onFlashForARowByte({ later, rowBytesUpdated, writtenBytes }: LayoutResult): number {
  const onFlash = later.movedBytes + later.paddedBytes + later.writtenBytes;
  return (onFlash / later.writtenBytes) * (writtenBytes / rowBytesUpdated);
}
const moved = ({ later }: LayoutResult): number => later.movedBytes / later.writtenBytes;

function line(
  title: string,
  truth: Line['truth'],
  amount: (result: LayoutResult) => number,
  words: (amount: number) => string,
): Line {
  return { title, truth, amount, words: (result) => words(amount(result)) };
}

export const SECTIONS: readonly Section[] = [
  {
    title: 'Now',
    lines: [
      line('time on this disk', 'measured', ({ ms }) => ms, milliseconds),
      line('time on the NVMe drive', 'model', (one) => nvme(one).ns, duration),
      line('time on the hard disk', 'model', (one) => hdd(one).ns, duration),
      line('moves of the disk’s arm', 'model', (one) => hdd(one).counts.seeks, String),
    ],
  },
  {
    title: 'What is written',
    lines: [
      line('bytes written', 'counted', ({ writtenBytes }) => writtenBytes, bytes),
      line(
        'for each byte of a row',
        'counted',
        (one) => one.writtenBytes / one.rowBytesUpdated,
        (share) => share.toFixed(1),
      ),
      line('write calls', 'counted', ({ writes }) => writes, String),
      line('flushes', 'counted', ({ flushes }) => flushes, String),
      line('pages read first', 'counted', ({ reads }) => reads, String),
      line('bytes on flash', 'model', (one) => nvme(one).counts.mediaBytes, bytes),
      {
        title: 'runs until the NVMe drive is worn out',
        truth: 'model',
        words: (one) => runsUntilWorn(nvme(one).counts.wear),
      },
    ],
  },
  {
    title: 'After a crash',
    lines: [
      line('recovery reads', 'counted', ({ recovery }) => recovery.bytes, bytes),
      line('recovery takes', 'measured', ({ recovery }) => recovery.ms, milliseconds),
      {
        title: 'can a torn write be repaired?',
        truth: 'by design',
        words: ({ recovery }) => (recovery.repairs ? 'yes' : 'no'),
      },
    ],
  },
  {
    title: 'Later: the cleaning bill',
    lines: [
      line('the store reads', 'counted', ({ cleaning }) => cleaning.readBytes, bytes),
      line('and writes again', 'counted', ({ cleaning }) => cleaning.writtenBytes, bytes),
      line(
        'which takes',
        'measured',
        ({ cleaning }) => cleaning.ms,
        (ms) => (ms === 0 ? '0' : duration(ms * 1e6)),
      ),
      line('a full flash drive moves, for each byte written', 'model', moved, (share) => share.toFixed(2)),
      line('bytes on flash for each byte of a row, in the long run', 'model', onFlashForARowByte, figures),
    ],
  },
];
