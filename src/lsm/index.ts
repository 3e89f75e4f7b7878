export * from './events';
export * from './filter_prefix';
export * from './options';
