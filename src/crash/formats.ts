/** The store in other formats than its smallest: larger groups, larger extents, and sizes that are no powers of two. */
import type { FormatOptions } from '../kv_store';
import { SMALLEST_FORMAT, storeSubject } from './store_subject';
import type { CrashSubject } from './subject';

const OTHER_FORMATS: readonly FormatOptions[] = [
  { logBytes: 16 * 1024, extentBytes: 1024, groupAlignBytes: 4096 },
  { logBytes: 12 * 1024, extentBytes: 1536, groupAlignBytes: 512 },
  { logBytes: 16 * 1024, extentBytes: 4096, groupAlignBytes: 4096 },
];

/** The store over a map gets its variants; any other engine is as it was given. */
export function inAllFormats(subject: CrashSubject): CrashSubject {
  if (subject.name !== 'store') return subject;
  const variants = OTHER_FORMATS.map((format) => ({ ...storeSubject({ format }), format }));
  return { ...subject, format: SMALLEST_FORMAT, variants };
}
