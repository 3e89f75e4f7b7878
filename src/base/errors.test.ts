/** The codes of `errors.ts`, their retry table and the paragraphs of `notes/errors.md` are one list. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EngineError, ERROR_CODES, isEngineError, type ErrorCode, type Retry } from './errors';

const NOTES = readFileSync(new URL('../../notes/errors.md', import.meta.url), 'utf8');

/** What the notes say in words where the table has a name. */
const RETRY_WORDS: Record<Retry, string> = {
  never: 'Not the same call again',
  after_reopen: 'Again after reopening',
  after_freeing_space: 'Again once there is room',
  later: 'Again later',
  new_transaction: 'Again as a new transaction',
};

/** Code and text of each paragraph, in the order of the notes. */
const paragraphs = [...NOTES.matchAll(/^### `(\w+)`\n\n([\s\S]*?)(?=\n##|\n---|$(?![\s\S]))/gm)].map(
  ([, code, text]) => ({ code: code!, text: text! }),
);

describe('the error codes', () => {
  it('are those that the notes explain, in the same order', () => {
    expect(paragraphs.map(({ code }) => code)).toEqual(Object.keys(ERROR_CODES));
  });

  it.each(Object.entries(ERROR_CODES))('%s: the notes say the same about trying again (%s)', (code, retry) => {
    const paragraph = paragraphs.find((one) => one.code === code)!.text.replace(/\s+/g, ' ');
    const said = Object.entries(RETRY_WORDS).filter(([, words]) => paragraph.includes(`**${words}`));
    expect(said.map(([name]) => name)).toEqual([retry]);
  });
});

describe('an engine error', () => {
  it('crosses threads as plain data and comes back', () => {
    const cause = new Error('what the device said');
    const error = new EngineError('write_failed', 'It took 3 of 4 bytes.', { file: 'log', offset: 512 }, cause);
    expect(error.cause).toBe(cause);
    const back = EngineError.fromPlain(structuredClone(error.toPlain()));
    expect(back).toMatchObject({ code: 'write_failed', message: error.message, place: { file: 'log', offset: 512 } });
    expect(back.retry).toBe('later');
  });

  it('is told from others, and by its code', () => {
    const error: unknown = new EngineError('key_empty', 'A key has at least one byte.');
    const code: ErrorCode = 'key_empty';
    expect([isEngineError(error), isEngineError(error, code), isEngineError(error, 'store_full')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isEngineError(new Error('other'))).toBe(false);
  });
});
