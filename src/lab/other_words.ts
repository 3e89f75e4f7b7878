/** The words of a lesson, where its run goes on without a protection. */
import type { Protections } from '../kv_store/types';
import { printCommand } from '../workload/printer';
import { PROTECTION_WORDS } from './protections';

/**
 * What a lesson says is true of its own run. Here it may not be: as many steps say whose run this is instead, so that the two
 * can be switched between at one step; and nobody is asked to guess what the lesson answers.
 */
export function inOtherWords(script: string, protection: keyof Protections): string {
  const said = printCommand({
    kind: 'say',
    text: `Here the store runs without ${PROTECTION_WORDS[protection]}.`,
  });
  return script
    .split('\n')
    .map((line) => (/^\s*(?:say|ask)\b/.test(line) ? said : line))
    .join('\n');
}
