/** What the desk of the MVCC room asks of the worker: anomalies, what versions cost, lanes, histories; and exercises. */
import type { VersionMeasure } from '../mvcc';
import type { Anomaly, AnomalyName, HistoryLevel, WitnessGraph } from '../mvcc/history/anomalies';
import type { ScriptedAnomaly } from '../mvcc/history/anomaly_scripts';
import type { StepTaken } from '../mvcc/history/run_script';
import type { MvccProtections } from '../mvcc/protections';
import type { LanePlan, LaneRun } from '../workload/lanes';
import type { GradedStep, TaskStep } from './exercise';
import type { JobId } from './job';

/** What the versions lie in. */
export type VersionIndex = 'map' | 'tree' | 'lsm';

interface Seeded {
  readonly seed: number;
}

// ---- the grid of anomalies

/** `none`: the same store with what isolates its transactions switched off. */
export type GridColumn = 'none' | HistoryLevel;

export interface GridQuestion extends Seeded {
  readonly ask: 'grid';
  readonly index: VersionIndex;
}

/** An arrow of the witness, and the steps between which it goes. */
export interface StepArrow {
  readonly from: number;
  readonly to: number;
  readonly edge: number;
}

export interface GridCellNote {
  readonly note: 'cell';
  readonly row: ScriptedAnomaly;
  readonly column: GridColumn;
  readonly steps: readonly StepTaken[];
  /** The anomaly of the row, if the checker found it in the history. */
  readonly witness?: Anomaly;
  /** Whether the level of the column lets it through; `none` promises nothing. */
  readonly isAllowed: boolean;
  /** What else it found. */
  readonly besides: readonly AnomalyName[];
  readonly arrows: readonly StepArrow[];
}

// ---- what versions cost

/**
 * Who keeps old versions alive: nobody; one reader that begins anew every so many commits; one that begins half-way and
 * stays; one that stays from the first commit on.
 */
export const READER_KINDS = ['none', 'renewed', 'late', 'parked'] as const;
export type ReaderKind = (typeof READER_KINDS)[number];

export interface MemoryQuestion extends Seeded {
  readonly ask: 'memory';
  readonly index: VersionIndex;
  readonly keys: number;
  /** Commits of one update each, for each key, on average. */
  readonly updates: number;
  readonly reader: ReaderKind;
  readonly pattern: 'random' | 'skewed';
  readonly valueBytes: number;
  /** How often the store is looked at. */
  readonly points: number;
  /** Shorter runs besides, of which only the worst moment counts: every rate with every reader. */
  readonly sweep: { readonly updates: readonly number[]; readonly readers: readonly ReaderKind[] };
}

export interface MemoryPoint {
  readonly commits: number;
  readonly measure: VersionMeasure;
  /** Of both data files. */
  readonly dataBytes: number;
  /** In commits: how old the oldest snapshot in use is. */
  readonly readerAge: number;
}
export interface MemoryPointNote extends MemoryPoint {
  readonly note: 'versions';
}
/** Of a shorter run the moment with the most versions. */
export interface MemorySweepNote extends MemoryPoint {
  readonly note: 'sweep';
  readonly updates: number;
  readonly reader: ReaderKind;
}

// ---- what if readers took a lock

export interface LanesQuestion extends Seeded {
  readonly ask: 'lanes';
  readonly plan: LanePlan;
  readonly index: VersionIndex;
}
export interface LanesNote {
  readonly note: 'lanes';
  readonly plan: LanePlan;
  /** The engine: nobody waits. */
  readonly versions: LaneRun;
  /** A model: locks that are held to the end. */
  readonly locks: LaneRun;
  /** By tick: versions that there are beyond one for each key, after vacuum took what it may. */
  readonly kept: readonly number[];
}

// ---- the checker at work

export interface CheckerQuestion extends Seeded {
  readonly ask: 'checker';
  readonly transactions: number;
  readonly clients: number;
  readonly keys: number;
  readonly level: HistoryLevel;
  /** The protection that is switched off. */
  readonly without?: keyof MvccProtections;
}
export interface CheckerNote {
  readonly note: 'verdict';
  readonly committed: number;
  readonly aborted: number;
  /** Aborted by the store, not by their client. */
  readonly refused: number;
  readonly dependencies: number;
  readonly isLegal: boolean;
  readonly sentences: readonly [string, string];
  /** What the level forbids, and was found. */
  readonly anomalies: readonly Anomaly[];
  /** What was found, and is allowed. */
  readonly allowed: readonly AnomalyName[];
  readonly graph: WitnessGraph;
  readonly checkMs: number;
}

export type MvccQuestion = GridQuestion | MemoryQuestion | LanesQuestion | CheckerQuestion;
export type MvccNote = GridCellNote | MemoryPointNote | MemorySweepNote | LanesNote | CheckerNote;

// ---- by hand

export const MVCC_TASKS = ['snapshot', 'watermark', 'skew', 'abort', 'lanes'] as const;
export type MvccTaskKind = (typeof MVCC_TASKS)[number];

/** A version as an exercise shows it. */
export interface TaskVersion {
  readonly id: number;
  readonly key: string;
  readonly lsn: number;
  /** Null: a tombstone. */
  readonly value: string | null;
}
export interface VersionsFigure {
  readonly shows: 'versions';
  readonly keys: readonly string[];
  readonly versions: readonly TaskVersion[];
  readonly publishedLsn: number;
  readonly readers: readonly { readonly name: string; readonly snapshot: number }[];
}
/** Several orders of steps, each under a name. */
export interface LanesFigure {
  readonly shows: 'lanes';
  readonly plans: readonly {
    readonly name: string;
    readonly plan: LanePlan;
    /** What became of it; absent: nobody ran it yet. */
    readonly run?: LaneRun;
  }[];
}
/** What sessions did and saw. */
export interface HistoriesFigure {
  readonly shows: 'histories';
  readonly histories: readonly { readonly name: string; readonly steps: readonly StepTaken[] }[];
}
export type TaskFigure = VersionsFigure | LanesFigure | HistoriesFigure;

export interface MvccTask {
  readonly kind: MvccTaskKind;
  readonly seed: number;
  readonly title: string;
  readonly situation: string;
  readonly figure: TaskFigure;
  readonly steps: readonly TaskStep[];
}

/** What the engine did, one thing after another. */
export interface TaskSentence {
  readonly sentence: string;
  /** Versions that it is about. */
  readonly marks: readonly number[];
}
export interface MvccGrade {
  readonly steps: readonly GradedStep[];
  readonly outcome?: {
    readonly passed: boolean;
    readonly events: readonly TaskSentence[];
    readonly after: TaskFigure;
  };
}

export interface MvccApi {
  /** Job: posts notes of the kind that was asked for. */
  runMvccExperiment(question: MvccQuestion, port: MessagePort): Promise<JobId>;
  /** A fresh history from a seed: the same seed gives the same question. */
  makeMvccTask(kind: MvccTaskKind, seed: number): Promise<MvccTask>;
  /** What the learner said, by step, beside what the engine does. */
  gradeMvccTask(
    kind: MvccTaskKind,
    seed: number,
    answers: Readonly<Record<string, readonly string[]>>,
  ): Promise<MvccGrade>;
}
