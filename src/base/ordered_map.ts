/**
 * An ordered map in memory: a B+tree of small sorted arrays that can be photographed for nothing.
 *
 * The store needs three things of it: keys in memcmp order, both ways; millions of inserts a second; and a frozen
 * view of all entries while writes go on, for scans and for checkpoints. A plain sorted array is quick to read and
 * slow to grow; a hash map has no order; a skip list has order but no cheap frozen view. A B+tree with *editions*
 * has all three:
 *
 *     edition 4          snapshot() -> edition 5          put(k) in edition 5
 *
 *        R4                    R4                          R4      R5        R5 and L5 are copies, made once;
 *       /  \                  /  \                        /  \    /  \       the snapshot keeps R4 and L4,
 *     L4    M4              L4    M4                    L4    M4-'   L5      and shares M4 with the map.
 *
 * Every node carries the edition in which it was made. A node of the current edition belongs to the map alone and
 * is changed in place; an older one may be seen by a snapshot and is copied first (path copying: Driscoll, Sarnak,
 * Sleator, Tarjan 1989, "Making data structures persistent", section 2; editions as in Clojure's transients).
 *
 * Deletes do not merge half-empty leaves; a leaf is dropped when its last key goes ("free at empty", Johnson and
 * Shasha 1989: with more inserts than deletes it costs almost no space, and it keeps the code half as long). The
 * B-tree on disk, whose pages cost I/O, merges properly.
 *
 *   M1  Keys in a leaf ascend strictly; child i holds keys k with separator[i-1] <= k < separator[i].
 *   M2  No node but the root is empty; all leaves are equally deep.
 *   M3  A node with an older edition is never changed.
 */
import { assert } from './assert';
import { compareBytes } from './bytes';
import type { Finding, Range } from './ordered_index';
import { SortedKeys } from './sorted_keys';

const LEAF_ENTRIES_MAX = 64;
const CHILDREN_MAX = 64;

/** What a map may hold: byte strings, or whatever else has a length to count. */
export interface Sized {
  readonly length: number;
}
export interface MapEntry<V> {
  readonly key: Uint8Array;
  readonly value: V;
}
/** One pass over a range, as any `Cursor`. */
export interface MapCursor<V> {
  next(): MapEntry<V> | undefined;
  close(): void;
}

interface Leaf<V> {
  readonly leaf: true;
  readonly edition: number;
  readonly keys: SortedKeys;
  values: V[];
}
interface Inner<V> {
  readonly leaf: false;
  readonly edition: number;
  /** One fewer than children. */
  readonly separators: SortedKeys;
  children: Node<V>[];
}
type Node<V> = Leaf<V> | Inner<V>;

/** What a child hands up when it had to split: the new right sibling and the smallest key under it. */
interface Split<V> {
  readonly separator: Uint8Array;
  readonly right: Node<V>;
}

/** A frozen view; it costs nothing to make and stays valid for ever. */
export interface MapSnapshot<V = Uint8Array> {
  readonly keys: number;
  readonly userBytes: number;
  get(key: Uint8Array): V | undefined;
  cursor(range: Range, reverse: boolean): MapCursor<V>;
}

export class OrderedMap<V extends Sized = Uint8Array> {
  #root: Node<V>;
  #edition = 1;
  #keys = 0;
  #userBytes = 0;

  constructor() {
    this.#root = newLeaf(this.#edition, new SortedKeys([]), []);
  }

  get keys(): number {
    return this.#keys;
  }

  /** Sum of the lengths of keys and values. */
  get userBytes(): number {
    return this.#userBytes;
  }

