/** The table of trace sites, made by tools/vite_trace_sites.ts. */
declare module 'virtual:faultline/sites' {
  export interface Site {
    /** Counts from 1; 0 is never a site. */
    readonly id: number;
    /** Relative to the root of the repository: `src/wal/writer.ts`. */
    readonly file: string;
    /** Of the first character of the call; both count from 1. */
    readonly line: number;
    readonly column: number;
    /** `Class.method`, a function name, or empty at the top level of a module. */
    readonly function: string;
  }
  /** In the order of their ids. */
  export const sites: readonly Site[];
  export function siteOf(id: number): Site | undefined;
}
