/**
 * The lessons of the log room: the same scripts that the golden tests run. The first line of each says its title and,
 * after a colon, what to watch for. They are played in the order of their file names.
 */
import { lessonOf, type LessonText } from './lesson';

const texts = import.meta.glob<string>('../../workload/lessons/*.script', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const WAL_LESSONS: readonly LessonText[] = Object.entries(texts)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([path, text]) => lessonOf(path, text));
