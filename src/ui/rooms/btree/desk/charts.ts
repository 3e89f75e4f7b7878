/** Parts that the charts of this desk share: two series told apart by line and by name, and kinds of bytes by hue. */
import { WRITTEN_TITLES } from '../../../../lab/btree_words';
import type { WrittenBytes } from '../../../../protocol/btree';
import type { ChartSpec } from '../../../charts/chart_parts';

export { byteTicks, count, decades, MARGINS, short, type ChartSpec } from '../../../charts/chart_parts';

export const ORDER_STROKE = { sequential: 'var(--page-edge)', random: 'var(--table-edge)' } as const;
export const ORDER_FILL = { sequential: 'var(--page)', random: 'var(--table)' } as const;

export const KIND_FILL: Readonly<Record<keyof WrittenBytes, string>> = {
  log: 'var(--log)',
  pages: 'var(--page)',
  copies: 'var(--version)',
  map: 'var(--table)',
  spilled: 'var(--transaction)',
  superblock: 'var(--ink-2)',
  room: 'var(--line-strong)',
};

export const kindKey = (kinds: readonly (keyof WrittenBytes)[]): NonNullable<ChartSpec['key']> =>
  kinds.map((kind) => ({ text: WRITTEN_TITLES[kind], fill: KIND_FILL[kind] }));
