/**
 * The ledger: every commit of a session as it was submitted, and how far it got. The judge compares it with what a
 * crash left. It reads the trace, like everybody else; only the operations, whose values the trace leaves out, are
 * handed to it.
 *
 *   B1  Commits are in LSN order, each LSN once: a rejected commit leaves, and so do those that a recovery did not find,
 *       since their LSNs are given out again.
 */
import { assert } from '../base/assert';
import type { LogPosition } from '../base/ids';
import type { Batch, Entry } from '../base/ordered_index';
import type { LedgerCommit } from '../protocol/drill';
import type { LabEvent } from '../protocol/trace';

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

interface OpenCommit extends Mutable<Omit<LedgerCommit, 'written'>> {
  place: { readonly position: LogPosition; readonly bytes: number } | undefined;
  pieces: { at: number; bytes: Uint8Array }[];
}

export class Ledger {
  /** What the store held when the session began. */
  readonly before: readonly Entry[];
  readonly #logBytes: number;
  #commits: OpenCommit[] = [];
  /** Operations of the commit that is being submitted. */
  #handedIn: Batch | undefined;

  constructor(before: readonly Entry[], logBytes: number) {
    this.before = before;
    this.#logBytes = logBytes;
  }

  commits(): LedgerCommit[] {
    return this.#commits.map(({ place, pieces, ...commit }) => ({
      ...commit,
      ...(place !== undefined && { recordBytes: place.bytes }),
      ...(pieces.length > 0 && { written: pieces }),
    }));
  }

  /** To be called right before the store is given these operations. */
  handIn(operations: Batch): void {
    this.#handedIn = operations;
  }

  observe(event: LabEvent): void {
    switch (event.kind) {
      case 'store.commit_submitted':
        this.#submitted(event);
        break;
      case 'wal.record_buffered': {
        const commit = this.#find(event.lsn);
        if (commit) commit.place = { position: event.position, bytes: event.bytes };
        break;
      }
      case 'storage.file_written':
        if (event.file === 'log') this.#written(event.at, event.bytes.subarray(0, event.count));
        break;
      case 'host.crashed':
        if (event.landed?.file === 'log') this.#written(event.landed.at, event.landed.bytes);
        break;
      case 'wal.group_flushed':
        for (const commit of this.#commits) if (commit.lsn <= event.durableLsn) commit.flushed = true;
        break;
      case 'store.commit_acknowledged': {
        const commit = this.#find(event.lsn);
        if (commit) commit.acknowledged = true;
        break;
      }
      case 'store.commit_rejected':
        // In doubt, it may come back after all: only a clean refusal is certain.
        if (event.code !== 'commit_unknown') this.#commits = this.#commits.filter(({ lsn }) => lsn !== event.lsn);
        break;
      case 'store.recovered':
        this.#commits = this.#commits.filter(({ lsn }) => lsn <= event.report.lastLsn);
        break;
      default: // Nothing else touches what is kept here.
    }
  }

  #submitted({ lsn, client, mode }: Extract<LabEvent, { kind: 'store.commit_submitted' }>): void {
    const last = this.#commits.at(-1);
    assert(last === undefined || last.lsn < lsn, 'B1: commits are submitted in LSN order');
    assert(this.#handedIn !== undefined, 'the session hands the operations in before the store sees them');
    const operations = this.#handedIn;
    this.#commits.push({
      lsn,
      client,
      mode,
      operations,
      acknowledged: false,
      flushed: false,
      place: undefined,
      pieces: [],
    });
  }

  #find(lsn: number): OpenCommit | undefined {
    return this.#commits.findLast((commit) => commit.lsn === lsn);
  }

  /** Keeps what of each record a write to the log file held. A record that wraps lies in two pieces. */
  #written(at: number, bytes: Uint8Array): void {
    for (const commit of this.#commits) {
      if (commit.place === undefined || commit.flushed) continue;
      for (const piece of ringPieces(commit.place, this.#logBytes)) {
        const from = Math.max(at, piece.at);
        const to = Math.min(at + bytes.length, piece.at + piece.bytes);
        if (from < to) commit.pieces.push({ at: from, bytes: bytes.slice(from - at, to - at) });
      }
    }
  }
}

function ringPieces(
  place: { position: LogPosition; bytes: number },
  logBytes: number,
): { at: number; bytes: number }[] {
  const at = place.position % logBytes;
  const first = Math.min(place.bytes, logBytes - at);
  return first === place.bytes
    ? [{ at, bytes: first }]
    : [
        { at, bytes: first },
        { at: 0, bytes: place.bytes - first },
      ];
}
