/**
 * What can be done next, by which session: every move that the store takes in this state, as a command of the language. A
 * commit may still be refused, because somebody else came first: to find that out is what the moves are for.
 */
import { encodeText } from '../base/bytes';
import type { BeginCommand, Command } from '../workload/command';
import { printCommand } from '../workload/printer';

/** As much as the moves hang on. */
export interface Standing {
  readonly isOpen: boolean;
  /** Nothing runs: a crash, or a store that was closed. */
  readonly isDown: boolean;
  /** Transactions under way. */
  readonly open: readonly { readonly name: string; readonly readOnly: boolean; readonly hasWrites: boolean }[];
  /** Names that were used before, the last one first. */
  readonly known: readonly string[];
  /** Snapshots with names. */
  readonly snapshots: readonly string[];
  /** Commits that have a number and are not published. */
  readonly onTheirWay: readonly number[];
  readonly hasVersions: boolean;
}

/** What the reader has put into the fields. */
export interface MoveFields {
  readonly key: string;
  readonly value: string;
}

export interface Move {
  readonly id: string;
  readonly text: string;
  readonly command: string;
  /** What it does, in a sentence. */
  readonly title: string;
}

export interface SessionMoves {
  readonly session: string;
  readonly isOpen: boolean;
  readonly moves: readonly Move[];
}

export interface Moves {
  readonly sessions: readonly SessionMoves[];
  readonly alone: readonly Move[];
  readonly store: readonly Move[];
}

const NAMES = ['t1', 't2', 't3'] as const;
const SESSIONS_SHOWN = 4;
const SNAPSHOT_NAMES = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'] as const;
const SLICE_BYTES = 64;

export function movesOf(standing: Standing, fields: MoveFields): Moves {
  if (!standing.isOpen || !standing.hasVersions) return { sessions: [], alone: [], store: reopening(standing) };
  const open = new Map(standing.open.map((one) => [one.name, one]));
  const others = [...standing.known, ...NAMES].filter((name) => !open.has(name));
  const names = [...new Set([...open.keys(), ...others])];
  // Those under way are all there, however many they are.
  const shown = names.slice(0, Math.max(SESSIONS_SHOWN - 1, open.size + 1)).sort();
  return {
    sessions: shown.map((session) => {
      const own = open.get(session);
      const moves = own ? movesWithin(session, own.readOnly, own.hasWrites, fields) : beginnings(session, standing);
      return { session, isOpen: own !== undefined, moves };
    }),
    alone: alone(fields),
    store: ofStore(standing),
  };
}

const move = (id: string, text: string, title: string, command: Command): Move => ({
  id,
  text,
  title,
  command: printCommand(command),
});

function beginnings(transaction: string, { snapshots }: Standing): readonly Move[] {
  const begin = (how: Partial<BeginCommand>): BeginCommand => ({
    kind: 'begin',
    transaction,
    readOnly: false,
    serializable: false,
    ...how,
  });
  return [
    move('begin', 'begin', 'It reads as of now, for as long as it lasts.', begin({})),
    move(
      'begin-serializable',
      'serializable',
      'Begin, and have what it reads remembered: it may be refused for that.',
      begin({ serializable: true }),
    ),
    move('begin-read-only', 'read-only', 'Begin, only to read.', begin({ readOnly: true })),
    ...snapshots.map((at) =>
      move(`begin-at-${at}`, `at ${at}`, `Begin, to read as of the snapshot ${at}.`, begin({ readOnly: true, at })),
    ),
  ];
}

function movesWithin(
  transaction: string,
  readOnly: boolean,
  hasWrites: boolean,
  { key, value }: MoveFields,
): readonly Move[] {
  const at = encodeText(key);
  const reads = [
    move('get', `get ${key}`, 'Read it as of the snapshot, or as this session wrote it itself.', {
      kind: 'get',
      key: at,
      transaction,
    }),
    move('scan', 'scan', 'Read all keys in order.', { kind: 'scan', reverse: false, transaction }),
  ];
  const writes = [
    move('put', `put ${key} = ${value}`, 'Write it into the memory of this session.', {
      kind: 'put',
      key: at,
      value: encodeText(value),
      transaction,
    }),
    move('delete', `delete ${key}`, 'Delete it, for this session only so far.', {
      kind: 'delete',
      key: at,
      transaction,
    }),
  ];
  const ends = [
    move(
      'commit',
      'commit',
      hasWrites ? 'Ask for all its writes to count. Refused if somebody came first.' : 'End it; it wrote nothing.',
      { kind: 'commit', transaction },
    ),
    move('abort', 'abort', 'Forget what it wrote.', { kind: 'abort', transaction }),
  ];
  return [...reads, ...(readOnly ? [] : writes), ...ends];
}

function alone({ key, value }: MoveFields): readonly Move[] {
  const at = encodeText(key);
  return [
    move('alone-put', `put ${key} = ${value}`, 'One commit, without a transaction.', {
      kind: 'put',
      key: at,
      value: encodeText(value),
    }),
    move('alone-delete', `delete ${key}`, 'One commit, without a transaction.', { kind: 'delete', key: at }),
    move('alone-get', `get ${key}`, 'Read what is published now.', { kind: 'get', key: at }),
    move('alone-scan', 'scan', 'Read all keys in order, as of now.', { kind: 'scan', reverse: false }),
  ];
}

function ofStore({ onTheirWay, snapshots }: Standing): readonly Move[] {
  const name = SNAPSHOT_NAMES.find((one) => !snapshots.includes(one));
  const waiting = onTheirWay.length > 0 ? ` (${onTheirWay.join(', ')})` : '';
  return [
    ...(onTheirWay.length > 0
      ? [
          move('flush', `flush${waiting}`, 'Make what is on its way durable, and publish it.', {
            kind: 'flush' as const,
          }),
        ]
      : []),
    move('vacuum', 'vacuum', 'Take all that nobody can read any more.', { kind: 'vacuum' }),
    move('vacuum-slice', 'vacuum, a slice', `Look at ${SLICE_BYTES} bytes of versions.`, {
      kind: 'vacuum',
      bytes: SLICE_BYTES,
    }),
    ...(name === undefined
      ? []
      : [
          move('snapshot', `keep as ${name}`, 'Keep what is published now, under a name.', {
            kind: 'snapshot' as const,
            snapshot: name,
          }),
        ]),
    ...snapshots.map((snapshot) =>
      move(`release-${snapshot}`, `release ${snapshot}`, 'Nobody needs it any more.', { kind: 'release', snapshot }),
    ),
    move('checkpoint', 'checkpoint', 'Write all versions to the data files.', { kind: 'checkpoint' }),
    move('crash', 'crash', 'End the process, with whatever is under way.', { kind: 'crash' }),
  ];
}

const reopening = ({ isDown }: Standing): readonly Move[] =>
  isDown ? [move('reopen', 'reopen', 'Open the store again: recovery.', { kind: 'reopen', salvage: false })] : [];
