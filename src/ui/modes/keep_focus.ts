/**
 * Keeps the focus where somebody works with the keyboard. A button that was pressed may not be pressed again while its command is
 * under way, and may be gone when it is done: a session that has begun has no “begin”. Browsers then drop the focus to the page.
 * Here it comes back to the button, or to its successor: one of the same name nearby, else the first of the group it was in.
 */
const CAN_HAVE_IT = 'button:enabled, input:enabled, select:enabled, textarea:enabled';

export function keepFocus(panel: HTMLElement): () => void {
  let held: HTMLElement | undefined;
  /** Of what has the focus, from the nearest outwards: once it is gone it has no parents. */
  let around: readonly HTMLElement[] = [];

  function onFocusIn({ target }: FocusEvent): void {
    held = target instanceof HTMLElement ? target : undefined;
    around = held ? ancestors(held, panel) : [];
  }
  function onFocusOut(): void {
    const left = held;
    // Whoever left by hand left something that is still there. Browsers tell of a removal before it is done.
    queueMicrotask(() => {
      const isLeft = left?.isConnected === true && left.matches(CAN_HAVE_IT);
      if (held === left && isLeft && document.activeElement !== left) held = undefined;
    });
  }
  function bringBack(): void {
    if (!held || (document.activeElement !== document.body && document.activeElement !== null)) return;
    // Its command is under way: it will do again.
    if (held.isConnected && !held.matches(CAN_HAVE_IT)) return;
    successorOf(held, around)?.focus({ preventScroll: true });
  }

  const changes = new MutationObserver(bringBack);
  changes.observe(panel, { subtree: true, childList: true, attributeFilter: ['disabled'] });
  panel.addEventListener('focusin', onFocusIn);
  panel.addEventListener('focusout', onFocusOut);
  return () => {
    changes.disconnect();
    panel.removeEventListener('focusin', onFocusIn);
    panel.removeEventListener('focusout', onFocusOut);
  };
}

function ancestors(element: HTMLElement, panel: HTMLElement): readonly HTMLElement[] {
  const all: HTMLElement[] = [];
  for (let one = element.parentElement; one; one = one === panel ? null : one.parentElement) all.push(one);
  return all;
}

function successorOf(held: HTMLElement, around: readonly HTMLElement[]): HTMLElement | undefined {
  if (held.isConnected) return held;
  const { action, move } = held.dataset;
  const kin = move === undefined ? 'button:enabled' : 'button[data-move]:enabled';
  for (const group of around) {
    if (!group.isConnected) continue;
    const all = [...group.querySelectorAll<HTMLElement>(kin)];
    const same = all.find(({ dataset }) => dataset['move'] === move && dataset['action'] === action);
    if (same ?? all[0]) return same ?? all[0];
  }
  return undefined;
}
