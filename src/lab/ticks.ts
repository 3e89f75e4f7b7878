/** The rug under the picture: which records are worth a tick. */
import type { TraceRecord } from '../protocol/trace';

export const TICK_KINDS = [
  'submit',
  'write',
  'flush',
  'ack',
  'split',
  'merge',
  'checkpoint',
  'recovery',
  'crash',
  'trouble',
  'note',
] as const;
export type TickKind = (typeof TICK_KINDS)[number];

export const TICK_WORDS: Readonly<Record<TickKind, string>> = {
  submit: 'submit',
  write: 'write',
  flush: 'flush',
  ack: 'ack',
  split: 'split',
  merge: 'merge',
  checkpoint: 'checkpoint',
  recovery: 'recovery',
  crash: 'crash',
  trouble: 'trouble',
  note: 'note',
};

export interface Tick {
  readonly seq: number;
  readonly kind: TickKind;
}

/** The kind of tick a record makes; most make none. */
export function tickOf(record: TraceRecord): TickKind | undefined {
  const event = record.event;
  switch (event.kind) {
    case 'store.commit_submitted':
      return 'submit';
    case 'storage.file_written':
    case 'storage.file_flushed':
    case 'storage.file_truncated':
      if (event.result !== 'ok') return 'trouble';
      return event.kind === 'storage.file_flushed' ? 'flush' : 'write';
    case 'storage.file_read':
      return event.result === 'failed' ? 'trouble' : undefined;
    case 'store.commit_acknowledged':
      return 'ack';
    case 'store.checkpoint_started':
    case 'store.checkpoint_finished':
      return 'checkpoint';
    case 'btree.leaf_split':
    case 'btree.inner_split':
    case 'btree.root_grown':
      return 'split';
    case 'btree.leaf_merged':
    case 'btree.inner_merged':
    case 'btree.root_shrunk':
    case 'lsm.compaction_started':
    case 'lsm.compaction_finished':
      return 'merge';
    case 'wal.scan_started':
    case 'store.recovered':
      return 'recovery';
    case 'host.crashed':
    case 'host.power_cut':
      return 'crash';
    case 'host.byte_flipped':
    case 'host.fault_armed':
    case 'store.commit_rejected':
    case 'store.poisoned':
    case 'store.checkpoint_abandoned':
    case 'btree.damage_found':
    case 'btree.map_damage_found':
    case 'btree.rebuild_abandoned':
    case 'lsm.damage_found':
    case 'lsm.compaction_abandoned':
    case 'wal.group_cancelled':
      return 'trouble';
    case 'host.narrated':
      return 'note';
    default:
      return undefined;
  }
}

/** The seq of the nearest tick of one of the kinds, strictly after (or before) `seq`; undefined if there is none. */
export function nextTick(ticks: readonly Tick[], seq: number, direction: 1 | -1, kind?: TickKind): number | undefined {
  const fits = (tick: Tick): boolean => kind === undefined || tick.kind === kind;
  return direction === 1
    ? ticks.find((tick) => tick.seq > seq && fits(tick))?.seq
    : ticks.findLast((tick) => tick.seq < seq && fits(tick))?.seq;
}
