/** What the page says of a filter is held against the table that it belongs to, in a run of the lab. */
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeText } from '../../../base/bytes';
import { openFilter, WHOLE_KEY, type OpenedFilter } from '../../../lsm';
import type { TableView } from './model';
import { bitWords, blockBytes, filterWords, placesOf, settersOf, verdictWords } from './opened_filter';
import { LabRun } from './testing/lab_run';

const KEYS = Array.from({ length: 12 }, (_, i) => `put k${i} @9`).join('\n');
/** Few bits a key, so that there are false positives, and extents so short that the filter's block may lie in two. */
const SCRIPT = `store log 16k extent 512 lsm memtable 512 block 256 table 1k bits 4\nseed 3\n${KEYS}\nflush\ncheckpoint\n`;

describe('a filter on the page', () => {
  let table: TableView;
  let block: Uint8Array;

  beforeAll(async () => {
    const run = LabRun.of(SCRIPT);
    table = run.view.levels[0]![0]!.tables[0]!;
    const filter = table.blocks.find((one) => one.block === 'filter')!;
    const read = (file: Parameters<typeof run.session.device.readBytes>[0], at: number, length: number) =>
      Promise.resolve(run.session.device.readBytes(file, at, length).bytes);
    block = (await blockBytes(table, filter, run.view.extentBytes, read))!;
  });

  const ask = (key: string): OpenedFilter =>
    openFilter({ block, keys: table.entries!.map((entry) => entry.key), asked: encodeText(key) }, WHOLE_KEY)!;
  const verdict = (key: string): string => verdictWords(ask(key), encodeText(key), table);

  it('names for every bit that is set the keys that set it', () => {
    const opened = ask('k3');
    const setters = settersOf(opened, table);
    opened.isSet.forEach((isSet, bit) => expect(setters.has(bit), String(bit)).toBe(isSet));
    for (const place of placesOf(opened, setters)) expect(place.setBy).toContain('k3');
    expect(bitWords({ bit: 7, isSet: false, setBy: [] })).toBe('bit 7 is 0');
    expect(bitWords({ bit: 7, isSet: true, setBy: ['a', 'b', 'c', 'd', 'e'] })).toBe(
      'bit 7 is 1, set by a, b, c, d and 1 more',
    );
    expect(filterWords(opened)).toMatch(/^\d+ bits, \d+\.\d per key; a key looks at \d of them\. \d+ are set/);
  });

  it('says whether it was right: surely not, a true positive, a false one', () => {
    expect(verdict('k3')).toContain('a true positive');
    const others = Array.from({ length: 300 }, (_, i) => `other${i}`);
    const no = others.filter((key) => /^Surely not in this table: bit \d+ is 0/.test(verdict(key)));
    const wrong = others.filter((key) => verdict(key).includes('A false positive'));
    expect(no.length + wrong.length).toBe(300);
    expect(no.length).toBeGreaterThan(200);
    expect(wrong.length).toBeGreaterThan(0);
  });

  it('does not say it where the keys of the table are not known', () => {
    expect(verdictWords(ask('k3'), encodeText('k3'), { ...table, entries: undefined })).toBe(
      'May be in this table, says the filter: all of its bits are set.',
    );
  });
});
