/** Commits in the view: one life of one LSN each, from its client to its end. */
import type { Lsn, SiteId } from '../../../base/ids';
import type { CommitAcknowledged, CommitRejected, CommitSubmitted } from '../../../kv_store/events';
import type { ClientId } from '../../../kv_store/types';
import { type Client, ENTRIES_KEPT, type Entry, type EntrySites, GONE_KEPT, NEVER, type WalView } from './model';
import { PersistentList } from '../../../lab/persistent_list';

const NO_SITES: EntrySites = { submitted: 0, buffered: 0, settled: 0 };

const blankEntry = (view: WalView, lsn: Lsn): Entry => ({
  id: view.generation === 0 ? String(lsn) : `${lsn}.${view.generation}`,
  lsn,
  client: undefined,
  mode: undefined,
  operations: [],
  place: undefined,
  submittedAt: NEVER,
  bufferedAt: NEVER,
  writtenAt: NEVER,
  flushedAt: NEVER,
  appliedAt: NEVER,
  settledAt: NEVER,
  outcome: 'waiting',
  code: undefined,
  verdict: undefined,
  scannedAt: NEVER,
  life: 'kept',
  row: 0,
  sites: NO_SITES,
});

/** Changes the entry of an LSN, or starts one: the first word of an LSN may come from the client or from the log. */
export function setEntry(view: WalView, lsn: Lsn, change: (entry: Entry) => Entry): WalView {
  const { entries } = view;
  const known = entries.get(lsn);
  if (known) return { ...view, entries: entries.set(lsn, change(known)) };
  const fresh = change(blankEntry(view, lsn));
  if (lsn === entries.end) return { ...view, entries: forgetOld(entries.push(fresh), view) };
  // A number before what is kept says nothing new; one after a gap starts the list again.
  return lsn < entries.end ? view : { ...view, entries: PersistentList.empty<Entry>(lsn).push(fresh) };
}

/** V3: an entry goes when its bytes were written over and enough newer ones are there for the lanes. */
function forgetOld(entries: PersistentList<Entry>, view: WalView): PersistentList<Entry> {
  if (entries.length <= ENTRIES_KEPT) return entries;
  const oldest = view.groups.get(view.groups.first);
  const neededFrom = oldest ? Math.max(1, oldest.firstLsn) : entries.end;
  return entries.dropBefore(Math.min(entries.end - ENTRIES_KEPT, neededFrom));
}

/** Ends the lives of the entries from `firstLsn` on: their numbers will be given out again (V2). */
export function endLives(view: WalView, firstLsn: Lsn, life: 'cancelled' | 'lost'): WalView {
  const ended = [...view.entries.range(firstLsn)].map((entry) => ({
    ...entry,
    life,
    outcome: life === 'lost' && entry.outcome === 'waiting' ? ('cut_off' as const) : entry.outcome,
  }));
  if (ended.length === 0) return { ...view, nextLsn: firstLsn };
  return {
    ...view,
    entries: view.entries.truncate(firstLsn),
    gone: [...view.gone, ...ended].slice(-GONE_KEPT),
    generation: view.generation + 1,
    nextLsn: firstLsn,
  };
}

export function commitSubmitted(view: WalView, event: CommitSubmitted, seq: number, site: SiteId): WalView {
  const { client, mode, operations } = event;
  const row = freeRow(view, client);
  const next = setEntry(view, event.lsn, (entry) => ({
    ...entry,
    client,
    mode,
    operations,
    submittedAt: seq,
    row,
    sites: { ...entry.sites, submitted: site },
  }));
  return { ...next, clients: withRow(view.clients, client, row), subject: { lsn: event.lsn } };
}

function freeRow(view: WalView, client: ClientId): number {
  const taken = new Set<number>();
  // Commits settle in LSN order, so those that wait are the newest.
  for (let n = view.entries.end - 1; n >= view.entries.first; n--) {
    const entry = view.entries.get(n)!;
    if (entry.outcome === 'waiting' && entry.client === client) taken.add(entry.row);
    else if (entry.outcome === 'acknowledged') break;
  }
  let row = 0;
  while (taken.has(row)) row++;
  return row;
}

function withRow(clients: readonly Client[], client: ClientId, row: number): readonly Client[] {
  const known = clients.find((c) => c.client === client);
  if (known && known.rows > row) return clients;
  return [...clients.filter((c) => c !== known), { client, rows: row + 1 }].sort((a, b) => a.client - b.client);
}

export function commitAcknowledged(view: WalView, event: CommitAcknowledged, seq: number, site: SiteId): WalView {
  return {
    ...setEntry(view, event.lsn, (entry) => ({
      ...entry,
      outcome: 'acknowledged',
      settledAt: seq,
      sites: { ...entry.sites, settled: site },
    })),
    counters: { ...view.counters, acknowledged: view.counters.acknowledged + 1 },
    subject: { lsn: event.lsn },
  };
}

export function commitRejected(view: WalView, event: CommitRejected, seq: number, site: SiteId): WalView {
  const counters = { ...view.counters, rejected: view.counters.rejected + 1 };
  // The engine lets go of all the commits it refuses at once, and then tells one after the other.
  const letGo = (entry: Entry): Entry => (entry.outcome === 'waiting' ? { ...entry, outcome: 'refused' } : entry);
  const gone = view.gone.map(letGo);
  let entries = view.entries;
  for (let n = entries.end - 1; n >= entries.first && entries.get(n)!.outcome !== 'acknowledged'; n--) {
    entries = entries.set(n, letGo(entries.get(n)!));
  }
  const settle = (entry: Entry): Entry => ({
    ...entry,
    outcome: 'rejected',
    code: event.code,
    settledAt: seq,
    sites: { ...entry.sites, settled: site },
  });
  // Lives that ended are settled before their number is used again.
  const index = gone.findIndex((entry) => entry.lsn === event.lsn && entry.outcome === 'refused');
  const next = { ...view, entries, gone, counters };
  if (index < 0) return { ...setEntry(next, event.lsn, settle), subject: { lsn: event.lsn } };
  return { ...next, gone: gone.with(index, settle(gone[index]!)), subject: { lsn: event.lsn } };
}
