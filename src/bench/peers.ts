/** What the B-tree and its peers share: the same page size and the same bytes of cache for each. */
export const PEER_PAGE_BYTES = 4096;
export const PEER_CACHE_BYTES = 16 * 1024 * 1024;
