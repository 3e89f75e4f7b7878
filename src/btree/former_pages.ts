/**
 * What views see of pages that have changed since.
 *
 * A *view* is the tree as of one moment: a checkpoint writes what it sees, a cursor reads it, and the tree goes on
 * changing meanwhile. Time is counted in editions, one more with every view. Before a page is changed in an edition that
 * a view must not see, its old self is *retained*: as the extent where it lies, or else as bytes (the same idea as
 * `base/ordered_map.ts`, for pages).
 *
 *     edition       4              5                6
 *     page 17   changed in 4   |  view opened   |  changed in 6: the self of 4 is retained,
 *                              |  as of 4       |  for the view
 *
 *   V1  A former self is kept as long as a view sees it, and no longer.
 *   V2  One that is kept as bytes lies nowhere else. When they are too many, all of them are written away.
 */
import type { ExtentId, PageId } from '../base/ids';
import type { ExtentReferences } from './extent_references';
import type { PagePlace } from './page_map';

/** The tree as of one moment. */
export interface View {
  readonly edition: number;
}

/** A former self of a page: it counted from edition `from` until before `until`. */
interface FormerPage {
  readonly page: PageId;
  readonly from: number;
  readonly until: number;
  /** Where it lies, or what it was. */
  kept: PagePlace | Uint8Array;
}

export interface FormerPagesOptions {
  readonly references: ExtentReferences;
  readonly pageBytes: number;
  /** Bytes kept in memory, at most by one page more. */
  readonly bytesMax: number;
  /** Writes pages to free extents that nobody refers to yet; undefined where there is no room. */
  readonly writeAway: (pages: readonly PageId[], bytes: readonly Uint8Array[]) => readonly PagePlace[] | undefined;
}

export class FormerPages {
  readonly #options: FormerPagesOptions;
  readonly #views = new Set<View>();
  readonly #former = new Map<PageId, FormerPage[]>();
  #edition = 1;
  #youngestView = -1;
  /** The edition in which a page was last retained. */
  #retainedIn = 0;
  #bytes = 0;
  /** Where there was no room to write them away, it is not tried again for every page. */
  #bytesAtRefusal = 0;

  constructor(options: FormerPagesOptions) {
    this.#options = options;
  }

  /** What a change made now counts as. */
  get edition(): number {
    return this.#edition;
  }
  /** The edition of the youngest view, -1 if there is none: what was changed later is nobody's business. */
  get youngestView(): number {
    return this.#youngestView;
  }
  /** Bytes of former selves that lie nowhere but in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  openView(): View {
    const view = { edition: this.#edition++ };
    this.#views.add(view);
    this.#youngestView = view.edition;
    return view;
  }

  closeView(view: View): void {
    if (!this.#views.delete(view)) return;
    this.#youngestView = -1;
    for (const { edition } of this.#views) this.#youngestView = Math.max(this.#youngestView, edition);
    // What was retained before it was opened was not for it.
    if (this.#former.size > 0 && this.#retainedIn > view.edition) this.#dropUnseen();
  }

  /** Keeps a page that is about to change, and last changed in edition `from`: its place, or its bytes for good. */
  retain(page: PageId, from: number, kept: PagePlace | Uint8Array): void {
    const former: FormerPage = { page, from, until: this.#edition, kept };
    this.#count(kept, 1);
    const all = this.#former.get(page);
    if (all) all.push(former);
    else this.#former.set(page, [former]);
    this.#retainedIn = this.#edition;
    const { bytesMax } = this.#options;
    if (this.#bytes > bytesMax && this.#bytes > this.#bytesAtRefusal + bytesMax / 8) this.#writeAway();
  }

  /** What `view` sees of a page that has changed since it was opened; undefined if there was no such page. */
  find(page: PageId, view: View): PagePlace | Uint8Array | undefined {
    return this.#find(page, view)?.kept;
  }

  /** What `view` sees of the page now lies at `place`. */
  moved(page: PageId, view: View, place: PagePlace): void {
    const former = this.#find(page, view);
    if (former) this.#keepAs(former, place);
  }

  /** Before an extent is written over: what lies there is read into memory. */
  rescue(page: PageId, extent: ExtentId, read: (place: PagePlace) => Uint8Array): void {
    for (const former of this.#former.get(page) ?? []) {
      const { kept } = former;
      if (!(kept instanceof Uint8Array) && kept.extent === extent) this.#keepAs(former, read(kept));
    }
  }

  /** Where former selves lie that views still see. */
  *extents(): Generator<ExtentId> {
    for (const all of this.#former.values()) {
      for (const { kept } of all) if (!(kept instanceof Uint8Array)) yield kept.extent;
    }
  }

  #find(page: PageId, { edition }: View): FormerPage | undefined {
    return this.#former.get(page)?.find(({ from, until }) => from <= edition && edition < until);
  }

  /** V2. Where there is no room, memory it is, and the writers go on. */
  #writeAway(): void {
    const inMemory: FormerPage[] = [];
    const bytes: Uint8Array[] = [];
    for (const all of this.#former.values()) {
      for (const former of all) {
        if (!(former.kept instanceof Uint8Array)) continue;
        inMemory.push(former);
        bytes.push(former.kept);
      }
    }
    const places = this.#options.writeAway(
      inMemory.map(({ page }) => page),
      bytes,
    );
    this.#bytesAtRefusal = places ? 0 : this.#bytes;
    if (places) inMemory.forEach((former, i) => this.#keepAs(former, places[i]!));
  }

  /** V1. */
  #dropUnseen(): void {
    for (const [page, all] of this.#former) {
      const seen = all.filter(({ from, kept, until }) => {
        for (const { edition } of this.#views) if (from <= edition && edition < until) return true;
        this.#count(kept, -1);
        return false;
      });
      if (seen.length === 0) this.#former.delete(page);
      else if (seen.length < all.length) this.#former.set(page, seen);
    }
  }

  #keepAs(former: FormerPage, kept: PagePlace | Uint8Array): void {
    this.#count(kept, 1);
    this.#count(former.kept, -1);
    former.kept = kept;
  }

  #count(kept: PagePlace | Uint8Array, by: 1 | -1): void {
    const { pageBytes, references } = this.#options;
    if (kept instanceof Uint8Array) this.#bytes += by * pageBytes;
    else if (by > 0) references.add(kept.extent);
    else references.drop(kept.extent);
  }
}
