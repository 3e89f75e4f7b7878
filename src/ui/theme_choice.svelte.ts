/** Which theme: the system's, until the reader chooses. */
export type Theme = 'light' | 'dark';

const KEY = 'faultline.theme';

class ThemeChoice {
  chosen: Theme | undefined = $state();
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  #systemDark = $state(false);
  readonly shown: Theme = $derived(this.chosen ?? (this.#systemDark ? 'dark' : 'light'));

  constructor() {
    this.#systemDark = this.#dark.matches;
    this.#dark.addEventListener('change', (change) => (this.#systemDark = change.matches));
    const kept = remembered(KEY);
    if (kept === 'light' || kept === 'dark') this.#apply(kept);
  }

  toggle(): void {
    this.#apply(this.shown === 'dark' ? 'light' : 'dark');
    remember(KEY, this.chosen!);
  }

  #apply(theme: Theme): void {
    this.chosen = theme;
    document.documentElement.dataset['theme'] = theme;
  }
}

/** Small choices of the reader; a browser that keeps nothing forgets them, and that is all. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Private windows may refuse.
  }
}

export const theme = new ThemeChoice();
