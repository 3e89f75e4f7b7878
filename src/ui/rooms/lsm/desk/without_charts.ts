/** What it costs not to compact, beside a leveled tree: reads, space, and what is saved in writing. */
import { runsOf, tableWrites } from '../../../../lab/lsm_words';
import type { LsmState, NoCompactionNote } from '../../../../protocol/lsm';
import type { ChartSpec } from '../../../charts/chart_parts';
import { lineChart, type Series } from './policies_charts';

export function withoutCharts(notes: readonly NoCompactionNote[]): ChartSpec[] {
  const of = (value: (state: LsmState) => number): Series[] => [
    {
      side: 'right',
      name: 'without',
      points: notes.map((note) => ({ operations: note.operations, value: value(note.without) })),
    },
    {
      side: 'left',
      name: 'leveled',
      points: notes.map((note) => ({ operations: note.operations, value: value(note.leveled) })),
    },
  ];
  return [
    lineChart({
      name: 'without-misses',
      title: 'Blocks read for a key that is nowhere',
      sentence:
        'Without filters a block in every run whose range has the key. Filters turn that into a small share of it; a scan they do not help.',
      label: 'Blocks read by a lookup of a key that is nowhere, without compaction and leveled',
      y: 'blocks',
      series: of(({ reads }) => reads.blocksPerMiss),
    }),
    lineChart({
      name: 'without-scans',
      title: 'Blocks of a scan of 50 rows',
      sentence: 'A scan looks into every run, whatever the filters say.',
      label: 'Blocks that a scan of 50 rows looks at, without compaction and leveled',
      y: 'blocks a scan',
      series: of(({ reads }) => reads.blocksPerScan),
    }),
    lineChart({
      name: 'without-space',
      title: 'Bytes in tables for each live byte',
      sentence: 'Old values go only where tables are merged.',
      label: 'Bytes in tables for each live byte, without compaction and leveled',
      y: 'bytes per byte',
      series: of(({ liveBytes, tableBytes }) => tableBytes / liveBytes),
    }),
    lineChart({
      name: 'without-writes',
      title: 'Bytes written to tables for each byte put',
      sentence: 'This is what was saved: every entry is written to a table once.',
      label: 'Bytes written to tables for each byte put, without compaction and leveled',
      y: 'bytes per byte',
      series: of((state) => tableWrites(state) / state.userBytes),
    }),
    lineChart({
      name: 'without-runs',
      title: 'Runs',
      sentence: 'As many as there were flushes, and one more with each.',
      label: 'Number of runs, without compaction and leveled',
      y: 'runs',
      series: of(runsOf),
    }),
  ];
}
