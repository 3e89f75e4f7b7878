/**
 * The search for circles: which kinds of them there are, and the smallest one of each that is met.
 *
 *     arrows that count                      a component of two or more means
 *     ww                                     G0
 *     ww, wr, start order                    G1c, or a G0 that needs the start order
 *     the same, and rw, but no two in a row  what snapshot isolation forbids: OTV, PMP, G-single, G-SIb, G-nonadjacent
 *     all                                    what serializable forbids besides: G2-item, G2
 *
 *   C1  A history has a circle of some kind if and only if there is a component of two or more among the arrows of that
 *       kind: whether a level was kept is decided by components alone, in time linear in the arrows. The walks
 *       after that only look for a witness that is small and tells much.
 *   C2  That no two rw come in a row is a matter of two storeys: a rw leads up, any other arrow leads down or stays below,
 *       and no rw leaves the upper storey.
 *
 *           below   A ──ww──▶ B ──rw──╮        ╭──▶ C
 *           above                     ╰▶ C ──wr╯         a circle that goes A, B, C and back never has rw after rw
 */
import { stronglyConnectedComponents } from './components';
import { Dependencies, isAntiDependency, RW_PREDICATE, isStartOrder, WR, WW, type Dependency } from './dependency';
import { explainCircle, explainInterference, type CircleName } from './explain';
import type { Findings } from './findings';
import type { StartOrder } from './start_order';
import { successorsOf } from './successors';
import type { Versions } from './versions';
import { shortestWay, startArrow, type Ground, type WalkRules } from './walk';

/** Walks get longer only as long as nothing was found: 1 arrow, 2, 4, then any number. */
const ARROWS_MAX = [1, 2, 4, Infinity];
/** Of one search: after so many places it ends, if both verdicts are known by then. More would only find smaller witnesses. */
const PLACES_MAX = 300_000;

export class CircleSearch {
  readonly #versions: Versions;
  readonly #findings: Findings;
  readonly #ground: Ground;
  readonly #transactionCount: number;
  /** The dependencies, and the start order over its helpers; of them, those that may lie on a circle. */
  #arrows: Dependencies;
  readonly #nodeCount: number;

  constructor(versions: Versions, dependencies: Dependencies, start: StartOrder, findings: Findings) {
    this.#versions = versions;
    this.#findings = findings;
    this.#transactionCount = versions.transactions.length;
    this.#ground = {
      dependencies,
      start,
      successors: successorsOf(this.#transactionCount, dependencies, () => true),
      placesWalked: 0,
    };
    this.#arrows = new Dependencies();
    for (let edge = 0; edge < dependencies.count; edge++)
      this.#arrows.add(dependencies.from(edge), dependencies.to(edge), dependencies.kind(edge), edge);
    this.#nodeCount = start.addTo(this.#arrows, this.#transactionCount);
  }

