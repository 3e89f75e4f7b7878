import { describe, expect, it } from 'vitest';
import { filler } from '../base/filler';
import { lsn, pageId, type PageId } from '../base/ids';
import { overflowPages, pagesOfChain, readChain, writeChain } from './overflow';
import { formatPage, NO_PAGE, rightOf, setCellBytes, setRight, usableBytes } from './page';

const STRETCH = usableBytes(256);

/** Pages in memory, as the pager would hand them out. */
function pages() {
  const all = new Map<PageId, Uint8Array>();
  const read = (page: PageId): Uint8Array => all.get(page)!;
  const allocate = (kind: 'overflow', level: number): PageId => {
    const page = pageId(all.size + 1);
    const bytes = new Uint8Array(256);
    formatPage(bytes, kind, level, page, 5);
    all.set(page, bytes);
    return page;
  };
  const write = (value: Uint8Array): PageId[] => writeChain({ pageBytes: 256, allocate, change: read }, value, lsn(3));
  return { read, write };
}

describe('a long value', () => {
  it.each([1, STRETCH, STRETCH + 1, 5 * STRETCH, 5 * STRETCH + 7])(
    'of %s bytes comes back from its chain',
    (length) => {
      const { read, write } = pages();
      const chain = write(filler(length));
      expect(chain).toHaveLength(overflowPages(length, 256));
      expect(readChain(chain[0]!, length, 256, read)).toEqual(filler(length));
      expect(pagesOfChain(chain[0]!, length, 256, read)).toEqual(chain);
      expect(rightOf(read(chain.at(-1)!))).toBe(NO_PAGE);
    },
  );

  it('is refused where its chain goes round, is too short, too long, or of other pages', () => {
    const { read, write } = pages();
    const chain = write(filler(3 * STRETCH));
    const [first, , last] = chain;
    const reads = [() => readChain(first!, 3 * STRETCH, 256, read), () => pagesOfChain(first!, 3 * STRETCH, 256, read)];
    setRight(read(last!), first!);
    for (const each of reads) expect(each).toThrow('the chain of its value has 3 pages, and goes on');
    setRight(read(last!), NO_PAGE);
    expect(() => readChain(first!, 3 * STRETCH + 1, 256, read)).toThrow(`has ${3 * STRETCH} of`);
    setCellBytes(read(last!), 0);
    expect(reads[0]).toThrow('goes past');
    read(last!)[4] = 1;
    for (const each of reads) expect(each).toThrow('it is no overflow page');
  });
});