  get(key: Uint8Array): V | undefined {
    return getFrom(this.#root, key);
  }

  /** Inserts or replaces. The map keeps both arrays: the caller no longer writes to them. */
  put(key: Uint8Array, value: V): void {
    this.#root = this.#own(this.#root);
    const split = this.#putInto(this.#root, key, value);
    if (!split) return;
    this.#root = newInner(this.#edition, new SortedKeys([split.separator]), [this.#root, split.right]);
  }

  /** Removes the key; false if it was not there. */
  delete(key: Uint8Array): boolean {
    if (this.get(key) === undefined) return false; // Copies no path for a miss.
    this.#root = this.#own(this.#root);
    this.#deleteFrom(this.#root, key);
    while (!this.#root.leaf && this.#root.children.length === 1) this.#root = this.#root.children[0]!;
    if (!this.#root.leaf && this.#root.children.length === 0)
      this.#root = newLeaf(this.#edition, new SortedKeys([]), []);
    return true;
  }

  /** Over the present contents, without freezing them: not to be read on after a change. */
  cursor(range: Range, reverse: boolean): MapCursor<V> {
    return cursorOver(this.#root, range, reverse);
  }

  /** Freezes the present contents. Later changes copy the nodes they touch, once each. */
  snapshot(): MapSnapshot<V> {
    this.#edition++;
    const root = this.#root;
    return {
      keys: this.#keys,
      userBytes: this.#userBytes,
      get: (key) => getFrom(root, key),
      cursor: (range, reverse) => cursorOver(root, range, reverse),
    };
  }

  /** Broken invariants, none if all is well. */
  check(): Finding[] {
    const findings: Finding[] = [];
    const seen = { keys: 0, userBytes: 0, leafDepth: -1 };
    checkNode(this.#root, undefined, undefined, 0, true, seen, findings);
    if (seen.keys !== this.#keys)
      findings.push({ rule: 'M1', detail: `counted ${seen.keys} keys, kept ${this.#keys}` });
    if (seen.userBytes !== this.#userBytes) {
      findings.push({ rule: 'M1', detail: `counted ${seen.userBytes} bytes, kept ${this.#userBytes}` });
    }
    return findings;
  }

  /** The node itself if this edition made it, else a copy that may be changed (M3). */
  #own<N extends Node<V>>(node: N): N {
    if (node.edition === this.#edition) return node;
    return (
      node.leaf
        ? newLeaf(this.#edition, node.keys.copy(), node.values.slice())
        : newInner(this.#edition, node.separators.copy(), node.children.slice())
    ) as N;
  }

  #putInto(node: Node<V>, key: Uint8Array, value: V): Split<V> | undefined {
    assert(node.edition === this.#edition, 'M3: only a node of this edition is changed');
    if (node.leaf) return this.#putIntoLeaf(node, key, value);
    const at = childIndex(node, key);
    const child = (node.children[at] = this.#own(node.children[at]!));
    const split = this.#putInto(child, key, value);
    if (!split) return undefined;
    node.separators.insert(at, split.separator);
    node.children.splice(at + 1, 0, split.right);
    return node.children.length > CHILDREN_MAX ? this.#splitInner(node) : undefined;
  }

  #putIntoLeaf(leaf: Leaf<V>, key: Uint8Array, value: V): Split<V> | undefined {
    const found = leaf.keys.search(key);
    if (found >= 0) {
      this.#userBytes += value.length - leaf.values[found]!.length;
      leaf.values[found] = value;
      return undefined;
    }
    const at = ~found;
    this.#keys++;
    this.#userBytes += key.length + value.length;
    leaf.keys.insert(at, key);
    if (at === leaf.values.length) leaf.values.push(value);
    else leaf.values.splice(at, 0, value);
    return leaf.keys.length > LEAF_ENTRIES_MAX ? this.#splitLeaf(leaf, at) : undefined;
  }

  /** Ascending inserts always land last: then the left leaf stays full, so a sequential load packs its leaves. */
  #splitLeaf(left: Leaf<V>, insertedAt: number): Split<V> {
    const keep = insertedAt === left.keys.length - 1 ? left.keys.length - 1 : left.keys.length >>> 1;
    const right = newLeaf(this.#edition, left.keys.splitOff(keep), left.values.splice(keep));
    return { separator: right.keys.at(0), right };
  }

  #splitInner(left: Inner<V>): Split<V> {
    const keep = left.children.length >>> 1;
    const children = left.children.splice(keep);
    const separators = left.separators.splitOff(keep);
    const separator = left.separators.pop();
    return { separator, right: newInner(this.#edition, separators, children) };
  }

  /** The key is known to be present. A child left empty is dropped (M2). */
  #deleteFrom(node: Node<V>, key: Uint8Array): void {
    if (node.leaf) {
      const at = node.keys.search(key);
      this.#keys--;
      this.#userBytes -= node.keys.at(at).length + node.values[at]!.length;
      node.keys.removeAt(at);
      node.values.splice(at, 1);
      return;
    }
    const at = childIndex(node, key);
    const child = (node.children[at] = this.#own(node.children[at]!));
    this.#deleteFrom(child, key);
    if (child.leaf ? child.keys.length > 0 : child.children.length > 0) return;
    node.children.splice(at, 1);
    if (node.separators.length > 0) node.separators.removeAt(at === 0 ? 0 : at - 1);
  }
}

function cursorOver<V>(root: Node<V>, range: Range, reverse: boolean): MapCursor<V> {
  return reverse ? new BackwardCursor(root, range) : new ForwardCursor(root, range);
}

function newLeaf<V>(edition: number, keys: SortedKeys, values: V[]): Leaf<V> {
  return { leaf: true, edition, keys, values };
}

function newInner<V>(edition: number, separators: SortedKeys, children: Node<V>[]): Inner<V> {
  return { leaf: false, edition, separators, children };
}

function getFrom<V>(root: Node<V>, key: Uint8Array): V | undefined {
  let node = root;
  while (!node.leaf) node = node.children[childIndex(node, key)]!;
  const at = node.keys.search(key);
  return at >= 0 ? node.values[at] : undefined;
}

/** How many keys of a leaf are smaller than `key`. */
function lowerBound(keys: SortedKeys, key: Uint8Array): number {
  const at = keys.search(key);
  return at >= 0 ? at : ~at;
}

/** The child whose range holds `key`: a key equal to a separator lies to its right (M1). */
function childIndex(node: Inner<unknown>, key: Uint8Array): number {
  const at = node.separators.search(key);
  return at >= 0 ? at + 1 : ~at;
}

/** Where a cursor stands in one inner node on its way down. */
interface Step<V> {
  readonly node: Inner<V>;
  at: number;
}

class ForwardCursor<V> implements MapCursor<V> {
  #path: Step<V>[] = [];
  #leaf: Leaf<V> | undefined;
  #at = 0;
  #to: Uint8Array | undefined;

  constructor(root: Node<V>, range: Range) {
    this.#to = range.to;
    let node = root;
    while (!node.leaf) {
      const at: number = range.from ? childIndex(node, range.from) : 0;
      this.#path.push({ node, at });
      node = node.children[at]!;
    }
    this.#leaf = node;
    this.#at = range.from ? lowerBound(node.keys, range.from) : 0;
  }

  next(): MapEntry<V> | undefined {
    while (this.#leaf && this.#at >= this.#leaf.keys.length) this.#nextLeaf();
    if (!this.#leaf) return undefined;
    const key = this.#leaf.keys.at(this.#at);
    if (this.#to && compareBytes(key, this.#to) >= 0) {
      this.close();
      return undefined;
    }
    return { key, value: this.#leaf.values[this.#at++]! };
  }

  close(): void {
    this.#leaf = undefined;
    this.#path = [];
  }

  #nextLeaf(): void {
    this.#leaf = undefined;
    for (let step = this.#path.at(-1); step; step = this.#path.at(-1)) {
      if (++step.at < step.node.children.length) {
        let node = step.node.children[step.at]!;
        for (; !node.leaf; node = node.children[0]!) this.#path.push({ node, at: 0 });
        this.#leaf = node;
        this.#at = 0;
        return;
      }
      this.#path.pop();
    }
  }
}

class BackwardCursor<V> implements MapCursor<V> {
  #path: Step<V>[] = [];
  #leaf: Leaf<V> | undefined;
  #at = 0;
  #from: Uint8Array | undefined;

  constructor(root: Node<V>, range: Range) {
    this.#from = range.from;
    let node = root;
    while (!node.leaf) {
      const at: number = range.to ? childIndex(node, range.to) : node.children.length - 1;
      this.#path.push({ node, at });
      node = node.children[at]!;
    }
    this.#leaf = node;
    this.#at = (range.to ? lowerBound(node.keys, range.to) : node.keys.length) - 1;
  }

  next(): MapEntry<V> | undefined {
    while (this.#leaf && this.#at < 0) this.#previousLeaf();
    if (!this.#leaf) return undefined;
    const key = this.#leaf.keys.at(this.#at);
    if (this.#from && compareBytes(key, this.#from) < 0) {
      this.close();
      return undefined;
    }
    return { key, value: this.#leaf.values[this.#at--]! };
  }

  close(): void {
    this.#leaf = undefined;
    this.#path = [];
  }

  #previousLeaf(): void {
    this.#leaf = undefined;
    for (let step = this.#path.at(-1); step; step = this.#path.at(-1)) {
      if (--step.at >= 0) {
        let node = step.node.children[step.at]!;
        for (; !node.leaf; node = node.children.at(-1)!) this.#path.push({ node, at: node.children.length - 1 });
        this.#leaf = node;
        this.#at = node.keys.length - 1;
        return;
      }
      this.#path.pop();
    }
  }
}

function checkNode<V extends Sized>(
  node: Node<V>,
  low: Uint8Array | undefined,
  high: Uint8Array | undefined,
  depth: number,
  isRoot: boolean,
  seen: { keys: number; userBytes: number; leafDepth: number },
  findings: Finding[],
): void {
  if (node.leaf) {
    if (seen.leafDepth === -1) seen.leafDepth = depth;
    if (seen.leafDepth !== depth)
      findings.push({ rule: 'M2', detail: `a leaf at depth ${depth}, another at ${seen.leafDepth}` });
    if (node.keys.length === 0 && !isRoot) findings.push({ rule: 'M2', detail: 'an empty leaf' });
    node.keys.all.forEach((key, i) => {
      const previous = i > 0 ? node.keys.at(i - 1) : low;
      const order = previous === undefined ? 1 : compareBytes(key, previous);
      if (order < 0 || (order === 0 && i > 0)) findings.push({ rule: 'M1', detail: `keys out of order at ${i}` });
      if (high && compareBytes(key, high) >= 0) findings.push({ rule: 'M1', detail: 'a key past its upper separator' });
      seen.keys++;
      seen.userBytes += key.length + node.values[i]!.length;
    });
    return;
  }
  if (node.children.length === 0 || node.separators.length !== node.children.length - 1) {
    findings.push({ rule: 'M2', detail: `${node.children.length} children, ${node.separators.length} separators` });
  }
  node.children.forEach((child, i) => {
    checkNode(
      child,
      node.separators.all[i - 1] ?? low,
      node.separators.all[i] ?? high,
      depth + 1,
      false,
      seen,
      findings,
    );
  });
}
