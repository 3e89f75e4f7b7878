/**
 * The lessons of the MVCC room: the same scripts that the golden tests run, in the order of their file names.
 */
import { lessonOf, type LessonText } from './lesson';

const texts = import.meta.glob<string>('../../workload/mvcc_lessons/*.script', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const MVCC_LESSONS: readonly LessonText[] = Object.entries(texts)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([path, text]) => lessonOf(path, text));
