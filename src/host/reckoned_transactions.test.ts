/** What a crash search makes of transactions, against what the store makes of them: the same commits, the same bytes. */
import { describe, expect, inject, it } from 'vitest';
import { crc32c } from '../base/checksum';
import { SeededRandom } from '../base/runtime';
import { FILE_NAMES } from '../storage/file';
import type { Command } from '../workload/command';
import { parseScript } from '../workload/parser';
import { printCommand } from '../workload/printer';
import { actionsOf, commandsOf, type ScriptHead } from './crash_script';
import { DatasetLibrary } from './dataset_library';
import type { Session } from './session';
import { runScript } from './testing/sessions';

const HEADS = {
  'a map': 'store log 16k extent 512 versions\nseed 7\n',
  'a B-tree': 'store log 16k extent 512 btree page 256 versions\nseed 7\n',
  'a map without the check of writes': 'store log 16k extent 512 versions\nseed 7\nwithout validateWrites\n',
  'no versions': 'store log 16k extent 512\nseed 7\n',
};

const commandsIn = (text: string): Command[] => parseScript(text).script.lines.map(({ command }) => command);
const asBatches = (text: string, versions: boolean, rest: ScriptHead = {}): string =>
  actionsOf(commandsIn(text), new DatasetLibrary(), { versions, ...rest })
    .actions.flatMap(commandsOf)
    .map(printCommand)
    .join('\n');
const bytesOf = (session: Session): number[] => FILE_NAMES.map((name) => crc32c(session.device.images()[name]));

it('the first to commit goes into the log, in key order, and who is refused does not', () => {
  const text = [
    ...['begin t', 'begin u', 'put x 1 in t', 'put b 2 in t', 'put x 3 in t', 'put x 9 in u', 'commit t', 'commit u'],
    ...['flush', 'begin u', 'put x 4 in u', 'begin r read-only', 'put r 1 in r', 'commit r', 'commit u', 'flush'],
  ].join('\n');
  expect(asBatches(text, true)).toBe('batch put b 2 ; put x 3\nflush\nput x 4\nflush');
  expect(asBatches('begin t\nput x 1 in t\ncrash\nreopen\ncommit t\nput y 2', true)).toBe('crash\nreopen\nput y 2');
});

it('what only the store can say is refused', () => {
  expect(() => asBatches('begin t serializable', true)).toThrow('A crash search does not run `begin t serializable`');
  expect(() => asBatches('vacuum', true)).toThrow('A crash search does not run `vacuum`');
  expect(() => asBatches('begin t', true, { idleTicksMax: 2 })).toThrow('A crash search does not run `begin t`');
});

/** Commits small enough that the log never has to make room for one. */
function randomScript(random: SeededRandom): string {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const name = (): string => pick(['t', 'u', 'v']);
  const key = (): string => pick(['a', 'b', 'c']);
  const write = (): string => (random.below(4) === 0 ? `delete ${key()}` : `put ${key()} ${random.below(100)}`);
  const kinds: (() => string)[] = [
    () => `begin ${name()}`,
    () => `begin ${name()} read-only`,
    () => `${write()} in ${name()}`,
    () => `${write()} in ${name()}`,
    () => `${write()} in ${name()}`,
    () => `commit ${name()}${pick(['', ' relaxed'])}`,
    () => `commit ${name()}`,
    () => (random.below(3) === 0 ? `abort ${name()}` : `commit ${name()}`),
    () => write(),
    () => pick(['flush', 'write', 'checkpoint', 'step 512', 'get a', `get b in ${name()}`]),
    () => pick(['flush', 'flush', 'write', 'write', 'get a', 'crash\nreopen', 'close\nreopen', 'reopen']),
  ];
  return Array.from({ length: 60 }, () => pick(kinds)()).join('\n');
}

describe.each(Object.entries(HEADS))('random scripts over %s', (_name, head) => {
  it('leave the same bytes as the batches that they are taken for', () => {
    const random = new SeededRandom(inject('seed'));
    let refusals = 0;
    const validateWrites = !head.includes('without');
    for (let run = 0; run < 40; run++) {
      const text = randomScript(random);
      const session = runScript(head + text);
      const batches = runScript(head + asBatches(text, head.includes('versions'), { validateWrites }));
      expect(bytesOf(batches), text).toEqual(bytesOf(session));
      refusals += session.log.filter(
        ({ result }) => result.kind === 'failed' && result.failure.code === 'write_conflict',
      ).length;
    }
    expect(refusals > 5, `${refusals} refused`).toBe(head.includes('versions') && validateWrites);
  });
});
