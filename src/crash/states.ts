/**
 * The disk states that a crash point may leave under a profile.
 *
 * A process crash leaves everything issued, and any number of bytes of the write under way: one state a byte. A power
 * cut decides about each pending item by itself. While the kinds of fates (`alternatives.ts`) multiply to no more than
 * `statesMax`, every combination is a state. Above that a structured cover is taken, whose members are where stores
 * have been found to break (Pillai et al. 2014, "All File Systems Are Not Created Equal", section 3; Mohan et al. 2018,
 * "Finding Crash-Consistency Bugs with Bounded Black-Box Crash Testing", section 5), and then seeded random ones:
 *
 *     none · all · every prefix of the calls · every single item missing · every single item present
 *     every tear of every write: its first or last sectors only, each of its sectors torn at many bytes, each older
 *     version · all pairs (one missing, one torn) · random
 *
 *   X1  The same point, profile, number and seed give the same states in the same order.
 *   X2  Every state is one the profile allows (`whyImpossible`); a state may come twice, by two names for the same bytes.
 */
import { SeededRandom } from '../base/runtime';
import { SECTOR_BYTES } from '../storage/file';
import { fromBoardOrder, inBoardOrder } from '../storage/simulated/board_order';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll, randomChoice, type Fate, type PowerCutChoice } from '../storage/simulated/fates';
import type { PendingItem } from '../storage/simulated/pending';
import type { PersistenceProfile } from '../storage/simulated/profiles';
import type { Flip } from './actions';
import { alternativesOf, countChoices, type Alternatives, type Count } from './alternatives';
import type { CrashPoint } from './run';
import type { Ending } from './state_id';

export interface SpaceOptions {
  readonly profile: PersistenceProfile;
  readonly statesMax: number;
  readonly seed: number;
}

/** Of the states above the limit so large a part may be the cover; the rest is random. */
const COVER_SHARE = 3 / 4;

export class StateSpace {
  readonly point: CrashPoint;
  /** How many are legal. */
  readonly count: Count;
  /** Whether every combination of kinds is a state. */
  readonly isExhaustive: boolean;
  /** How many combinations there are of kinds, or of bytes landed. */
  readonly combinations: number;
  readonly #options: SpaceOptions;
  readonly #items: readonly PendingItem[];
  readonly #alternatives: readonly Alternatives[];

