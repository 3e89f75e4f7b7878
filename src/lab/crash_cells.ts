/**
 * The cells of a verdict map as they come in: by crash point, then by letter. What is drawn follows from the counts
 * alone; which cell a place stands for is looked up when it is asked for.
 */
import type { CrashCell, LetterCounts } from '../protocol/crash';
import type { VerdictLetter } from '../protocol/drill';
import { LETTERS, NO_LETTERS } from './crash_words';

type ByLetter = Record<VerdictLetter, CrashCell[]>;

export class CrashCells {
  readonly #points = new Map<number, ByLetter>();
  readonly #byId = new Map<string, CrashCell>();
  #counts: Record<VerdictLetter, number> = { ...NO_LETTERS };

  get size(): number {
    return this.#byId.size;
  }
  get counts(): LetterCounts {
    return { ...this.#counts };
  }

  add(cells: readonly CrashCell[]): void {
    for (const cell of cells) {
      // A search that is begun again sends a cell twice.
      if (this.#byId.has(cell.id)) continue;
      this.#byId.set(cell.id, cell);
      let point = this.#points.get(cell.io);
      if (point === undefined) this.#points.set(cell.io, (point = { A: [], L: [], D: [], S: [], F: [] }));
      point[cell.letter].push(cell);
      this.#counts[cell.letter]++;
    }
  }

  countsAt(io: number): LetterCounts {
    const point = this.#points.get(io);
    if (point === undefined) return NO_LETTERS;
    const counts = { ...NO_LETTERS };
    for (const letter of LETTERS) counts[letter] = point[letter].length;
    return counts;
  }

  sizeAt(io: number): number {
    const point = this.#points.get(io);
    return point === undefined ? 0 : LETTERS.reduce((sum, letter) => sum + point[letter].length, 0);
  }

  find(id: string): CrashCell | undefined {
    return this.#byId.get(id);
  }

  /** The cell at a place of its point: mildest letter first, within one letter as they were judged. */
  at(io: number, index: number): CrashCell | undefined {
    const point = this.#points.get(io);
    if (point === undefined) return undefined;
    let left = index;
    for (const letter of LETTERS) {
      if (left < point[letter].length) return point[letter][left];
      left -= point[letter].length;
    }
    return undefined;
  }

  /** Where a cell stands in its point. */
  indexOf(cell: CrashCell): number {
    const point = this.#points.get(cell.io);
    if (point === undefined) return -1;
    let before = 0;
    for (const letter of LETTERS) {
      if (letter === cell.letter) return before + point[letter].indexOf(cell);
      before += point[letter].length;
    }
    return -1;
  }

  /** The cells of a point, in the order of the map. */
  *of(io: number): Generator<CrashCell> {
    const point = this.#points.get(io);
    if (point !== undefined) for (const letter of LETTERS) yield* point[letter];
  }

  /** All cells with one of these letters, the smallest first: `sizeOf` says what is smaller. */
  smallest(letters: readonly VerdictLetter[], sizeOf: (cell: CrashCell) => number): CrashCell[] {
    const found = [...this.#points.values()].flatMap((point) => letters.flatMap((letter) => point[letter]));
    return found
      .filter((cell) => cell.duplicateOf === undefined)
      .map((cell) => ({ cell, size: sizeOf(cell) }))
      .sort((one, other) => one.size - other.size || one.cell.io - other.cell.io)
      .map(({ cell }) => cell);
  }
}