  run(useTimestamps: boolean): void {
    if (useTimestamps) this.#findInterference();
    this.#dropArrowsBetweenComponents();
    if (this.#arrows.count === 0) return;
    const isWw = (kind: number): boolean => kind === WW;
    const isWwOrWr = (kind: number): boolean => kind === WW || kind === WR;
    const searches = [
      () => this.#findWithoutRw('G0', isWw, isWw, false),
      () => this.#findWithoutRw('G1c', (kind) => !isAntiDependency(kind), isWwOrWr, true),
      () => this.#findRwApart(),
      () => this.#findRwInARow('G2-item', (kind) => kind !== RW_PREDICATE, false),
      () => this.#findRwInARow('G2', () => true, true),
    ];
    for (const search of searches) {
      this.#ground.placesWalked = 0;
      search();
    }
  }

  /** What leaves its component is on no circle of any kind: mostly, that is everything. */
  #dropArrowsBetweenComponents(): void {
    const all = this.#arrows;
    const { of } = stronglyConnectedComponents(successorsOf(this.#nodeCount, all, () => true));
    this.#arrows = new Dependencies();
    for (let edge = 0; edge < all.count; edge++) {
      const [from, to] = [all.from(edge), all.to(edge)];
      if (of[from] === of[to]) this.#arrows.add(from, to, all.kind(edge), edge);
    }
  }

  /** G-SIa: by the timestamps alone, arrow by arrow. */
  #findInterference(): void {
    const { dependencies } = this.#ground;
    const { transactions } = this.#versions;
    for (let edge = 0; edge < dependencies.count; edge++) {
      if (isAntiDependency(dependencies.kind(edge))) continue;
      const { commit } = transactions[dependencies.from(edge)]!;
      const { snapshot } = transactions[dependencies.to(edge)]!;
      if (commit === undefined || snapshot === undefined || commit <= snapshot) continue;
      this.#findings.add('G-SIa', 2, () => explainInterference(this.#versions, dependencies.at(edge)));
    }
  }

  /** Circles of the kinds that are allowed, through an arrow of a kind that is wanted. */
  #findWithoutRw(
    name: 'G0' | 'G1c',
    isAllowed: (kind: number) => boolean,
    isFirst: (kind: number) => boolean,
    start: boolean,
  ): void {
    for (const component of this.#components(isAllowed)) {
      const rules = { ...component, rows: start ? component.rows : [], isAllowed, rwApart: false };
      const firsts = this.#arrowsWithin(component.members, isFirst);
      // A wr makes it G1c; two ww and the start order do only where there is none.
      firsts.sort((a, b) => b.kind - a.kind);
      this.#smallestCircle(firsts, rules, (circle) => {
        const isG0 = circle.every(({ kind }) => kind === WW);
        if (isG0 === (name === 'G0')) this.#add(name, circle);
        return isG0 === (name === 'G0');
      });
    }
  }

  /** What has rw, but no two in a row. */
  #findRwApart(): void {
    const isAllowed = (kind: number): boolean => !isAntiDependency(kind);
    for (const component of this.#componentsRwApart()) {
      const firsts = this.#arrowsWithin(component.members, isAntiDependency);
      const rules = { ...component, isAllowed, rwApart: false };
      const found = this.#smallestCircle(firsts, rules, (circle) => {
        this.#add(this.#nameWithOneRw(circle), circle);
        return true;
      });
      if (found) continue;
      const apart = { ...component, isAllowed: () => true, rwApart: true };
      this.#smallestCircle(firsts, apart, (circle) => {
        const rws = circle.filter(({ kind }) => isAntiDependency(kind)).length;
        if (rws > 1) this.#add('G-nonadjacent', circle);
        return rws > 1;
      });
    }
  }

  /** The most telling name of a circle whose first arrow is its only rw. */
  #nameWithOneRw(circle: readonly Dependency[]): CircleName {
    const rw = circle[0]!;
    const back = circle.at(-1)!;
    if (circle.some(({ kind }) => isStartOrder(kind))) return 'G-SIb';
    const isSameKey = this.#versions.keyOf(rw.version) === this.#versions.keyOf(back.version);
    if (circle.length === 2 && back.kind === WW && isSameKey) return 'P4';
    if (rw.kind === RW_PREDICATE && back.kind === WR) return 'PMP';
    return back.kind === WR && back.operation < rw.operation ? 'OTV' : 'G-single';
  }

  /** Circles through a transaction that a rw leads to and another leaves: the pivot of every dangerous structure. */
  #findRwInARow(name: 'G2-item' | 'G2', isAllowed: (kind: number) => boolean, needsPredicate: boolean): void {
    for (const component of this.#components(isAllowed)) {
      const rules = { ...component, isAllowed, rwApart: false };
      const pivots = this.#pivots(component.members, isAllowed, needsPredicate);
      for (const arrowsMax of [0, ...ARROWS_MAX]) {
        if (pivots.some((pivot) => this.#circleThroughPivot(name, pivot, { ...rules, arrowsMax }))) break;
      }
    }
  }

  #circleThroughPivot(name: 'G2-item' | 'G2', { ins, outs, pivot }: Pivot, rules: WalkRules): boolean {
    const inBy = new Map(ins.map((arrow) => [arrow.from, arrow]));
    const outBy = new Map(outs.map((arrow) => [arrow.to, arrow]));
    if (inBy.size === 0 || outBy.size === 0 || this.#isEnough()) return false;
    const isMember = (one: number): boolean => one !== pivot && rules.isMember(one);
    const way = shortestWay(this.#ground, [...outBy.keys()], (one) => inBy.has(one), { ...rules, isMember });
    if (way === undefined) return false;
    const last = way.arrows.at(-1)?.to ?? way.first;
    this.#add(name, [outBy.get(way.first)!, ...way.arrows, inBy.get(last)!]);
    return true;
  }

  #pivots(members: readonly number[], isAllowed: (kind: number) => boolean, needsPredicate: boolean): Pivot[] {
    const within = this.#arrowsWithin(members, (kind) => isAntiDependency(kind) && isAllowed(kind));
    const found = new Map<number, { ins: Dependency[]; outs: Dependency[] }>();
    const at = (one: number): { ins: Dependency[]; outs: Dependency[] } => {
      let pivot = found.get(one);
      if (pivot === undefined) found.set(one, (pivot = { ins: [], outs: [] }));
      return pivot;
    };
    for (const arrow of within) {
      at(arrow.from).outs.push(arrow);
      at(arrow.to).ins.push(arrow);
    }
    const isPredicate = ({ kind }: Dependency): boolean => kind === RW_PREDICATE;
    return [...found].flatMap(([pivot, { ins, outs }]) => {
      if (!needsPredicate) return [{ pivot, ins, outs }];
      return [
        { pivot, ins: ins.filter(isPredicate), outs },
        { pivot, ins, outs: outs.filter(isPredicate) },
      ];
    });
  }

  /**
   * Completes arrows to circles, the shortest way first, until some length gave one that was taken.
   * @returns whether any was.
   */
  #smallestCircle(
    firsts: readonly Dependency[],
    rules: Omit<WalkRules, 'arrowsMax'>,
    take: (circle: readonly Dependency[]) => boolean,
  ): boolean {
    for (const arrowsMax of ARROWS_MAX) {
      let found = false;
      for (const first of firsts) {
        if (this.#isEnough()) return found;
        for (const circle of this.#circlesFrom(first, { ...rules, arrowsMax })) if (take(circle)) found = true;
      }
      if (found) return true;
    }
    return false;
  }

  /** Of two arrows, every one, since the kind of the second names the circle; of more, one that is shortest. */
  *#circlesFrom(first: Dependency, rules: WalkRules): Generator<readonly Dependency[]> {
    const { dependencies, start, successors } = this.#ground;
    if (rules.arrowsMax === 1 && !rules.rwApart) {
      for (let at = successors.offsets[first.to]!; at < successors.offsets[first.to + 1]!; at++) {
        if (successors.targets[at] !== first.from) continue;
        const back = dependencies.at(successors.edges[at]!);
        if (rules.isAllowed(back.kind)) yield [first, back];
      }
      const kind = rules.rows.length > 0 ? start.between(first.to, first.from) : -1;
      if (kind !== -1) yield [first, startArrow(first.to, first.from, kind)];
      return;
    }
    const way = shortestWay(this.#ground, [first.to], (one) => one === first.from, rules);
    if (way !== undefined) yield [first, ...way.arrows];
  }

  #arrowsWithin(members: readonly number[], isWanted: (kind: number) => boolean): Dependency[] {
    const { dependencies, successors } = this.#ground;
    const inside = new Set(members);
    const found: Dependency[] = [];
    for (const one of members) {
      for (let at = successors.offsets[one]!; at < successors.offsets[one + 1]!; at++) {
        const edge = successors.edges[at]!;
        if (isWanted(dependencies.kind(edge)) && inside.has(successors.targets[at]!)) found.push(dependencies.at(edge));
      }
    }
    return found;
  }

  /**
   * C1: there is a component, so there is a witness, and any circle breaks the serializable level. Those that break snapshot
   * isolation are looked for first.
   */
  #isEnough(): boolean {
    return this.#ground.placesWalked > PLACES_MAX && this.#findings.breaks('serializable');
  }

  #add(name: CircleName, circle: readonly Dependency[]): void {
    if (circle.length < this.#findings.sizeOf(name))
      this.#findings.add(name, circle.length, () => explainCircle(this.#versions, name, circle));
  }

  /** Components of two transactions or more; helpers of the start order connect, and are left out. */
  *#components(isAllowed: (kind: number) => boolean): Generator<Component> {
    const graph = successorsOf(this.#nodeCount, this.#arrows, (edge) => isAllowed(this.#arrows.kind(edge)));
    const { cyclic } = stronglyConnectedComponents(graph);
    for (const nodes of cyclic) yield* this.#component(nodes.filter((node) => node < this.#transactionCount));
  }

  /** C2. */
  *#componentsRwApart(): Generator<Component> {
    const arrows = this.#arrows;
    const storeys = new Dependencies();
    for (let edge = 0; edge < arrows.count; edge++) {
      const [from, to, kind] = [arrows.from(edge), arrows.to(edge), arrows.kind(edge)];
      if (isAntiDependency(kind)) storeys.add(from, this.#nodeCount + to, kind, -1);
      else {
        storeys.add(from, to, kind, -1);
        if (from < this.#transactionCount) storeys.add(this.#nodeCount + from, to, kind, -1);
      }
    }
    const graph = successorsOf(this.#nodeCount + this.#transactionCount, storeys, () => true);
    for (const nodes of stronglyConnectedComponents(graph).cyclic) {
      const places = nodes.map((node) => (node < this.#nodeCount ? node : node - this.#nodeCount));
      yield* this.#component([...new Set(places)].filter((node) => node < this.#transactionCount));
    }
  }

  *#component(members: number[]): Generator<Component> {
    if (members.length < 2) return;
    members.sort((a, b) => a - b);
    const inside = new Set(members);
    yield { members, isMember: (one) => inside.has(one), rows: this.#ground.start.rowsOf(members) };
  }
}

interface Component extends Pick<WalkRules, 'isMember' | 'rows'> {
  readonly members: readonly number[];
}

interface Pivot {
  readonly pivot: number;
  readonly ins: readonly Dependency[];
  readonly outs: readonly Dependency[];
}
