/** The log region: how records lie in the log file. Who writes them, and when, is `src/wal`. */
export * from './group_header';
export * from './record';
export * from './ring';
export * from './scanner';
