/**
 * Keys down, commits across: a version is a bar from its commit to the next one of its key. A snapshot is a line; what it
 * crosses is what it reads.
 */
import { Spans } from '../../marks/bars';
import { fitted, keyText, plural } from '../../marks/units';
import { SWITCHES } from './chain_layout';
import { readAt } from './chains';
import type { CommitAxis } from './commit_axis';
import { stateOf } from './durability';
import { FLAG_HEIGHT, type PlacedFlag } from './flags';
import { mustStay, roleOf } from './garbage';
import type { KeyRow, MassRow, Rows } from './keys';
import {
  watermarkOf,
  type ChainView,
  type MvccView,
  type ReaderView,
  type TransactionView,
  type VersionView,
} from './model';
import type { Draw, Frame } from './scene';
import { bufferedWords, nameOf, pendingWords, readerWords, valueText, versionWords } from './words';

/** Over and under a version in its row: less, where rows are low. */
const padOf = (height: number): number => Math.max(1.5, Math.min(3, (height - 10) / 2));
const LETTER = 5.9;

/** Whose reads are shown: a reader of the store, or nobody's, at a number that was chosen by hand. */
export interface Looking {
  readonly at: number;
  readonly reader: ReaderView | undefined;
}

export interface GridInput {
  readonly view: MvccView;
  readonly axis: CommitAxis;
  readonly rows: Rows;
  readonly frame: Frame;
  readonly looking: Looking | undefined;
  readonly flags: readonly PlacedFlag[];
}

export function drawGrid(input: GridInput, draw: Draw): void {
  const grid = new Grid(input, draw);
  grid.zone();
  for (const row of input.rows.rows) grid.key(row);
  for (const row of input.rows.mass) grid.mass(row);
  grid.lines();
  grid.readers();
  for (const row of input.rows.rows) grid.crossing(row);
  grid.ticks();
  grid.inPart();
}

class Grid {
  readonly #view: MvccView;
  readonly #axis: CommitAxis;
  readonly #rows: Rows;
  readonly #frame: Frame;
  readonly #looking: Looking | undefined;
  readonly #flags: readonly PlacedFlag[];
  readonly #draw: Draw;
  readonly #watermark: number;
  readonly #lit: ReadonlySet<string>;
  /** Where what is published ends: newest versions are open there. */
  readonly #now: number;
  readonly #writers: readonly TransactionView[];
  /** Whose snapshots have commits ahead of their time: nobody's, but where a protection is off. */
  readonly #ahead: readonly TransactionView[];

  constructor({ axis, flags, frame, looking, rows, view }: GridInput, draw: Draw) {
    this.#view = view;
    this.#axis = axis;
    this.#rows = rows;
    this.#frame = frame;
    this.#looking = looking;
    this.#flags = flags;
    this.#draw = draw;
    this.#watermark = watermarkOf(view);
    this.#lit = new Set(view.subject.versions);
    this.#now = axis.left(view.publishedLsn + 1);
    this.#ahead = view.transactions.filter(({ ahead, inUse }) => inUse && ahead.length > 0);
    this.#writers = view.transactions.filter(({ inUse, writes }) => inUse && writes.length > 0);
  }

