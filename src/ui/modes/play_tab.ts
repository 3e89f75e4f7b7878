/** What can be done by hand in a run: a tab of Play each. */
export type PlayTab = 'commands' | 'script' | 'data' | 'measure' | 'desk';
