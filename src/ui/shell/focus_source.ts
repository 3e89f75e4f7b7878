/**
 * How the focus came to where it is: by a press of a pointer, or by keys. As in video players, Space plays and pauses after a click on
 * anything; who comes to a button with Tab means that button. Enter activates either way.
 */
export class FocusSource {
  #isByKeys = false;

  /** For the window, in the capture phase: before anybody can have stopped the event. */
  readonly onPointerDown = (): void => {
    this.#isByKeys = false;
  };
  readonly onKeyDown = (event: Pick<KeyboardEvent, 'key'>): void => {
    if (event.key === 'Tab') this.#isByKeys = true;
  };

  /** Native controls keep the keys they need: Space those that somebody came to by keys. */
  takesKey(target: EventTarget | null, key: string): boolean {
    if (!(target instanceof Element)) return false;
    if (key === ' ') return this.#isByKeys && target.matches('button, a, summary, input, label');
    if (key.startsWith('Arrow') || key === 'Home' || key === 'End')
      return target.matches('input, [role=separator], [role=tab], [data-own-keys], [data-own-keys] *');
    return false;
  }
}
