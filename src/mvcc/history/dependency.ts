/**
 * Dependencies between transactions, many of them: a few numbers each, in columns, since a history of ten thousand
 * transactions has a hundred thousand. The graph over them is made once all are known.
 */

/** `rw predicate` is a rw made by a scan: it saw that a key was not there, or went. */
export type DependencyKind = 'ww' | 'wr' | 'rw' | 'rw predicate' | 'start order';

export const WW = 0;
export const WR = 1;
export const RW = 2;
export const RW_PREDICATE = 3;
/** Committed at or below the other's snapshot, by the timestamps. */
export const START_BY_TIMESTAMP = 4;
/** Over before the other began, by the clients' own count of steps. */
export const START_BY_STEPS = 5;

const KINDS: readonly DependencyKind[] = ['ww', 'wr', 'rw', 'rw predicate', 'start order', 'start order'];

export const kindName = (kind: number): DependencyKind => KINDS[kind]!;
export const isAntiDependency = (kind: number): boolean => kind === RW || kind === RW_PREDICATE;
export const isStartOrder = (kind: number): boolean => kind === START_BY_TIMESTAMP || kind === START_BY_STEPS;

/** One dependency, taken out of its columns. `version`: the one that was written, or for a rw, the one that was read. */
export interface Dependency {
  readonly from: number;
  readonly to: number;
  readonly kind: number;
  readonly version: number;
  /** For a ww or rw: the version that `to` wrote. Otherwise -1. */
  readonly next: number;
  /** Where in its transaction the read stands, of a wr or rw; -1 otherwise. */
  readonly operation: number;
}

export class Dependencies {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #kind: number[] = [];
  readonly #version: number[] = [];
  readonly #next: number[] = [];
  readonly #operation: number[] = [];

  get count(): number {
    return this.#from.length;
  }

  add(from: number, to: number, kind: number, version: number, next = -1, operation = -1): void {
    if (from === to) return;
    this.#from.push(from);
    this.#to.push(to);
    this.#kind.push(kind);
    this.#version.push(version);
    this.#next.push(next);
    this.#operation.push(operation);
  }

  from(edge: number): number {
    return this.#from[edge]!;
  }
  to(edge: number): number {
    return this.#to[edge]!;
  }
  kind(edge: number): number {
    return this.#kind[edge]!;
  }

  at(edge: number): Dependency {
    return {
      from: this.#from[edge]!,
      to: this.#to[edge]!,
      kind: this.#kind[edge]!,
      version: this.#version[edge]!,
      next: this.#next[edge]!,
      operation: this.#operation[edge]!,
    };
  }
}
