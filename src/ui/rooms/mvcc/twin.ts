/** The picture as tables to read: keys and their versions, readers, and what sessions did last. */
import { type Twin, TWIN_ROWS_MAX } from '../../marks/twin';
import { bytesText, digits, keyText, plural } from '../../marks/units';
import { mustStay, roleOf } from './garbage';
import { readersOf, watermarkOf, type MvccView } from './model';
import { recordBytes } from './records';
import { laneName, nameOf, stepWords, valueText } from './words';

export const twinsOf = (view: MvccView): readonly Twin[] =>
  view.hasVersions ? [versionsTwin(view), readersTwin(view), sessionsTwin(view)] : [];

const ROLES = { live: 'live', kept: 'kept by a reader', garbage: 'garbage' } as const;

function versionsTwin(view: MvccView): Twin {
  const watermark = watermarkOf(view);
  const rows = view.chains.flatMap((chain) =>
    chain.versions.map((version, index) => ({
      id: version.id,
      cells: [
        keyText(chain.key),
        version.lsn,
        chain.versions[index - 1]?.lsn ?? 'now',
        valueText(version),
        bytesText(recordBytes(version)),
        `${ROLES[roleOf(chain, index, watermark)]}${mustStay(chain, index, watermark) ? ', must stay: the watermark crosses it' : ''}`,
      ],
    })),
  );
  return {
    part: 'versions-table',
    caption: `${plural(rows.length, 'version')} of ${plural(view.chains.length, 'key')}; published up to commit ${digits(view.publishedLsn)}, the watermark is ${digits(watermark)}. Newest first:`,
    columns: ['key', 'from commit', 'to commit', 'value', 'record', 'state'],
    rows: rows.slice(0, TWIN_ROWS_MAX),
  };
}

function readersTwin(view: MvccView): Twin {
  const readers = readersOf(view).map(({ id, kind, name, snapshot }) => ({
    id,
    cells: [name, kind === 'named' ? 'snapshot with a name' : kind, snapshot],
  }));
  const writes = view.transactions
    .filter(({ inUse }) => inUse)
    .flatMap((transaction) =>
      transaction.writes.map((write) => ({
        id: write.id,
        cells: [nameOf(transaction), `wrote ${keyText(write.key)} = ${valueText(write)}, not committed`, ''],
      })),
    );
  return {
    part: 'readers-table',
    caption: `${plural(readers.length, 'snapshot')} in use; each reads the newest version at or before its timestamp.`,
    columns: ['who', 'what', 'reads as of commit'],
    rows: [...readers, ...writes].slice(0, TWIN_ROWS_MAX),
  };
}

function sessionsTwin({ steps }: MvccView): Twin {
  const last = [...steps.range(steps.end - TWIN_ROWS_MAX)];
  return {
    part: 'sessions-table',
    caption: 'What sessions did, in order:',
    columns: ['moment', 'session', 'what'],
    rows: last.map((step) => ({ id: step.id, cells: [step.moment + 1, laneName(step.lane), stepWords(step)] })),
  };
}
