/**
 * The recorder: stamps every event with its place in the session, keeps a bounded history, and hands it on in batches.
 *
 * The history is a ring by count and by bytes (a write event carries its bytes). What falls out of it is folded into
 * the keyframe, so that "the keyframe plus the kept writes" is always the files as they are now.
 *
 *   R1  `seq` is consecutive from 0. Batches are consecutive: each starts where the last one ended.
 *   R2  `io` and `tick` are the gate's counters, never counted here.
 */
import type { SiteId } from '../base/ids';
import type { TraceSink } from '../base/trace';
import type { LabEvent, SessionId, TraceBatch, TraceRecord } from '../protocol/trace';
import type { IoGate } from './io_gate';

export interface RecorderLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
  /** A batch is sent when it has so many records, whatever the session is doing. */
  readonly batchRecords: number;
}

export const DEFAULT_LIMITS: RecorderLimits = { recordsMax: 50_000, bytesMax: 64 * 1024 * 1024, batchRecords: 512 };

type BatchListener = (batch: TraceBatch) => void;

export class Recorder implements TraceSink<LabEvent> {
  readonly #session: SessionId;
  readonly #gate: IoGate;
  readonly #limits: RecorderLimits;
  readonly #onDropped: (record: TraceRecord) => void;
  #records: TraceRecord[] = [];
  #keptFrom = 0;
  #keptBytes = 0;
  #command = 0;
  #listeners = new Set<BatchListener>();
  /** First record that no batch has carried yet. */
  #unsent = 0;

  /** `onDropped` is told of each record that leaves the ring, oldest first. */
  constructor(
    session: SessionId,
    gate: IoGate,
    onDropped: (record: TraceRecord) => void,
    limits: RecorderLimits = DEFAULT_LIMITS,
  ) {
    this.#session = session;
    this.#gate = gate;
    this.#onDropped = onDropped;
    this.#limits = limits;
  }

  get nextSeq(): number {
    return this.#keptFrom + this.#records.length;
  }
  /** Number of the first record still kept. */
  get keptFrom(): number {
    return this.#keptFrom;
  }

  /** Events from here on belong to that command. */
  beginCommand(command: number): void {
    this.#command = command;
  }

  emit(event: LabEvent, site: SiteId = 0): void {
    const { calls: tick, ios: io } = this.#gate;
    this.#records.push({ seq: this.nextSeq, tick, command: this.#command, io, site, event });
    this.#keptBytes += bytesOf(event);
    if (this.nextSeq - this.#unsent >= this.#limits.batchRecords) this.sendBatch();
    if (this.#records.length > this.#limits.recordsMax || this.#keptBytes > this.#limits.bytesMax) this.#dropOldest();
  }

  /** Kept records from `seq` on, up to but not including `end`. */
  records(seq = this.#keptFrom, end = this.nextSeq): readonly TraceRecord[] {
    return this.#records.slice(Math.max(0, seq - this.#keptFrom), Math.max(0, end - this.#keptFrom));
  }

  record(seq: number): TraceRecord | undefined {
    return this.#records[seq - this.#keptFrom];
  }

  /** Gives the listener everything kept from `fromSeq` on, then each new batch. @returns how to stop. */
  listen(listener: BatchListener, fromSeq: number): () => void {
    this.sendBatch();
    listener(this.#batch(this.records(fromSeq)));
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends what is waiting. The session calls it when a command, or a run of them, is over. */
  sendBatch(): void {
    const fresh = this.records(this.#unsent);
    this.#unsent = this.nextSeq;
    if (fresh.length === 0) return;
    for (const listener of this.#listeners) listener(this.#batch(fresh));
  }

  #batch(records: readonly TraceRecord[]): TraceBatch {
    return { session: this.#session, records, keptFrom: this.#keptFrom };
  }

  /** Lets a quarter go at once, so that it happens rarely. */
  #dropOldest(): void {
    this.sendBatch();
    const dropped = this.#records.splice(0, Math.ceil(this.#records.length / 4));
    this.#keptFrom += dropped.length;
    for (const record of dropped) {
      this.#keptBytes -= bytesOf(record.event);
      this.#onDropped(record);
    }
  }
}

function bytesOf(event: LabEvent): number {
  return event.kind === 'storage.file_written' ? event.bytes.length : 0;
}
