/** A lesson is a script: its file is named after it, and its first line, a comment, says what to look at. */
export interface LessonText {
  /** The name of its file, without number and ending: stable in links and tests. */
  readonly id: string;
  readonly title: string;
  readonly watchFor: string;
  readonly script: string;
}

export function lessonOf(path: string, script: string): LessonText {
  const id = path
    .replace(/^.*\//, '')
    .replace(/\.script$/, '')
    .replace(/^\d+_/, '');
  const watchFor = script.split('\n', 1)[0]!.replace(/^#\s*/, '').trim();
  return { id, title: capital(id.replaceAll('_', ' ')), watchFor: capital(watchFor), script };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Commands only a modelled device can do; without them a script runs on real files as well. */
const MODELLED = /^\s*(power-cut|fail|disk|flip|device)\b/m;
export function needsModelledDevice(script: string): boolean {
  return MODELLED.test(script);
}
