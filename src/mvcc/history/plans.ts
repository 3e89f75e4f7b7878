/**
 * What a client's transaction is going to do, drawn before it begins: a retry does the same again.
 *
 * Lists are used in a window that moves on: a key takes so many appends and is then left alone, or reads of ever longer
 * lists would be all that is measured. Registers stay few, so that overwrites, deletes and gaps in a range are common.
 */
import type { Random } from '../../base/runtime';
import { listName, registerName } from './values';

export type Intent =
  | { readonly kind: 'read'; readonly key: string }
  /** Reads the list, and puts it back with one element more. */
  | { readonly kind: 'append'; readonly key: string }
  /** Puts the register without a look at it. */
  | { readonly kind: 'write'; readonly key: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'scan'; readonly from: string; readonly to: string; readonly reverse: boolean };

export interface Plan {
  readonly intents: readonly Intent[];
  readonly readOnly: boolean;
  /** It gives up instead of committing. */
  readonly aborts: boolean;
  /** It asks for a snapshot older than the newest. */
  readonly isHistorical: boolean;
}

export interface PlanOptions {
  /** Lists in use at a time, and registers. */
  readonly keys: number;
  readonly appendsPerList: number;
  readonly intentsMax: number;
  /** Snapshots of an older time are asked for. */
  readonly historical: boolean;
}

export class Plans {
  readonly #options: PlanOptions;
  readonly #random: Random;
  /** The window of lists: the number of the list in each place, and how many appends it still takes. */
  readonly #lists: { number: number; left: number }[];
  #listsMade = 0;

  constructor(options: PlanOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#lists = Array.from({ length: options.keys }, () => this.#newList());
  }

  /** Lists are numbered from 0; so many were made. */
  get listCount(): number {
    return this.#listsMade;
  }

  draw(): Plan {
    const readOnly = this.#chance(20);
    const isHistorical = readOnly && this.#options.historical && this.#chance(25);
    const count = 1 + this.#below(this.#options.intentsMax);
    const intents: Intent[] = [];
    while (intents.length < count) intents.push(...(readOnly ? [this.#look()] : this.#intents()));
    return { intents, readOnly, isHistorical, aborts: !readOnly && this.#chance(5) };
  }

  #look(): Intent {
    if (this.#chance(25)) return this.#scan();
    return { kind: 'read', key: this.#chance(60) ? this.#list() : this.#register() };
  }

  /** One or two: what is read and what is written next make the skews. */
  #intents(): Intent[] {
    const dice = this.#below(100);
    if (dice < 25) return [this.#look()];
    if (dice < 55) return [this.#append()];
    if (dice < 70) return [{ kind: 'write', key: this.#register() }];
    if (dice < 75) return [{ kind: 'delete', key: this.#register() }];
    if (dice < 85) {
      const key = this.#register();
      return [
        { kind: 'read', key },
        { kind: 'write', key },
      ];
    }
    if (dice < 95)
      return [
        { kind: 'read', key: this.#register() },
        { kind: 'write', key: this.#register() },
      ];
    return [this.#registerScan(), { kind: 'write', key: this.#register() }];
  }

  #append(): Intent {
    const place = this.#below(this.#lists.length);
    const list = this.#lists[place]!;
    if (--list.left === 0) this.#lists[place] = this.#newList();
    return { kind: 'append', key: listName(list.number) };
  }

  #newList(): { number: number; left: number } {
    return { number: this.#listsMade++, left: this.#options.appendsPerList };
  }

  #list(): string {
    return listName(this.#lists[this.#below(this.#lists.length)]!.number);
  }

  #register(): string {
    return registerName(this.#below(this.#options.keys));
  }

  #scan(): Intent {
    if (this.#chance(60)) return this.#registerScan();
    const from = this.#lists[this.#below(this.#lists.length)]!.number;
    return { kind: 'scan', from: listName(from), to: listName(from + 3), reverse: this.#chance(30) };
  }

  #registerScan(): Intent {
    const from = this.#below(this.#options.keys);
    const to = from + 1 + this.#below(5);
    return { kind: 'scan', from: registerName(from), to: registerName(to), reverse: this.#chance(30) };
  }

  #chance(percent: number): boolean {
    return this.#below(100) < percent;
  }
  #below(limit: number): number {
    return this.#random.next() % limit;
  }
}
