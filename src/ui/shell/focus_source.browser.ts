import { afterEach, expect, test } from 'vitest';
import { FocusSource } from './focus_source';

afterEach(() => document.body.replaceChildren());

function button(): HTMLElement {
  return document.body.appendChild(document.createElement('button'));
}

test('after a click Space is the transport’s, after Tab it is the button’s, and after the next click the transport’s again', () => {
  const source = new FocusSource();
  expect(source.takesKey(button(), ' '), 'nobody has come by keys').toBe(false);
  source.onKeyDown({ key: 'Tab' });
  expect(source.takesKey(button(), ' ')).toBe(true);
  source.onKeyDown({ key: 'ArrowRight' });
  expect(source.takesKey(button(), ' '), 'other keys change nothing').toBe(true);
  source.onPointerDown();
  expect(source.takesKey(button(), ' ')).toBe(false);
});

test('what moves by arrows keeps them however it was come to', () => {
  const source = new FocusSource();
  const slider = document.body.appendChild(document.createElement('input'));
  expect(source.takesKey(slider, 'ArrowRight')).toBe(true);
  expect(source.takesKey(button(), 'ArrowRight')).toBe(false);
});
