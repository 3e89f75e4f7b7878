/** The life of the store in the view: formatted, opened, crashed; and what an opening finds of the versions. */
import type { CheckpointLoaded, StoreEvent } from '../../../kv_store/events';
import { keepLast } from '../../../lab/persistent_list';
import type { RecordPlace } from '../../../wal/events';
import { sampled, withStep, type When } from './clock';
import * as commits from './fold_commits';
import { nameIn } from './fold_commits';
import {
  EMPTY_VIEW,
  NO_STEP,
  NO_VACUUM,
  NOBODY,
  STORE,
  type ChainView,
  type MvccView,
  type VersionView,
} from './model';

export function applyStoreEvent(view: MvccView, event: StoreEvent, when: When): MvccView {
  switch (event.kind) {
    case 'store.formatted': {
      const { logBytes, versions } = event.format;
      const { tree } = view;
      return { ...EMPTY_VIEW, tree, state: 'opening', hasFormat: true, hasVersions: versions === true, logBytes };
    }
    case 'store.superblock_read':
      return superblockRead(view, event, when);
    case 'store.checkpoint_loaded':
      return loaded(view, event);
    case 'store.commit_replayed':
      return commits.replayed(view, event, when);
    case 'store.recovered':
      return recovered(view, event, when);
    case 'store.commit_submitted':
      return commits.submitted(view, event);
    case 'store.commit_applied':
      return commits.published(view, event.lsn);
    case 'store.commit_rejected':
      return commits.rejected(view, event.lsn);
    case 'store.checkpoint_started': {
      const image = { lsn: event.lsn, epoch: undefined, chains: view.chains };
      return { ...view, images: [...named(view), image], subject: NOBODY };
    }
    case 'store.superblock_written':
      return superblockWritten(view, event.epoch, event.checkpointLsn);
    case 'store.checkpoint_abandoned':
      return { ...view, images: named(view), subject: NOBODY };
    case 'store.poisoned':
      return { ...view, state: 'read_only', subject: NOBODY };
    case 'store.closed':
      return { ...stopped(view), state: 'closed', subject: NOBODY };
    default:
      return view;
  }
}

/** Images that a superblock names. */
const named = ({ images }: MvccView): MvccView['images'] => images.filter(({ epoch }) => epoch !== undefined);

/** The older slot may still be the one that is found. */
const IMAGES_KEPT = 3;

function superblockWritten(view: MvccView, epoch: number, lsn: number): MvccView {
  const image = view.images.findLast((one) => one.lsn === lsn);
  if (!image) return { ...view, subject: NOBODY };
  const others = view.images.filter((one) => one.epoch !== undefined && one.epoch !== epoch);
  const waiting = view.images.filter((one) => one.epoch === undefined && one !== image);
  return { ...view, images: [...others, { ...image, epoch }, ...waiting].slice(-IMAGES_KEPT), subject: NOBODY };
}

/** The first slot that is whole: from here on the store has something to open, and that is a moment of its own. */
function superblockRead(
  view: MvccView,
  event: Extract<StoreEvent, { kind: 'store.superblock_read' }>,
  when: When,
): MvccView {
  const { epoch, format, valid } = event;
  const next: MvccView = { ...view, state: 'opening', subject: NOBODY };
  if (!valid || !format) return next;
  const best = Math.max(view.opening?.epoch ?? -1, epoch);
  const found: MvccView = {
    ...next,
    hasFormat: true,
    hasVersions: format.versions === true,
    logBytes: format.logBytes,
    opening: { epoch: best, flushedLsn: view.opening?.flushedLsn },
  };
  return withStep(found, when, { lane: STORE, kind: 'open' });
}

/** Of an LSM tree: what its tables have, whatever the superblock knows of it. */
export const treeOpened = (view: MvccView, flushedLsn: number): MvccView => ({
  ...view,
  opening: { epoch: view.opening?.epoch ?? -1, flushedLsn },
  subject: NOBODY,
});

function loaded(view: MvccView, { keys, lsn }: CheckpointLoaded): MvccView {
  const { opening } = view;
  const image = view.images.findLast(({ epoch }) => epoch === opening?.epoch);
  const inTables = opening?.flushedLsn;
  const isKnown = keys === 0 || inTables !== undefined || image !== undefined;
  const chains = inTables === undefined ? (image?.chains ?? []) : upTo(view.chains, inTables);
  return {
    ...view,
    chains: keys === 0 ? [] : chains,
    isPartial: view.isPartial || !isKnown,
    publishedLsn: lsn,
    writtenLsn: lsn,
    durableLsn: lsn,
    pending: [],
    opening: undefined,
    subject: NOBODY,
  };
}