  /** Left of the oldest snapshot in use nobody looks, but for what lies across its line. */
  zone(): void {
    const { grid } = this.#frame;
    const x = this.#axis.mid(this.#watermark);
    this.#draw({
      id: 'zone',
      kind: 'zone',
      plane: 'page',
      ...grid,
      width: Math.max(0, x - grid.x),
      label: `Nobody reads as of a commit before ${this.#watermark}: what ends here is garbage.`,
    });
    this.#draw({
      id: 'memory',
      kind: 'memory',
      plane: 'page',
      ...this.#frame.memory,
      text: this.#frame.narrow ? 'in memory' : 'in transactions’ memory',
      label: 'What transactions have written and not committed: in their own memory, and for nobody else to see.',
    });
    const each = this.#writerWidth;
    this.#writers.forEach((one, column) => {
      this.#draw({
        id: `writer-${one.key}`,
        kind: 'note',
        plane: 'page',
        x: this.#frame.memory.x + 4 + column * each,
        y: this.#frame.memory.y + 1,
        width: each - 6,
        height: 12,
        text: fitted(nameOf(one), each - 4, LETTER),
      });
    });
  }

  get #writerWidth(): number {
    return this.#frame.memory.width / Math.max(2, this.#writers.length);
  }

  ticks(): void {
    const { grid, ticks } = this.#frame;
    const last = Math.max(this.#view.publishedLsn, ...this.#view.pending.map(({ lsn }) => lsn));
    for (const lsn of this.#axis.named(last, 6)) {
      this.#draw({
        id: `tick-${lsn}`,
        kind: 'tick',
        plane: 'page',
        x: this.#axis.mid(lsn) - String(lsn).length * 3,
        y: ticks.y,
        width: String(lsn).length * 6,
        height: ticks.height,
        text: String(lsn),
        data: { lsn },
      });
    }
    this.#draw({
      id: 'title-commits',
      kind: 'note',
      plane: 'page',
      x: 10,
      y: ticks.y,
      width: this.#frame.gutter - 12,
      height: ticks.height,
      text: this.#frame.narrow ? 'commit' : 'key \\ commit',
    });
    if (this.#axis.cut === 0) return;
    const x = this.#axis.left(this.#axis.cut);
    this.#draw({
      id: 'cut',
      kind: 'row',
      plane: 'page',
      x,
      y: ticks.y,
      width: 0,
      height: ticks.height + grid.height,
      variant: 'cut',
      label: `Commits before ${this.#axis.cut} are drawn close together.`,
    });
  }

  /** Under the keys, where they are not all. */
  inPart(): void {
    const { chains, isCut, isPartial } = this.#view;
    if (!isCut && !isPartial) return;
    const { grid, gutter, narrow } = this.#frame;
    const count = plural(chains.length, 'key');
    this.#draw({
      id: 'in-part',
      kind: 'note',
      plane: 'page',
      x: 10,
      y: grid.y + grid.height + 2,
      width: gutter - 12,
      height: 12,
      text: narrow ? 'in part' : isCut ? `first ${count}` : 'met in this run',
      data: { part: isCut ? 'cut' : 'met' },
      label: isCut
        ? `The first ${count} are drawn: more are in the store than the picture keeps.`
        : `The store had versions before this run began: only what this run met or wrote is drawn, ${count}.`,
    });
  }

  key(row: KeyRow): void {
    const { chain, height, y } = row;
    const { frame } = this;
    const seen = this.#seen(chain);
    const read = this.#looking === undefined ? '' : seen && !seen.isTombstone ? valueText(seen) : '–';
    const name = keyText(chain.key);
    const room = this.#frame.gutter - 14;
    this.#draw({
      id: `row-${chain.keyHex}`,
      kind: 'row',
      plane: 'page',
      x: 10,
      y: y + height,
      width: frame.x + frame.width - 10,
      height: 0,
    });
    this.#draw({
      id: `key-${chain.keyHex}`,
      kind: 'key',
      plane: 'page',
      x: 0,
      y,
      width: this.#frame.gutter - 6,
      height,
      text: fitted(name, read === '' ? room : room * 0.55, LETTER + 0.4),
      note: fitted(read === '' ? '' : `= ${read}`, room * 0.5, LETTER),
      data: { key: name, versions: chain.versions.length },
      select: { kind: 'key', keyHex: chain.keyHex },
      label: `${name}: ${plural(chain.versions.length, 'version')}.${read === '' ? '' : ` Read as of commit ${this.#looking!.at}: ${seen && !seen.isTombstone ? read : 'nothing'}.`}`,
    });
    chain.versions.forEach((version, index) => this.#version(row, version, index));
    for (const { lsn, versions } of this.#view.pending)
      for (const version of versions) if (version.keyHex === chain.keyHex) this.#pending(row, version, lsn);
    this.#writers.forEach((one, column) => {
      const write = one.writes.find(({ keyHex }) => keyHex === chain.keyHex);
      if (write) this.#buffered(row, write, one, column);
    });
  }

  private get frame(): Frame['grid'] {
    return this.#frame.grid;
  }

  /** What is looked at; a snapshot that has a commit ahead of its time reads that, wherever its line is. */
  #seen(chain: ChainView): VersionView | undefined {
    if (!this.#looking) return undefined;
    const { at, reader } = this.#looking;
    const by = reader && this.#ahead.find(({ key }) => reader.id === `t${key}`);
    const ahead = by?.ahead.findLast(({ keysHex }) => keysHex.includes(chain.keyHex));
    if (!ahead) return readAt(chain, at);
    const onTheirWay = this.#view.pending.find(({ lsn }) => lsn === ahead.lsn)?.versions ?? [];
    return [...onTheirWay, ...chain.versions].find(({ keyHex, lsn }) => keyHex === chain.keyHex && lsn === ahead.lsn);
  }

  /** Snapshots in use that have it, and are older. */
  #aheadWords({ keyHex }: VersionView, number: number): string {
    const names = this.#ahead.flatMap((one) =>
      one.ahead.some(({ keysHex, lsn }) => lsn === number && keysHex.includes(keyHex)) ? [nameOf(one)] : [],
    );
    return names.length === 0 ? '' : ` Wrong: ${names.join(', ')} had it before it was published.`;
  }

  #version({ chain, height, y }: KeyRow, version: VersionView, index: number): void {
    const replaced = chain.versions[index - 1]?.lsn;
    const role = roleOf(chain, index, this.#watermark);
    const stays = mustStay(chain, index, this.#watermark);
    const x = this.#axis.left(version.lsn) + 1;
    const end = replaced === undefined ? Math.max(this.#now, x + 4) : this.#axis.left(replaced) - 1;
    const width = Math.max(2, end - x);
    const isRead = this.#seen(chain) === version;
    const text = valueText(version);
    const wrong = this.#aheadWords(version, version.lsn);
    this.#draw({
      id: `version-${version.id}`,
      kind: 'version',
      plane: 'page',
      family: 'version',
      state: stateOf(this.#view, version, role),
      x,
      y: y + padOf(height),
      width,
      height: height - 2 * padOf(height),
      text: text.length * LETTER + 8 <= width ? text : fitted(text, width - 4, LETTER),
      isRead,
      isOpen:
        replaced === undefined &&
        !this.#view.pending.some((one) => one.versions.some(({ keyHex }) => keyHex === chain.keyHex)),
      isTombstone: version.isTombstone,
      data: { key: keyText(version.key), lsn: version.lsn, role, ...(isRead && { read: 'yes' }) },
      lsn: version.lsn,
      seq: version.seq,
      site: version.site,
      select: { kind: 'lsn', lsn: version.lsn },
      lit: this.#lit.has(version.id),
      ...(wrong && { variant: 'ahead' }),
      label: `${versionWords(version, role, stays)}${wrong}`,
    });
    if (stays) this.#stays(version, y, height);
  }

  /** What the watermark's line crosses and a newer one has replaced: a mark at the line. */
  #stays(version: VersionView, y: number, height: number): void {
    this.#draw({
      id: `stays-${version.id}`,
      kind: 'stays',
      plane: 'page',
      x: this.#axis.mid(this.#watermark) - 4,
      y: y + height - padOf(height) - 1,
      width: 8,
      height: 5,
      data: { stays: keyText(version.key), lsn: version.lsn },
    });
  }

  #pending({ chain, height, y }: KeyRow, version: VersionView, lsn: number): void {
    const wrong = this.#aheadWords(version, lsn);
    const isRead = wrong !== '' && this.#seen(chain) === version;
    const width = Math.max(4, this.#axis.widthOf(lsn) - 2);
    this.#draw({
      id: `version-${version.id}`,
      kind: 'version',
      plane: 'page',
      family: 'version',
      state: 'pending',
      x: this.#axis.left(lsn) + 1,
      y: y + padOf(height),
      width,
      height: height - 2 * padOf(height),
      text: fitted(valueText(version), width - 2, LETTER),
      isTombstone: version.isTombstone,
      isRead,
      ...(wrong && { variant: 'ahead' }),
      data: { key: keyText(version.key), lsn, role: 'pending', ...(wrong && { ahead: 'yes' }) },
      lsn,
      seq: version.seq,
      site: version.site,
      select: { kind: 'lsn', lsn },
      lit: this.#lit.has(version.id),
      label: `${pendingWords(version, lsn)}${wrong}`,
    });
  }

  #buffered({ height, y }: KeyRow, write: VersionView, by: TransactionView, column: number): void {
    const { memory } = this.#frame;
    const each = this.#writerWidth;
    const width = Math.max(4, each - 4);
    this.#draw({
      id: `version-${write.id}`,
      kind: 'version',
      plane: 'page',
      family: 'version',
      state: 'pending',
      x: memory.x + 2 + column * each,
      y: y + padOf(height),
      width,
      height: height - 2 * padOf(height),
      text: fitted(valueText(write), width - 2, LETTER),
      isTombstone: write.isTombstone,
      data: { key: keyText(write.key), role: 'buffered', transaction: nameOf(by) },
      seq: write.seq,
      site: write.site,
      select: { kind: 'event', seq: write.seq },
      lit: this.#lit.has(write.id),
      label: bufferedWords(write, nameOf(by)),
    });
  }

  /** What the line of the snapshot that is looked at meets. */
  crossing({ chain, height, y }: KeyRow): void {
    if (!this.#looking) return;
    const { at } = this.#looking;
    const seen = this.#seen(chain);
    // A point of its line, or of what it must not have yet.
    const isAhead = seen !== undefined && seen.lsn > at;
    const variant = seen === undefined ? 'nothing' : seen.isTombstone ? 'tombstone' : 'value';
    this.#draw({
      id: `crossing-${chain.keyHex}`,
      kind: 'crossing',
      plane: 'page',
      x: this.#axis.mid(isAhead ? seen.lsn : at) - 4,
      y: y + height / 2 - 4,
      width: 8,
      height: 8,
      variant,
      data: { reads: keyText(chain.key), found: variant, ...(seen && { lsn: seen.lsn }) },
    });
  }

  /** Of several keys together: what most matters of them at each place. */
  mass({ chains, height, id, y }: MassRow): void {
    const shades: readonly Spans[] = [new Spans(), new Spans(), new Spans()];
    const parts = chains.flatMap((chain) => chain.versions.map((version, index) => this.#part(chain, version, index)));
    parts.sort((a, b) => a.from - b.from);
    for (const { from, shade, to } of parts) shades[shade]!.add(from, to);
    const versions = parts.length;
    const first = keyText(chains[0]!.key);
    this.#draw({
      id: `mass-${id}`,
      kind: 'mass',
      plane: 'page',
      family: 'version',
      x: this.frame.x,
      y,
      width: this.frame.width,
      height,
      bars: shades.map(({ all }) => all),
      data: { keys: chains.length, versions },
      label: `${plural(chains.length, 'key')} from ${first} on: ${plural(versions, 'version')}.`,
    });
  }

  #part(chain: ChainView, version: VersionView, index: number): { from: number; to: number; shade: number } {
    const role = roleOf(chain, index, this.#watermark);
    const replaced = chain.versions[index - 1]?.lsn;
    const to = replaced === undefined ? this.#now : this.#axis.left(replaced);
    return {
      from: this.#axis.left(version.lsn),
      to,
      shade: role === 'live' ? 0 : role === 'kept' ? 1 : 2,
    };
  }

  lines(): void {
    const { grid, ticks } = this.#frame;
    const { keptFrom, publishedLsn, state, subject } = this.#view;
    const tall = { y: ticks.y, height: ticks.height + grid.height };
    if (this.#view.hasVersions && state !== 'none') {
      this.#draw({
        id: 'published',
        kind: 'published',
        plane: 'page',
        x: this.#now,
        width: 0,
        ...tall,
        // Over the next column, which has a number while a commit is on its way.
        text: this.#view.pending.length === 0 ? 'now' : '',
        data: { published: publishedLsn },
        lit: subject.part === 'published',
        label: `Published up to commit ${publishedLsn}: whoever begins now reads as of it. Right of the line nobody sees anything.`,
      });
      const collected =
        keptFrom > 0 ? ` Older than ${keptFrom} nobody may begin any more: what they would read may be gone.` : '';
      this.#draw({
        id: 'watermark',
        kind: 'watermark',
        plane: 'page',
        x: this.#axis.mid(this.#watermark),
        width: 0,
        y: grid.y,
        height: grid.height,
        text: this.#watermarkText(),
        data: { watermark: this.#watermark },
        lit: subject.part === 'watermark',
        label: `The watermark, commit ${this.#watermark}: the oldest snapshot in use, or what is published.${collected}`,
      });
    }
    this.#asOf();
  }

  /** In full where it does not come near the switches of the chain. */
  #watermarkText(): string {
    const short = `watermark ${this.#watermark}`;
    const full = `${short}: left of it, only what the line crosses stays`;
    const { chain } = this.#frame;
    const end = this.#axis.mid(this.#watermark) + 9 + full.length * LETTER;
    return end > chain.x + chain.width - SWITCHES ? short : full;
  }

  #asOf(): void {
    const looking = this.#looking;
    const { flags, grid } = this.#frame;
    if (!looking || looking.reader) return;
    this.#draw({
      id: 'asof',
      kind: 'asof',
      plane: 'page',
      x: this.#axis.mid(looking.at),
      width: 0,
      y: flags.y - 4,
      height: grid.y + grid.height - flags.y + 4,
      data: { asof: looking.at },
      label: `What if: a read as of commit ${looking.at}. No reader of the store stands there because of it.`,
    });
  }

  readers(): void {
    const { grid, ticks } = this.#frame;
    const numbers = new Map<number, number>();
    for (const { count, reader } of this.#flags) numbers.set(reader.snapshot, count);
    for (const [lsn, count] of numbers) {
      this.#draw({
        id: `snapshot-${lsn}`,
        kind: 'snapshot',
        plane: 'page',
        family: 'transaction',
        x: this.#axis.mid(lsn),
        y: ticks.y - 2,
        width: 0,
        height: ticks.height + grid.height + 2,
        variant: this.#looking?.reader?.snapshot === lsn ? 'looking' : '',
        data: { snapshot: lsn, readers: count },
      });
    }
    for (const flag of this.#flags) this.#flag(flag);
  }

  #flag({ count, reader, row, text, width, x }: PlacedFlag): void {
    const { flags } = this.#frame;
    this.#draw({
      id: `flag-${reader.id}`,
      kind: 'flag',
      plane: 'page',
      family: 'transaction',
      x,
      y: flags.y + flags.height - (row + 1) * FLAG_HEIGHT,
      width,
      height: FLAG_HEIGHT - 2,
      text,
      variant: reader.kind,
      data: { reader: reader.name, snapshot: reader.snapshot },
      seq: reader.seq,
      select: { kind: 'event', seq: reader.seq },
      lit: this.#view.subject.reader === reader.id,
      label: readerWords(reader, count - 1),
    });
  }
}
