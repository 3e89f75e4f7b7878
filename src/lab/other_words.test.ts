/** The same run without a protection: the words of its lesson do not come along, and its steps stay where they were. */
import { expect, it } from 'vitest';
import { MVCC_LESSONS } from './lessons/mvcc';
import { PROTECTION_WORDS } from './protections';
import type { Protections } from '../kv_store/types';
import { parseScript } from '../workload/parser';
import { inOtherWords } from './other_words';

it('each word of the lesson is replaced by one that says whose run it is, command for command', () => {
  for (const { script } of MVCC_LESSONS)
    for (const protection of Object.keys(PROTECTION_WORDS) as (keyof Protections)[]) {
      const before = parseScript(script).script.lines;
      const { errors, script: again } = parseScript(inOtherWords(script, protection));
      expect(errors).toEqual([]);
      const isWord = (kind: string): boolean => kind === 'say' || kind === 'ask';
      expect(again.lines.map(({ command }) => (isWord(command.kind) ? 'say' : command.kind))).toEqual(
        before.map(({ command }) => (isWord(command.kind) ? 'say' : command.kind)),
      );
      for (const { command } of again.lines)
        if (command.kind === 'say') expect(command.text).toContain(PROTECTION_WORDS[protection]);
      expect(again.lines.some(({ command }) => command.kind === 'ask')).toBe(false);
    }
});