const upTo = (chains: readonly ChainView[], lsn: number): readonly ChainView[] =>
  chains.flatMap((chain) => {
    const versions = chain.versions.filter((one) => one.lsn <= lsn);
    return versions.length === 0 ? [] : [{ ...chain, versions }];
  });

function recovered(view: MvccView, event: Extract<StoreEvent, { kind: 'store.recovered' }>, when: When): MvccView {
  const { end, formatted, lastLsn } = event.report;
  const next: MvccView = {
    ...view,
    state: end === 'damaged' ? 'read_only' : 'open',
    life: view.life + 1,
    publishedLsn: lastLsn,
    writtenLsn: lastLsn,
    durableLsn: lastLsn,
    // What an earlier life collected, nobody noted.
    keptFrom: lastLsn,
    vacuum: NO_VACUUM,
    subject: { ...NOBODY, part: 'published' },
  };
  // The first moment is that of the first session.
  return formatted && view.clock.moment < 0 ? next : withStep(next, when, { lane: STORE, kind: 'open', lsn: lastLsn });
}

/** The last word on the step that says that it is opening. */
export function notOpened(view: MvccView, { seq }: When): MvccView {
  const { steps } = view;
  const last = steps.last();
  const isOpening = last?.lane === STORE && last.kind === 'open' && last.lsn === undefined;
  return {
    ...view,
    state: 'down',
    opening: undefined,
    steps: isOpening ? steps.set(steps.end - 1, { ...last, kind: 'not_opened', seq }) : steps,
  };
}

export function crashed(view: MvccView, when: When): MvccView {
  const next = { ...stopped(view), state: 'down' as const, subject: NOBODY };
  return view.state === 'none' ? next : withStep(next, when, { lane: STORE, kind: 'crash' });
}

/**
 * A recovery in another worker has a trace of its own, which begins with the files. What they may hold is known from the run that
 * crashed: versions with their values, and what each checkpoint had. Its steps are not steps of the new trace.
 */
export function leftByCrash(view: MvccView): MvccView {
  const { chains, hasFormat, hasVersions, images, isCut, isPartial, life, logBytes, remembered } = stopped(view);
  if (!hasFormat) return EMPTY_VIEW;
  const found: MvccView = {
    ...EMPTY_VIEW,
    ...{ hasFormat, hasVersions, isCut, isPartial, life, logBytes },
    state: 'down',
    chains: fromOtherTrace(chains),
    images: images.map((image) => ({ ...image, chains: fromOtherTrace(image.chains) })),
    remembered: new Map([...remembered].map(([name, version]) => [name, withoutStep(version)])),
    publishedLsn: view.publishedLsn,
    writtenLsn: view.writtenLsn,
    durableLsn: view.durableLsn,
    keptFrom: view.keptFrom,
  };
  const before = { seq: NO_STEP, site: 0, command: 0 };
  return sampled(withStep(found, before, { lane: STORE, kind: 'crash' }));
}
/** By whom it was written, and at which step, only the other trace can show. */
const withoutStep = (version: VersionView): VersionView => ({ ...version, by: undefined, seq: NO_STEP });
const fromOtherTrace = (chains: readonly ChainView[]): readonly ChainView[] =>
  chains.map((chain) => ({ ...chain, versions: chain.versions.map(withoutStep) }));

/** Transactions, snapshots and commits on their way were in memory; nothing of them is to be undone. */
function stopped(view: MvccView): MvccView {
  const remembered = new Map<string, VersionView>();
  for (const { versions } of [...view.chains, ...view.pending])
    for (const version of versions) remembered.set(nameIn(version.keyHex, version.lsn), version);
  return {
    ...view,
    remembered,
    pending: [],
    named: [],
    dropped: [],
    verdicts: new Map(),
    submitted: undefined,
    opening: undefined,
    images: named(view).length > 0 ? view.images : [],
    transactions: view.transactions.map((one) =>
      one.inUse || one.state === 'committing'
        ? { ...one, inUse: false, writes: [], state: 'cut_off', to: Math.max(one.from, view.clock.moment) }
        : one,
    ),
    read: undefined,
  };
}

/** Where the record of a commit lies in the log. */
export function recordPlaced(view: MvccView, { bytes, lsn, position }: RecordPlace): MvccView {
  if (view.logBytes === 0) return view;
  const place = { lsn, at: position % view.logBytes, bytes };
  return { ...view, places: keepLast(view.places.push(place), PLACES_KEPT), subject: NOBODY };
}
const PLACES_KEPT = 512;
