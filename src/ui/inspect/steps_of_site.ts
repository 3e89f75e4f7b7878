/** From a line of source to the steps it made, and from something pointed at to the lines that made it. */
import type { SiteId } from '../../base/ids';
import { toHex } from '../../base/bytes';
import type { Selection } from '../../lab/selection';
import type { TraceRecord } from '../../protocol/trace';

/** The steps each site made, in order. */
export function stepsBySite(records: readonly TraceRecord[]): Map<SiteId, number[]> {
  const steps = new Map<SiteId, number[]>();
  for (const { seq, site } of records) {
    if (site === 0) continue;
    const known = steps.get(site);
    if (known) known.push(seq);
    else steps.set(site, [seq]);
  }
  return steps;
}

/** The next step of a list after `seq` (or before it), going round at the end. */
export function stepAfter(steps: readonly number[], seq: number, direction: 1 | -1): number | undefined {
  if (direction === 1) return steps.find((step) => step > seq) ?? steps[0];
  return steps.findLast((step) => step < seq) ?? steps.at(-1);
}

/** The sites whose steps were about what is pointed at. */
export function sitesAbout(selection: Selection, records: readonly TraceRecord[]): Set<SiteId> {
  const sites = new Set<SiteId>();
  if (selection.kind === 'none') return sites;
  if (selection.kind === 'site') return sites.add(selection.site);
  for (const record of records) {
    if (record.site !== 0 && isAbout(record, selection)) sites.add(record.site);
  }
  return sites;
}

function isAbout({ event, seq }: TraceRecord, selection: Exclude<Selection, { kind: 'none' | 'site' }>): boolean {
  switch (selection.kind) {
    case 'event':
      return seq === selection.seq;
    case 'lsn':
      return 'lsn' in event && event.lsn === selection.lsn;
    case 'key':
      if ('operations' in event) return event.operations.some(({ key }) => toHex(key) === selection.keyHex);
      return event.kind === 'store.key_read' && toHex(event.key) === selection.keyHex;
    case 'bytes':
      if (event.kind !== 'storage.file_written' || event.file !== selection.file) return false;
      return event.at < Math.max(selection.to, selection.from + 1) && selection.from < event.at + event.bytes.length;
  }
}
