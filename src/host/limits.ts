/** Sizes of the slices in which long work is done. */

/** Rows a commit of an import holds. */
export const LAB_IMPORT_BATCH_ROWS = 100;
/** Commits of an import between two turns of the event loop. */
export const SLICE_BATCHES = 4;
