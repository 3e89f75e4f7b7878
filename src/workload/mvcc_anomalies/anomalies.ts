/**
 * The anomalies of the literature, one script each, in the manner of the Hermitage tests: what two or three transactions do,
 * step by step, so that the anomaly shows if the level lets it. The same script runs at each level. A test runs every one of
 * them, has its history judged, and holds this table to the verdict.
 *
 *     anomaly        G0   G1a  G1b  G1c  OTV  PMP  P4   G-single  G2-item  G2
 *     snapshot       no   no   no   no   no   no   no   no        yes      yes
 *     serializable   no   no   no   no   no   no   no   no        no       no
 */
import { parseScript } from '../parser';
import { printScript } from '../printer';

const texts = import.meta.glob<string>('./*.script', { query: '?raw', import: 'default', eager: true });

export const ANOMALY_LEVELS = ['snapshot', 'serializable'] as const;
export type AnomalyLevel = (typeof ANOMALY_LEVELS)[number];

/** Who is refused where, and with which code; at a level that is not named, nobody is. */
export type Refusals = Readonly<
  Partial<
    Record<AnomalyLevel, { readonly transaction: string; readonly code: 'write_conflict' | 'serialization_failure' }>
  >
>;

export interface AnomalyScript {
  /** As the history checker names it. */
  readonly name: string;
  /** The name of its file: stable in links and tests. */
  readonly id: string;
  readonly title: string;
  /** What it is, in a sentence. */
  readonly sentence: string;
  /** At snapshot isolation; `scriptAt` gives that of a level. */
  readonly script: string;
  /** Levels at which it happens. */
  readonly happensAt: readonly AnomalyLevel[];
  readonly refused: Refusals;
  /** Without these protections it happens, at every level at which they do anything. Empty: nothing here can bring it about. */
  readonly without: readonly string[];
}

const conflict = { transaction: 't2', code: 'write_conflict' } as const;
const failure = { transaction: 't2', code: 'serialization_failure' } as const;

type Judged = Pick<AnomalyScript, 'happensAt' | 'name' | 'refused' | 'without'>;
const JUDGED: Readonly<Record<string, Judged>> = {
  /** A commit is one record of the log, and what it writes gets one number: there is nothing to mix. */
  g0: { name: 'G0', happensAt: [], refused: { snapshot: conflict, serializable: conflict }, without: [] },
  g1a: { name: 'G1a', happensAt: [], refused: {}, without: ['hideUncommitted'] },
  g1b: { name: 'G1b', happensAt: [], refused: {}, without: ['hideUncommitted'] },
  g1c: {
    name: 'G1c',
    happensAt: [],
    refused: { serializable: failure },
    without: ['hideUncommitted', 'trackReads'],
  },
  otv: { name: 'OTV', happensAt: [], refused: {}, without: ['wholeCommits'] },
  pmp: { name: 'PMP', happensAt: [], refused: {}, without: ['snapshotReads'] },
  p4: {
    name: 'P4',
    happensAt: [],
    refused: { snapshot: conflict, serializable: conflict },
    without: ['validateWrites', 'trackReads'],
  },
  g_single: { name: 'G-single', happensAt: [], refused: {}, without: ['snapshotReads'] },
  g2_item: {
    name: 'G2-item',
    happensAt: ['snapshot'],
    refused: { serializable: failure },
    without: ['trackReads'],
  },
  g2: {
    name: 'G2',
    happensAt: ['snapshot'],
    refused: { serializable: failure },
    without: ['trackRanges'],
  },
};

/** In the order of the literature. */
export const ANOMALIES: readonly AnomalyScript[] = Object.entries(JUDGED).map(([id, judged]) => {
  const script = texts[`./${id}.script`]!;
  const [, title, sentence] = /^# ([^:]*): (.*)/.exec(script)!;
  return { id, title: title!, sentence: sentence!, script, ...judged };
});

/** The script with every transaction at that level. */
export function scriptAt({ script }: Pick<AnomalyScript, 'script'>, level: AnomalyLevel): string {
  if (level === 'snapshot') return script;
  const { lines, settings } = parseScript(script).script;
  return printScript({
    settings,
    lines: lines.map(({ command, line }) => ({
      line,
      command: command.kind === 'begin' ? { ...command, serializable: true } : command,
    })),
  });
}
