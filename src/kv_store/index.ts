export * from './types';
export * from './events';
export type { OpenOptions } from './open_options';
export { Store, type ScanOptions } from './store';
export { readBackup, type BackupInfo } from './backup';
export { batchBytesMax } from './limits';
export { DEFAULT_FORMAT } from './format';
export { annotateBytes, type AnnotationContext, contextOfSuperblock, wholeStretch } from './annotate';
