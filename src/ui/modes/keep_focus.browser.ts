import { afterEach, expect, test } from 'vitest';
import { keepFocus } from './keep_focus';

afterEach(() => document.body.replaceChildren());
const turn = () => new Promise((resolve) => setTimeout(resolve, 30));

function open(html: string): { panel: HTMLElement; find: (selector: string) => HTMLButtonElement } {
  const panel = document.body.appendChild(document.createElement('div'));
  panel.innerHTML = html;
  keepFocus(panel);
  return { panel, find: (selector) => panel.querySelector<HTMLButtonElement>(selector)! };
}
const SESSIONS = `<section id="anna"><button data-move="begin">begin</button></section>
  <section id="ben"><button data-move="begin">begin</button><button data-move="commit">commit</button></section>`;
const focused = () => `${document.activeElement?.closest('section')?.id} ${document.activeElement?.textContent}`;

test('the focus comes back to a button that could not be pressed for a while', async () => {
  const { find } = open(SESSIONS);
  const commit = find('#ben [data-move=commit]');
  commit.focus();
  commit.disabled = true;
  await turn();
  expect(document.activeElement).not.toBe(commit);
  commit.disabled = false;
  await turn();
  expect(document.activeElement).toBe(commit);
});

test('where the button is gone, one of its group has the focus, of the same name if there is one', async () => {
  const { find, panel } = open(SESSIONS);
  find('#ben [data-move=commit]').focus();
  find('#ben [data-move=commit]').remove();
  await turn();
  expect(focused()).toBe('ben begin');
  find('#ben').remove();
  await turn();
  expect(focused()).toBe('anna begin');
  expect(panel.contains(document.activeElement)).toBe(true);
});

test('who left by hand is left alone', async () => {
  const { find } = open(SESSIONS);
  find('#ben [data-move=commit]').focus();
  find('#ben [data-move=commit]').blur();
  await turn();
  find('#ben [data-move=begin]').remove();
  await turn();
  expect(document.activeElement).toBe(document.body);
});
