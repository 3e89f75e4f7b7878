/** Who noticed a byte that was changed: told from what the real engine's opening and check came to. */
import { describe, expect, test } from 'vitest';
import { openScript } from '../host/testing/sessions';
import { parseScript } from '../workload/parser';
import type { FileName } from '../storage/file';
import { byteOf, flipsText } from './inspect/last_write';
import { commandsUpTo, whoNoticed } from './spoil_byte';

const RUN = 'device simulated\nstore log 16k btree page 256 pool 8k\nseed 7\nput ash 1\nput elm 2\nflush\n';

function noticedAfter(more: string, file: FileName, at: number): string {
  const text = `${RUN}${more}crash\n${flipsText(file, at, 0, 0x81)}\nreopen\ncheck\n`;
  const session = openScript(text);
  for (const { command, line } of parseScript(text).script.lines) session.execute(command, line);
  return whoNoticed(session.log.slice(-2).map(({ result }) => result));
}

describe('a byte that is changed is noticed by', () => {
  test('the check, in a page that nobody has read yet', () => {
    expect(noticedAfter('checkpoint\n', 'data_0', 100)).toMatch(
      /^The opening did not read that byte; the check noticed: /,
    );
  });
  test('the opening, in a slot of the superblock', () => {
    expect(noticedAfter('checkpoint\n', 'superblock', 20)).toBe(
      'The opening noticed: one slot of the superblock is damaged, and the other one was used.',
    );
  });
  test('the opening, in the last record of the log', () => {
    expect(noticedAfter('', 'log', 60)).toMatch(/^The opening noticed/);
  });
  test('nobody, in room that holds nothing', () => {
    expect(noticedAfter('checkpoint\n', 'data_0', 7000)).toMatch(/^Nobody noticed/);
  });
});

test('one byte becomes another by as many flips as bits differ', () => {
  expect(flipsText('data_0', 40, 0x97, 0x94)).toBe('flip data_0 40 0\nflip data_0 40 1');
  expect([byteOf('0f'), byteOf('F'), byteOf('xy'), byteOf('')]).toEqual([15, 15, undefined, undefined]);
});

test('a command under way is stopped at its next call on the files; what came later is left out', () => {
  const entry = (command: number, firstSeq: number, ioBefore: number, text: string) => ({
    command,
    line: command,
    text,
    origin: 'script' as const,
    firstSeq,
    ioBefore,
    result: { kind: 'done' as const },
  });
  const commands = [
    entry(0, 0, 0, 'open'),
    entry(1, 10, 5, 'put a 1'),
    entry(2, 12, 5, 'checkpoint'),
    entry(3, 40, 11, 'scan'),
  ];
  expect(commandsUpTo(commands, 20, 8)).toBe('put a 1\ncrash at +4\ncheckpoint');
  expect(commandsUpTo(commands, 39, 11)).toBe('put a 1\ncheckpoint');
  expect(commandsUpTo(commands, 11, 5)).toBe('put a 1');
});
