/** Garbage of an LSM tree in the view: a merge drops versions, and with its edit they are gone. */
import type { LsmEvent } from '../../../lsm';
import { withoutVersion } from './chains';
import { withStep, type When } from './clock';
import { nameIn } from './fold_commits';
import { idsOf } from './fold_reads';
import { NOBODY, STORE, watermarkOf, type MvccView } from './model';
import { recordBytes, versionOfRecord } from './records';

type EntryMerged = Extract<LsmEvent, { kind: 'lsm.entry_merged' }>;

/** From here on nobody begins at a timestamp that it might drop something of. */
export const mergeStarted = (view: MvccView): MvccView => ({
  ...view,
  dropped: [],
  verdicts: NO_VERDICTS,
  keptFrom: Math.max(view.keptFrom, watermarkOf(view)),
  subject: NOBODY,
});

/** One version came by: its chain is looked at while the merge goes over it. */
export function versionMerged(view: MvccView, { key, outcome, why }: EntryMerged): MvccView {
  const version = versionOfRecord(key);
  if (!version) return view;
  const { keyHex, lsn } = version;
  const verdicts = new Map(view.verdicts).set(nameIn(keyHex, lsn), { isKept: outcome === 'kept', why });
  return {
    ...view,
    verdicts,
    dropped: outcome === 'filtered' ? [...view.dropped, version] : view.dropped,
    focus: keyHex,
    subject: { ...NOBODY, versions: idsOf(view, version.key, lsn), part: 'vacuum' },
  };
}

export const mergeAbandoned = (view: MvccView): MvccView => ({
  ...view,
  dropped: [],
  verdicts: NO_VERDICTS,
  subject: NOBODY,
});

const NO_VERDICTS: MvccView['verdicts'] = new Map();

export function mergeInForce(view: MvccView, when: When): MvccView {
  const { dropped, vacuum } = view;
  if (dropped.length === 0) return view.verdicts.size === 0 ? view : { ...view, verdicts: NO_VERDICTS };
  let { chains } = view;
  let bytes = 0;
  for (const { key, keyHex, lsn } of dropped) {
    const version = chains.find((one) => one.keyHex === keyHex)?.versions.find((one) => one.lsn === lsn);
    bytes += version ? recordBytes(version) : 0;
    chains = withoutVersion(chains, key, keyHex, lsn);
  }
  const next: MvccView = {
    ...view,
    chains,
    dropped: [],
    verdicts: NO_VERDICTS,
    vacuum: { ...vacuum, collected: vacuum.collected + dropped.length, bytes: vacuum.bytes + bytes },
    subject: { ...NOBODY, part: 'vacuum' },
  };
  return withStep(next, when, { lane: STORE, kind: 'merge', count: dropped.length });
}
