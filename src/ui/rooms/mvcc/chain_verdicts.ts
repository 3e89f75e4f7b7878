/** What the merge under way has said of each version of a chain: whether it goes on, and for whom. */
import { fitted, keyText } from '../../marks/units';
import { nameIn } from './fold_commits';
import { readersOf, type MvccView, type VerdictView, type VersionView } from './model';
import type { Draw } from './scene';

const LETTER = 5.7;

export interface UnderCells {
  readonly x: (index: number) => number;
  readonly width: number;
  /** Of the lower edge of the cells. */
  readonly y: number;
}

export function drawVerdicts(
  view: MvccView,
  cells: readonly VersionView[],
  { width, x, y }: UnderCells,
  draw: Draw,
): void {
  cells.forEach((version, index) => {
    const { id, key, keyHex, lsn } = version;
    const verdict = view.verdicts.get(nameIn(keyHex, lsn));
    if (!verdict) return;
    const [short, sentence] = verdictWords(view, verdict);
    draw({
      id: `verdict-${id}`,
      kind: 'note',
      plane: 'page',
      x: x(index) + 1,
      y: y + 1,
      width: width - 4,
      height: 12,
      text: fitted(short, width - 4, LETTER),
      data: { verdict: verdict.isKept ? 'stays' : 'goes', why: verdict.why?.kind ?? 'newest', lsn },
      label: `The merge: ${keyText(key)} of commit ${lsn} ${sentence}`,
    });
  });
}

/** On the cell in a few letters, and in full. */
function verdictWords(view: MvccView, { isKept, why }: VerdictView): readonly [string, string] {
  if (!why) return isKept ? ['newest', 'stays: it is the newest of its key.'] : ['goes', 'goes.'];
  const { kind, lsn } = why;
  switch (kind) {
    case 'snapshot': {
      const names = readersOf(view).flatMap(({ name, snapshot }) => (snapshot === lsn ? [name] : []));
      const who = names.length > 0 ? names.join(', ') : `snapshot ${lsn}`;
      return [`for ${who}`, `stays for ${who}, who reads as of commit ${lsn}.`];
    }
    case 'above_watermark':
      return [`watermark ${lsn}`, `stays though nobody reads it: it was replaced after the watermark, commit ${lsn}.`];
    case 'below_watermark':
      return ['goes', `goes: whoever reads as of ${lsn}, the watermark, or later finds a newer one.`];
    case 'deleted':
      return ['goes', 'goes: it says that the key was deleted, and there is nothing older left to hide.'];
  }
}
