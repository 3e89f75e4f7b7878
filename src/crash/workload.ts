/**
 * What the suite runs: every short sequence of operations, and a few long runs with a purpose.
 *
 * Short ones first: of the crash-consistency bugs found in file systems, most needed three operations or fewer on a
 * fresh system (Mohan et al. 2018, section 3). So all sequences of up to three operations over three keys are run,
 * commits of both modes, batches, deletes, flushes, checkpoints, reopenings and crashes among them; each is crashed
 * only at the I/Os of its last operation, since the others are those of a shorter sequence.
 *
 * What three operations cannot reach, a log that wraps, a checkpoint in slices, a second crash on the leavings of a
 * first, has a named run each. Values begin with the number of their commit: no two are equal, so a state can be told
 * from every other, and a value that nobody wrote from every value that somebody did.
 */
import { numberedFiller } from '../base/filler';
import { encodeText } from '../base/bytes';
import type { Operation } from '../base/ordered_index';
import { SeededRandom } from '../base/runtime';
import type { DurabilityMode } from '../kv_store';
import type { Fault } from '../storage/fault_script';
import type { Action } from './actions';

export interface Workload {
  readonly name: string;
  readonly actions: readonly Action[];
  /** Only crashes at the I/Os of the last action are new. */
  readonly isLastOnly: boolean;
}

/** Two of these do not fit into a sector, and one takes two. */
const LONG_BYTES = 600;

/** Makes the actions of one run: numbers its values. */
export class Script {
  readonly actions: Action[] = [];
  #stamp = 0;

