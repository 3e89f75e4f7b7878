/** The lesson on names over the real host: first a guess, then every state, with mouse and keyboard. */
import { mount, unmount } from 'svelte';
import { afterEach, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { connectInPage } from '../../../testing/host_in_page';
import NamesLesson from './NamesLesson.svelte';
import '../../../base.css';
import '../../../theme.css';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0)) await one();
});

function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`nothing is ${selector}`);
  return found;
}
const all = (selector: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)];
const textOf = (selector: string): string => find(selector).textContent.replace(/\s+/g, ' ').trim();

async function open(program: string): Promise<void> {
  const connection = connectInPage();
  const target = document.body.appendChild(document.createElement('div'));
  const lesson = mount(NamesLesson, { target, props: { api: connection.api, width: 1000, height: 700 } });
  clean.push(async () => {
    await unmount(lesson);
    target.remove();
    connection.terminate();
  });
  await expect.poll(() => all('[data-part=names-before]').length).toBe(1);
  await userEvent.selectOptions(find('[data-field=names-program]'), program);
  await expect.poll(() => find('[data-part=names-lesson]').dataset['program']).toBe(program);
}

test('no letter is shown before the guess; after it every state is, and the guess beside the truth', async () => {
  await open('flush_move');
  await userEvent.click(find('[data-cut="4"]'));
  await expect.poll(() => textOf('[data-part=names-sentence]')).toMatch(/^plan now names the file that was plan_new/);
  expect(all('.verdict-badge, [data-part=names-states], [data-part=names-after]')).toHaveLength(0);
  expect(find('[data-action=names-show]')).toHaveProperty('disabled', true);

  await userEvent.click(find('[data-choice=wrong]'));
  await userEvent.click(find('[data-choice=gone]'));
  await userEvent.click(find('[data-action=names-show]'));
  expect(all('[data-part=names-states] input').map((one) => one.dataset['letter'])).toEqual(['A', 'F']);
  expect(all('[data-harm]').map((one) => [one.dataset['harm'], one.dataset['right']])).toEqual([
    ['wrong', 'false'],
    ['gone', 'true'],
    ['stale', 'false'],
  ]);
  // The worst state is looked at first: the name is there, its file is not, and the new letters have no name.
  expect(textOf('[data-part=names-verdict]')).toMatch(/plan points to file 1, which is gone/);
  expect(find('[data-part=names-after] [data-arrow=plan]').dataset['kind']).toBe('broken');
  expect(all('[data-part=names-after] [data-file="2"] [data-block]').map((one) => one.dataset['state'])).toEqual([
    'garbage',
    'garbage',
  ]);
});

test('with the keyboard alone: guess, cut, state and table', async () => {
  await open('overwrite');
  find('[data-choice=wrong]').focus();
  await userEvent.keyboard(' ');
  find('[data-action=names-show]').focus();
  await userEvent.keyboard('{Enter}');
  find('[data-cut="0"]').focus();
  await userEvent.keyboard('{ArrowDown}');
  await expect.poll(() => textOf('[data-part=names-verdict]')).toMatch(/half old, half new/);
  find('[data-state="1"][type=radio]').focus();
  await userEvent.keyboard('{ArrowRight}{ArrowRight}');
  await expect.poll(() => textOf('[data-part=names-verdict]')).toMatch(/new contents, whole/);
  expect(all('[data-part=names-after] [data-block] text').map((one) => one.textContent)).toEqual(['win', 'ter']);
  find('[data-action=names-table]').focus();
  await userEvent.keyboard('{Enter}');
  await expect.poll(() => all('[data-part=names-table] tbody tr').length).toBe(4);
});

test('steps of one’s own: a wrong line is named, a step that cannot be taken too', async () => {
  await open('own');
  await userEvent.fill(find('[data-field=names-own]'), 'write plan winter');
  await userEvent.click(find('[data-action=names-run]'));
  await expect.poll(() => textOf('[role=alert]')).toMatch(/^Line 1:/);
  await userEvent.fill(find('[data-field=names-own]'), 'flush plan\nmove plan_new plan\nflush plan');
  await userEvent.click(find('[data-action=names-run]'));
  await expect.poll(() => textOf('[role=alert]')).toBe('This step cannot be taken: there is no plan_new.');
  expect(find('[data-cut="2"]')).toHaveProperty('disabled', true);
});
