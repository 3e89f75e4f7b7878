export * from './events';
export * from './group_commit';
export * from './log';