  put(key: string, bytes = 0): Operation {
    return { kind: 'put', key: encodeText(key), value: numberedFiller(bytes, ++this.#stamp) };
  }

  commit(operations: readonly Operation[], mode: DurabilityMode = 'strict'): this {
    return this.do({ do: 'commit', operations, mode });
  }

  do(...actions: readonly Action[]): this {
    this.actions.push(...actions);
    return this;
  }
}

export const TURN = { do: 'turn' } as const;
export const remove = (key: string): Operation => ({ kind: 'delete', key: encodeText(key) });

/** One symbol of a short sequence. */
type Step = (script: Script) => void;

export const STEPS: Readonly<Record<string, Step>> = {
  put: (s) => s.commit([s.put('a')]).do(TURN),
  'put waiting': (s) => s.commit([s.put('b')]),
  'put relaxed': (s) => s.commit([s.put('a')], 'relaxed').do(TURN),
  'put long': (s) => s.commit([s.put('b', LONG_BYTES)]).do(TURN),
  delete: (s) => s.commit([remove('a')]).do(TURN),
  batch: (s) => s.commit([s.put('a', 90), remove('b'), s.put('c')]).do(TURN),
  flush: (s) => s.do({ do: 'flush' }),
  checkpoint: (s) => s.do({ do: 'checkpoint' }),
  'checkpoint slice': (s) => s.do({ do: 'step', budgetBytes: 1 }),
  reopen: (s) => s.do({ do: 'reopen' }),
  crash: (s) => s.do({ do: 'crash' }),
};

/** All sequences of up to `length` steps, the empty one first. */
export function* shortWorkloads(length: number): Generator<Workload, void> {
  const names = Object.keys(STEPS);
  let sequences: (readonly string[])[] = [[]];
  for (let n = 0; n <= length; n++) {
    for (const sequence of sequences) yield shortWorkload(sequence);
    sequences = sequences.flatMap((sequence) => names.map((name) => [...sequence, name]));
  }
}

export function shortWorkload(names: readonly string[]): Workload {
  const script = new Script();
  for (const name of names) STEPS[name]!(script);
  return { name: names.length === 0 ? 'nothing' : names.join(', '), actions: script.actions, isLastOnly: true };
}

/** Seven keys, so that they meet again. */
const keyOf = (n: number): string => `k${n % 7}`;

/** The long runs, of every engine; one with a structure of its own has others besides (`CrashSubject.workloads`). */
export const NAMED_WORKLOADS: Readonly<Record<string, Workload>> = namedWorkloads({
  'strict commits': (s) => {
    for (let n = 0; n < 4; n++) s.commit([s.put(keyOf(n), 40)]).do(TURN);
  },
  'long commits': (s) => {
    for (let n = 0; n < 3; n++) s.commit([s.put(keyOf(n), LONG_BYTES + 200 * n)]).do(TURN);
  },
  'relaxed commits': (s) => {
    for (let n = 0; n < 5; n++) s.commit([s.put(keyOf(n), 300)], n === 3 ? 'strict' : 'relaxed').do(TURN);
  },
  groups: (s) => {
    for (let n = 0; n < 9; n++) {
      s.commit([s.put(keyOf(n), 30 * n), remove(keyOf(n + 2))], n % 4 === 1 ? 'relaxed' : 'strict');
      if (n % 3 === 2) s.do(TURN);
    }
  },
  'log wraps': (s) => {
    for (let n = 0; n < 26; n++)
      s.commit([s.put(keyOf(n), 380 + 17 * (n % 7))], n % 5 === 3 ? 'relaxed' : 'strict').do(TURN);
  },
  'big commits': (s) => {
    for (let n = 0; n < 12; n++) s.commit([s.put(keyOf(n % 3), 1500 + 31 * (n % 9))]).do(TURN);
  },
  'log reused at once': (s) => {
    // Groups of 3.5 and 4 KiB: the first checkpoint ends where the next group runs over what the old one still needs.
    for (const bytes of [1650, 1800, 1800, 1800])
      s.commit([s.put('a', bytes)])
        .commit([s.put('b', bytes)])
        .do(TURN);
  },
  'checkpoint in slices': (s) => {
    for (let n = 0; n < 14; n++) {
      s.commit([s.put(keyOf(n), 200 + 40 * (n % 4))]).do(TURN);
      if (n % 3 === 2) s.do({ do: 'step', budgetBytes: 1 }, { do: 'step', budgetBytes: 1 });
    }
    s.do({ do: 'checkpoint' });
  },
  'checkpoints and deletes': (s) => {
    for (let n = 0; n < 6; n++) s.commit([s.put(keyOf(n), 350)]).do(TURN);
    s.do({ do: 'checkpoint' });
    for (let n = 0; n < 6; n += 2) s.commit([remove(keyOf(n)), s.put('z')]).do(TURN);
    s.do({ do: 'checkpoint' }, { do: 'reopen' })
      .commit([s.put('a', 100)])
      .do(TURN, { do: 'checkpoint' });
  },
  lives: (s) => {
    for (let n = 0; n < 6; n++) {
      s.commit([s.put(keyOf(n), 60)], n % 2 === 0 ? 'strict' : 'relaxed').do(TURN);
      s.do(n % 3 === 2 ? { do: 'reopen' } : { do: 'crash' });
    }
  },
  'deaths in the middle': (s) => {
    for (const [ios, landedBytes, action] of [
      [1, 60, 'turn'],
      [2, 0, 'turn'],
      [1, 512, 'checkpoint'],
      [3, 40, 'checkpoint'],
      [5, 300, 'checkpoint'],
    ] as const)
      s.commit([s.put('a', 500)])
        .do(TURN)
        .commit([s.put('b', 90)])
        .do({ do: 'crash', during: { action: { do: action }, ios, landedBytes } });
    s.commit([s.put('c')]).do(TURN);
  },
  'a hole in what was lost': (s) => {
    // Two relaxed groups; the cut keeps the second. What the next life writes lies before it, as long as the first.
    s.commit([s.put('a')]).do(TURN);
    s.commit([s.put('b')], 'relaxed')
      .do(TURN)
      .commit([s.put('c')], 'relaxed')
      .do(TURN);
    s.do({ do: 'cut', choice: { others: 'lost', items: [{ item: 2, fate: { fate: 'kept' } }] } });
    s.commit([s.put('d')]).do(TURN);
  },
  'a flush fails once': (s) => {
    s.commit([s.put('a')]).do(TURN);
    s.do({ do: 'fail', fault: { call: 'flush', file: 'log', nth: 1, effect: { kind: 'fail_and_drop' } } });
    s.commit([s.put('b', 300)])
      .do(TURN)
      .commit([s.put('c')])
      .do(TURN);
    s.do({ do: 'crash' })
      .commit([s.put('d')])
      .do(TURN);
  },
  'a death before the note': (s) => {
    // The known limit (`known_limit.ts`): the third I/O of the turn would flush the superblock for the note.
    s.commit([s.put('a')]).do(TURN);
    s.do({ do: 'fail', fault: { call: 'flush', file: 'log', nth: 1, effect: { kind: 'fail_and_drop' } } });
    s.commit([s.put('b')]).do({ do: 'crash', during: { action: TURN, ios: 3, landedBytes: 0 } });
    s.commit([s.put('c')]).do(TURN);
  },
  'a write falls short': (s) => {
    s.commit([s.put('a')]).do(TURN);
    s.do({ do: 'fail', fault: { call: 'write', file: 'log', nth: 1, effect: { kind: 'short', count: 60 } } });
    s.commit([s.put('b', 300)])
      .do(TURN)
      .commit([s.put('c')])
      .do(TURN);
    s.do({ do: 'crash' })
      .commit([s.put('d')])
      .do(TURN);
  },
});

export function namedWorkloads(scripts: Readonly<Record<string, Step>>): Record<string, Workload> {
  return Object.fromEntries(
    Object.entries(scripts).map(([name, write]) => {
      const script = new Script();
      write(script);
      return [name, { name, actions: script.actions, isLastOnly: false }];
    }),
  );
}

/** A run drawn from a seed: what is left when the planned ones have been done. */
export function randomWorkload(seed: number): Workload {
  const random = new SeededRandom(seed);
  const script = new Script();
  const length = 6 + random.below(30);
  const names = Object.keys(STEPS);
  for (let n = 0; n < length; n++) {
    if (random.below(9) === 0) randomMishap(script, random);
    else if (random.below(3) === 0) STEPS[names[random.below(names.length)]!]!(script);
    else randomCommit(script, random);
  }
  return { name: `random ${seed}`, actions: script.actions, isLastOnly: false };
}

/** A death in the middle of an action, a cut of the power, or a call that goes wrong. */
function randomMishap(script: Script, random: SeededRandom): void {
  const during = (['turn', 'flush', 'checkpoint'] as const)[random.below(3)]!;
  switch (random.below(5)) {
    case 0:
      script.do({ do: 'cut', choice: { others: random.below(2) === 0 ? 'lost' : 'kept', items: randomFates(random) } });
      break;
    case 1: {
      const nth = 1 + random.below(3);
      const fault: Fault =
        random.below(2) === 0
          ? { call: 'flush', nth, effect: { kind: 'fail_and_drop' } }
          : { call: 'write', nth, effect: { kind: 'short', count: random.below(500) } };
      script.do({ do: 'fail', fault });
      break;
    }
    default:
      script.commit([script.put(keyOf(random.below(7)), random.below(700))]);
      script.do({
        do: 'crash',
        during: { action: { do: during }, ios: 1 + random.below(4), landedBytes: random.below(3) * 200 },
      });
  }
}

/** The first items of the board, the log's, each kept or lost by the throw of a coin. */
const randomFates = (random: SeededRandom) =>
  Array.from({ length: 4 }, (_, i) => ({
    item: i + 1,
    fate: { fate: random.below(2) === 0 ? ('kept' as const) : ('lost' as const) },
  }));

function randomCommit(script: Script, random: SeededRandom): void {
  const operations = Array.from({ length: 1 + random.below(3) }, () => {
    const key = keyOf(random.below(7));
    return random.below(5) === 0
      ? remove(key)
      : script.put(key, random.below(4) === 0 ? random.below(500) : random.below(60));
  });
  script.commit(operations, random.below(3) === 0 ? 'relaxed' : 'strict');
  if (random.below(4) > 0) script.do(TURN);
}
