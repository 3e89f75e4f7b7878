/** Every move that is listed is one that the store takes; and what is not listed, it refuses. */
import { describe, expect, inject, it } from 'vitest';
import { SeededRandom } from '../base/runtime';
import { openScript } from '../host/testing/sessions';
import type { CommandResult } from '../protocol/results';
import { parseScript } from '../workload/parser';
import { movesOf, type Move, type Standing } from './mvcc_moves';

const FIELDS = { key: 'two words', value: 'a "quoted" one' };
const HEAD = 'store log 64k extent 512 align 512 versions';
/** Refusals that are the very point of committing. */
const LOST = new Set(['write_conflict', 'serialization_failure']);

type Session = ReturnType<typeof openScript>;

function standingOf(session: Session): Standing {
  const isOpen = session.isOpen;
  const description = isOpen ? session.store.describe() : undefined;
  const versions = description?.versions;
  return {
    isOpen,
    isDown: !isOpen,
    open: (versions?.transactions ?? []).map(({ label, readOnly, writes }) => ({
      name: label!,
      readOnly,
      hasWrites: writes.length > 0,
    })),
    known: [],
    snapshots: (versions?.snapshots ?? []).map(({ name }) => name),
    onTheirWay: (description?.waiting ?? []).map(({ lsn }) => lsn),
    hasVersions: true,
  };
}

function run(session: Session, text: string): CommandResult {
  const { errors, script } = parseScript(text);
  expect(errors, text).toEqual([]);
  return session.execute(script.lines[0]!.command, 1).result;
}

const allOf = ({ alone, sessions, store }: ReturnType<typeof movesOf>): readonly Move[] => [
  ...sessions.flatMap(({ moves }) => moves),
  ...alone,
  ...store,
];

describe('the moves of sessions', () => {
  it('each is taken, whatever was done before: random walks over them', () => {
    const random = new SeededRandom(inject('seed'));
    const taken = new Map<string, number>();
    for (let walk = 0; walk < 6; walk++) {
      const session = openScript(HEAD);
      for (let step = 0; step < 60; step++) {
        const moves = allOf(movesOf(standingOf(session), FIELDS));
        expect(moves.length).toBeGreaterThan(0);
        const chosen = moves[random.below(moves.length)]!;
        const result = run(session, chosen.command);
        const code = result.kind === 'failed' ? result.failure.code : undefined;
        if (code !== undefined) expect(LOST, `${chosen.command}: ${code}`).toContain(code);
        taken.set(chosen.id, (taken.get(chosen.id) ?? 0) + 1);
      }
      session.close();
    }
    for (const id of [
      'begin',
      'begin-serializable',
      'get',
      'put',
      'delete',
      'scan',
      'commit',
      'abort',
      'flush',
      'vacuum',
    ])
      expect(taken.get(id) ?? 0, id).toBeGreaterThan(0);
  });

  it('a session that reads only is offered no writes, and the store would refuse them', () => {
    const session = openScript(HEAD);
    run(session, 'begin t1 read-only');
    const [t1] = movesOf(standingOf(session), FIELDS).sessions;
    expect(t1!.moves.map(({ id }) => id)).toEqual(['get', 'scan', 'commit', 'abort']);
    expect(run(session, 'put a b in t1')).toMatchObject({ kind: 'failed' });
    session.close();
  });

  it('nothing on its way, nothing to flush; a store that is down can only be opened', () => {
    const session = openScript(HEAD);
    const ids = (): readonly string[] => allOf(movesOf(standingOf(session), FIELDS)).map(({ id }) => id);
    expect(ids()).not.toContain('flush');
    run(session, 'put a b');
    expect(ids()).toContain('flush');
    run(session, 'crash');
    expect(ids()).toEqual(['reopen']);
  });
});
