export * from './events';
export * from './protections';
export type { BTreeOptions } from './options';
export { BTreeIndex, type TreeStats } from './btree_index';
export { annotatePage } from './annotate_page';
export { keyBytesMax, PAGE_BYTES_MAX, PAGE_BYTES_MIN } from './page';
export type { PageDescription, PoolDescription, TreeDescription } from './describe';
export type { CellDescription, PageContent } from './page_content';
export type { FrameState } from './buffer_pool';
