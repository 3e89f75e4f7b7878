/** Reads in the view: the stops of a key on its way down, the cursors of a scan, and the blocks that each of them took. */
import { toHex } from '../../../base/bytes';
import type { KeyRead } from '../../../kv_store/events';
import type { LsmEvent } from '../../../lsm';
import { entryFor } from './entries';
import { scanRead } from './fold_scans';
import { idsOf } from './fold_tables';
import { anyTable, NOBODY, type LsmView, type MemtableView, type ProbeStop, type ProbeView } from './model';

type Event<K extends LsmEvent['kind']> = Extract<LsmEvent, { kind: K }>;

/** Of blocks that no lookup asked for, the last few are enough. */
const READING_MAX = 8;

export function blockRead(view: LsmView, event: Event<'lsm.block_read'>): LsmView {
  const { block, isCached, table } = event;
  if (view.scan && !view.scan.handed) return scanRead(view, view.scan, event);
  return {
    ...view,
    reading: [...view.reading, { block, isCached }].slice(-READING_MAX),
    subject: { ...NOBODY, tables: idsOf(view, [table]) },
  };
}

export function tableProbed(view: LsmView, { key, outcome, table }: Event<'lsm.table_probed'>): LsmView {
  const known = anyTable(view, table);
  const probe = probeOf(view, key);
  const stop: ProbeStop = { at: known?.id ?? String(table), outcome, blocks: view.reading };
  const read = view.reading.filter(({ isCached }) => !isCached).length;
  return {
    ...view,
    probe: { ...probe, stops: [...probe.stops, stop] },
    reading: [],
    counters: {
      ...view.counters,
      blocksRead: view.counters.blocksRead + read,
      blocksCached: view.counters.blocksCached + view.reading.length - read,
    },
    subject: { ...NOBODY, tables: known ? [known.id] : [] },
  };
}

/** The lookup under way; or a new one, which has come by every memtable in vain. */
function probeOf(view: LsmView, key: Uint8Array): ProbeView {
  const { probe } = view;
  if (probe && probe.found === undefined && toHex(probe.key) === toHex(key)) return probe;
  const stops = memtablesOf(view).map(({ number }): ProbeStop => ({
    at: `m${number}`,
    outcome: 'absent',
    blocks: [],
  }));
  return { key, stops, found: undefined };
}

const memtablesOf = (view: LsmView): readonly MemtableView[] =>
  [view.memtable, ...view.immutables].filter(({ count }) => count > 0);

export function keyRead(view: LsmView, { found, key }: KeyRead): LsmView {
  const underWay = view.probe?.found === undefined ? view.probe : undefined;
  const probe = underWay ?? { key, stops: stopsInMemory(view, key, found), found };
  return {
    ...view,
    probe: { ...probe, found },
    reading: [],
    counters: { ...view.counters, gets: view.counters.gets + 1 },
    subject: NOBODY,
  };
}

/** Nobody went to a table: the answer was in memory, or there are no tables that could have it. */
function stopsInMemory(view: LsmView, key: Uint8Array, found: boolean): readonly ProbeStop[] {
  const keyHex = toHex(key);
  const stops: ProbeStop[] = [];
  for (const { entries, number } of memtablesOf(view)) {
    const entry = entryFor(entries, keyHex, key);
    // Of a memtable that is too large to be drawn the answer alone is known.
    const isHere = entry !== undefined || (entries === undefined && found);
    const outcome = !isHere ? 'absent' : entry?.isTombstone === true ? 'tombstone' : 'found';
    stops.push({ at: `m${number}`, outcome, blocks: [] });
    if (isHere) break;
  }
  return stops;
}

/** Something else happens now: the last lookup is not shown any more. */
export const lookedAway = (view: LsmView): LsmView =>
  view.probe === undefined && view.scan === undefined && view.reading.length === 0
    ? view
    : { ...view, probe: undefined, scan: undefined, reading: [] };