  constructor(point: CrashPoint, options: SpaceOptions) {
    const { profile, statesMax } = options;
    this.point = point;
    this.#options = options;
    this.#items = point.disk.pending();
    if (profile.losesUnflushed) {
      this.count = countChoices(this.#items, profile);
      this.#alternatives = alternativesOf(this.#items, point.disk.durableImages(), profile);
      this.combinations = productOf(this.#alternatives, profile);
    } else {
      this.count = { states: 1 + this.#writtenBytes, isExact: true };
      this.#alternatives = [];
      this.combinations = this.count.states;
    }
    this.isExhaustive = this.combinations <= statesMax;
  }

  /** Every state, as the way the run ends. */
  *endings(): Generator<Ending, void> {
    if (!this.#options.profile.losesUnflushed) {
      for (const landedBytes of this.#landings()) yield { how: 'crash', landedBytes };
      return;
    }
    const numbers = inBoardOrder(this.#items);
    const places = new Map(this.#items.map((item, i) => [item, i]));
    const board = numbers.map((item) => places.get(item)!);
    for (const fates of this.#choices()) yield { how: 'cut', fates: board.map((place) => fates[place]!) };
  }

  get #writtenBytes(): number {
    const { call } = this.point;
    return call?.kind === 'write' ? call.bytes.length : 0;
  }

  /** Every byte; where that is too much, what lies at the edges of sectors, and the rest in equal steps. */
  *#landings(): Generator<number, void> {
    const length = this.#writtenBytes;
    const { statesMax } = this.#options;
    const stride = this.isExhaustive ? 1 : Math.ceil(length / (statesMax / 2));
    const isEdge = (bytes: number): boolean =>
      (bytes + 1) % SECTOR_BYTES <= 2 || (bytes < SECTOR_BYTES && length <= statesMax * 4);
    for (let bytes = 0; bytes <= length; bytes++) {
      if (bytes % stride === 0 || bytes === length || isEdge(bytes)) yield bytes;
    }
  }

  #choices(): Generator<PowerCutChoice, void> {
    return this.isExhaustive ? this.#product() : this.#sample();
  }

  /** Counts through all combinations; lengths that arrive in order are one digit. */
  *#product(): Generator<PowerCutChoice, void> {
    const { profile } = this.#options;
    const alternatives = this.#alternatives;
    const lengths = profile.lengthsInOrder ? indicesOfLengths(this.#items) : [];
    const digits = alternatives.map(() => 0);
    for (let kept = 0; kept <= lengths.length; kept++) {
      const fates = alternatives.map(({ kinds }) => kinds[0]!);
      lengths.forEach((place, i) => (fates[place] = i < kept ? { fate: 'kept' } : { fate: 'lost' }));
      digits.fill(0);
      for (let place = 0; place < digits.length;) {
        yield [...fates];
        for (place = 0; place < digits.length; place++) {
          const { kinds } = alternatives[place]!;
          const isFixed = kinds.length === 1 || (lengths.length > 0 && this.#items[place]!.kind === 'length');
          if (isFixed) continue;
          digits[place] = (digits[place]! + 1) % kinds.length;
          fates[place] = kinds[digits[place]!]!;
          if (digits[place] !== 0) break;
        }
      }
      if (digits.length === 0) yield [];
    }
  }

  *#sample(): Generator<PowerCutChoice, void> {
    const { profile, seed, statesMax } = this.#options;
    const random = new SeededRandom(seed * 7919 + this.point.io);
    const coverMax = Math.floor(statesMax * COVER_SHARE);
    let made = 0;
    for (const choice of cover(this.#alternatives, random)) {
      if (made >= coverMax) break;
      made++;
      yield legal(this.#items, choice, profile);
    }
    for (; made < statesMax; made++) yield randomChoice(this.#items, profile, random);
  }

  /** How many states `endings` gives. */
  get judged(): number {
    const { profile, statesMax } = this.#options;
    if (!profile.losesUnflushed) {
      let landings = 0;
      for (const _ of this.#landings()) landings++;
      return landings;
    }
    return this.isExhaustive ? this.combinations : statesMax;
  }
}

/** The disk as a state leaves it: a fresh one, nothing open on it. */
export function mount(point: CrashPoint, ending: Ending, flips: readonly Flip[] = []): SimulatedDisk {
  const disk = ending.how === 'crash' ? crashed(point, ending.landedBytes) : cut(point, ending.fates);
  return flips.length === 0 ? disk : rotten(disk, flips);
}

function crashed({ call, disk }: CrashPoint, landedBytes: number): SimulatedDisk {
  const left = disk.fork();
  if (landedBytes === 0 || call?.kind !== 'write') return left;
  const files = left.openNow({ create: true });
  files[call.file].write(call.at, call.bytes.subarray(0, landedBytes));
  return left.crash();
}

function cut({ disk }: CrashPoint, fates: readonly Fate[]): SimulatedDisk {
  return disk.powerCut(fromBoardOrder(disk.pending(), fates));
}

/** Damage at rest: the bits are flipped in what the disk shows, all of it durable from then on. */
function rotten(disk: SimulatedDisk, flips: readonly Flip[]): SimulatedDisk {
  const images = disk.images();
  for (const { bit, file, offset } of flips) {
    if (offset < images[file].length) images[file][offset]! ^= 1 << bit;
  }
  return new SimulatedDisk(images, disk.profile);
}

function productOf(alternatives: readonly Alternatives[], { lengthsInOrder }: PersistenceProfile): number {
  let product = 1;
  let lengths = 0;
  for (const { item, kinds } of alternatives) {
    if (item.kind === 'length' && lengthsInOrder) lengths++;
    else product *= kinds.length;
  }
  return product * (lengths + 1);
}

const indicesOfLengths = (items: readonly PendingItem[]): number[] =>
  items.flatMap(({ kind }, i) => (kind === 'length' ? [i] : []));

/** Where lengths reach the disk in order, one that is lost takes the later ones with it. */
function legal(items: readonly PendingItem[], choice: PowerCutChoice, profile: PersistenceProfile): PowerCutChoice {
  if (!profile.lengthsInOrder) return choice;
  let isLost = false;
  return choice.map((fate, i) => {
    if (items[i]!.kind !== 'length') return fate;
    isLost ||= fate.fate === 'lost';
    return isLost ? { fate: 'lost' } : fate;
  });
}

/** The structured cover, the most telling first. */
function* cover(alternatives: readonly Alternatives[], random: SeededRandom): Generator<PowerCutChoice, void> {
  const items = alternatives.map(({ item }) => item);
  const none = loseAll(items);
  const all = keepAll(items);
  yield none;
  yield all;
  for (let kept = 1; kept < items.length; kept++) yield [...all.slice(0, kept), ...none.slice(kept)];
  for (let i = 0; i < items.length; i++) yield all.with(i, { fate: 'lost' });
  for (let i = 0; i < items.length; i++) yield none.with(i, { fate: 'kept' });
  yield* tornWrites(items, all, none);
  yield* tornSectors(alternatives, all, none);
  yield* pairs(alternatives, all, random);
}

/** Of each write its first, or its last, sectors only: what came before is kept, what came after is lost. */
function* tornWrites(
  items: readonly PendingItem[],
  all: PowerCutChoice,
  none: PowerCutChoice,
): Generator<PowerCutChoice, void> {
  const writes = new Map<number, number[]>();
  items.forEach((item, i) => {
    if (item.kind === 'sector') writes.set(item.call, [...(writes.get(item.call) ?? []), i]);
  });
  for (const [call, places] of writes) {
    const until = items.map((item, i) => (item.call < call || item.kind === 'length' ? all[i]! : none[i]!));
    for (let kept = 1; kept < places.length; kept++) {
      yield until.map((fate, i) => (places.indexOf(i) >= 0 && places.indexOf(i) < kept ? all[i]! : fate));
      yield until.map((fate, i) => (places.indexOf(i) >= kept ? all[i]! : fate));
    }
  }
}

/** Each sector by itself in each other form: older versions, noise, torn at many bytes; the others kept, or lost. */
function* tornSectors(
  alternatives: readonly Alternatives[],
  all: PowerCutChoice,
  none: PowerCutChoice,
): Generator<PowerCutChoice, void> {
  for (const [i, { changed, item, kinds }] of alternatives.entries()) {
    const tears = kinds.some(({ fate }) => fate === 'torn') ? tearBytes(changed) : [];
    const torn = tears.flatMap((atByte): Fate[] => [
      { fate: 'torn', atByte, part: 'head' },
      { fate: 'torn', atByte, part: 'tail' },
    ]);
    for (const fate of [...kinds.slice(2), ...torn]) {
      yield all.with(i, fate);
      yield none.with(i, fate);
      yield all.map((kept, j) =>
        j === i
          ? fate
          : alternatives[j]!.item.call <= item.call || alternatives[j]!.item.kind === 'length'
            ? kept
            : none[j]!,
      );
    }
  }
}

/** Where formats have their edges: every eighth byte of the first hundred that changed, then every 64th, and the ends. */
function tearBytes([from, to]: readonly [number, number]): number[] {
  const bytes = new Set<number>([from + 1, to - 1]);
  for (let at = from + 4; at < Math.min(to, from + 100); at += 8) bytes.add(at);
  for (let at = from + 100; at < to; at += 64) bytes.add(at);
  return [...bytes].filter((at) => at > from && at < to);
}

/** One item missing and another in a form of its own, the rest kept; in an order drawn from the seed. */
function* pairs(
  alternatives: readonly Alternatives[],
  all: PowerCutChoice,
  random: SeededRandom,
): Generator<PowerCutChoice, void> {
  const forms = alternatives.flatMap(({ kinds }, i) =>
    (kinds.length > 2 ? kinds.slice(2) : kinds.slice(0, 1)).map((fate) => ({ i, fate })),
  );
  const count = forms.length * alternatives.length;
  const start = random.below(Math.max(1, count));
  // A step that shares no factor with the count goes through all of them once.
  const step = coprimeTo(count, 1 + random.below(Math.max(1, count)));
  for (let n = 0, at = start; n < count; n++, at = (at + step) % count) {
    const { fate, i } = forms[Math.floor(at / alternatives.length)]!;
    const missing = at % alternatives.length;
    if (missing !== i) yield all.with(missing, { fate: 'lost' }).with(i, fate);
  }
}

function coprimeTo(count: number, wanted: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, wanted);
  while (divisor(count, step) > 1) step++;
  return step;
}
