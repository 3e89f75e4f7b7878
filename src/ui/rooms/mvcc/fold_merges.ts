/** Garbage of an LSM tree in the view: a merge drops versions, and with its edit they are gone. */
import { withoutVersion } from './chains';
import { withStep, type When } from './clock';
import { NOBODY, STORE, watermarkOf, type MvccView } from './model';
import { recordBytes } from './garbage';
import { versionOfRecord } from './records';

/** From here on nobody begins at a timestamp that it might drop something of. */
export const mergeStarted = (view: MvccView): MvccView => ({
  ...view,
  dropped: [],
  keptFrom: Math.max(view.keptFrom, watermarkOf(view)),
  subject: NOBODY,
});

export function versionDropped(view: MvccView, record: Uint8Array): MvccView {
  const version = versionOfRecord(record);
  if (!version) return view;
  return { ...view, dropped: [...view.dropped, version], subject: { ...NOBODY, part: 'vacuum' } };
}

export function mergeInForce(view: MvccView, when: When): MvccView {
  const { dropped, vacuum } = view;
  if (dropped.length === 0) return view;
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
    vacuum: { ...vacuum, collected: vacuum.collected + dropped.length, bytes: vacuum.bytes + bytes },
    subject: { ...NOBODY, part: 'vacuum' },
  };
  return withStep(next, when, { lane: STORE, kind: 'vacuum', count: dropped.length });
}
