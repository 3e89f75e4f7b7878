/**
 * One flush, stage by stage: what happens, in words; what it takes on a modelled device; and, where a stopwatch in a
 * page can tell, what it took here. A page sees only whole calls: what one stage took is a difference of two calls,
 * and says so.
 */
import type { FlushReach, MediaCall, MediaKind, PriceOptions } from '../storage/media';
import type { DevicePrice, FlushCase, ProbeNote } from '../protocol/media';

export const PATH_STAGES = ['call', 'page_cache', 'journal', 'drive_cache', 'media'] as const;
export type PathStage = (typeof PATH_STAGES)[number];

export interface PathOptions {
  readonly kind: MediaKind;
  readonly dirtyBytes: 4096 | 1048576;
  readonly grown: boolean;
  readonly reach: FlushReach;
}

/** Where a copy of the bytes is, and how safe it is there. */
export type Holding = 'none' | 'memory' | 'handed' | 'durable';

export interface PathStep {
  readonly title: string;
  readonly sentence: string;
  /** The stage that works in this step. */
  readonly stage: PathStage | undefined;
  readonly holds: Readonly<Record<PathStage, Holding>>;
}

/** The calls of the path, with and without the flush: the difference is what the flush takes. */
export function pathCalls({ dirtyBytes }: PathOptions): { write: MediaCall; flush: MediaCall } {
  return {
    write: { call: 'write', file: 'log', at: 0, bytes: dirtyBytes },
    flush: { call: 'flush', file: 'log', at: 0, bytes: 0 },
  };
}

export function pathPriceOptions({ grown, reach }: PathOptions): Partial<PriceOptions> {
  return { reach, sizes: grown ? {} : { log: 8 * 2 ** 20 } };
}

/** Nanoseconds of the flush alone, by stage. */
export function flushByStage(whole: DevicePrice, writeOnly: DevicePrice): Readonly<Record<PathStage, number>> {
  const stages = PATH_STAGES.map((stage) => [stage, Math.max(0, whole.byStage[stage] - writeOnly.byStage[stage])]);
  return Object.fromEntries(stages) as Record<PathStage, number>;
}

const NONE: PathStep['holds'] = {
  call: 'none',
  page_cache: 'none',
  journal: 'none',
  drive_cache: 'none',
  media: 'none',
};

const ON_MEDIA: Readonly<Record<MediaKind, string>> = {
  dram: 'Memory has nothing below it: the power goes, and so do the bytes.',
  nvme: 'The drive programs the flash page it had open, full or not, and a page of its map. Only now is it safe.',
  sata: 'The drive programs the flash page it had open, full or not, and a page of its map. Only now is it safe.',
  hdd: 'The arm moves to the track and waits for the place to come round: up to a whole turn, 8.3 ms. Only now is it safe.',
};

export function pathSteps(options: PathOptions): readonly PathStep[] {
  const { kind, grown, reach } = options;
  const steps: PathStep[] = [
    {
      title: 'write()',
      sentence:
        'The page writes. The bytes are copied into the page cache of the system, and the call returns. If the tab dies now they stay; if the power goes, they are gone.',
      stage: 'page_cache',
      holds: { ...NONE, page_cache: 'memory' },
    },
    {
      title: 'flush()',
      sentence: 'The page asks for a flush: a message to the browser’s own process, and there one call of the system.',
      stage: 'call',
      holds: { ...NONE, call: 'handed', page_cache: 'memory' },
    },
  ];
  if (reach === 'page_cache') {
    steps.push({
      title: 'It returns',
      sentence:
        'On this browser and platform nothing more happens. The flush has returned, and the bytes are where they were: in memory.',
      stage: undefined,
      holds: { ...NONE, page_cache: 'memory' },
    });
    return steps;
  }
  steps.push(
    {
      title: 'Dirty pages go',
      sentence: 'The system collects the dirty pages of this one file, joins neighbours, and sends them to the drive.',
      stage: 'drive_cache',
      holds: { ...NONE, page_cache: 'memory', drive_cache: 'handed' },
    },
    {
      title: grown ? 'The journal' : 'No journal',
      sentence: grown
        ? 'The file has grown, so the file system writes its new length to its journal, has that made safe, and then writes the block that says it counts. Two writes and one flush more.'
        : 'The file kept its length, so the journal has nothing to do. This is why a log is made as long as it will be before it is used.',
      stage: 'journal',
      holds: { ...NONE, page_cache: 'memory', journal: grown ? 'handed' : 'none', drive_cache: 'handed' },
    },
  );
  if (reach === 'drive_cache') {
    steps.push({
      title: 'It returns',
      sentence:
        'On this browser and platform the drive is not asked to empty its cache. The flush has returned, and the bytes are in the drive’s memory: a power cut takes them.',
      stage: undefined,
      holds: { ...NONE, page_cache: 'memory', journal: grown ? 'handed' : 'none', drive_cache: 'handed' },
    });
    return steps;
  }
  const media: Holding = kind === 'dram' ? 'memory' : 'durable';
  steps.push(
    {
      title: 'Down to the medium',
      sentence: `The drive is asked to empty its cache, and does not answer before it has. ${ON_MEDIA[kind]}`,
      stage: 'media',
      holds: { ...NONE, page_cache: 'memory', journal: grown ? media : 'none', drive_cache: 'handed', media },
    },
    {
      title: 'It returns',
      sentence:
        kind === 'dram'
          ? 'The call returns. Nothing has been made durable.'
          : 'The call returns, and only now may anybody be told that the bytes are safe.',
      stage: undefined,
      holds: { ...NONE, page_cache: 'memory', journal: grown ? media : 'none', media },
    },
  );
  return steps;
}

export interface MeasuredStage {
  readonly ns: number;
  /** How the figure was come by. */
  readonly how: string;
}

/** What the stopwatch can say of each stage; nothing where it cannot. */
export function measuredStages(
  notes: readonly ProbeNote[],
  { dirtyBytes, grown }: PathOptions,
): Readonly<Partial<Record<PathStage | 'whole', MeasuredStage>>> {
  const flush = (wanted: FlushCase): number | undefined =>
    notes.flatMap((note) => (note.kind === 'flush' && note.case === wanted ? [note.times.typicalNs] : []))[0];
  const write = notes.flatMap((note) =>
    note.kind === 'call' && note.series === 'write_random' && note.bytes === dirtyBytes ? [note.times.typicalNs] : [],
  )[0];
  const nothing = flush('nothing');
  const page = flush('page');
  const grownPage = flush('page_grown');
  const dirty = dirtyBytes === 4096 ? page : flush('one_mib');
  const result: Partial<Record<PathStage | 'whole', MeasuredStage>> = {};
  if (write !== undefined)
    result.page_cache = { ns: write, how: 'one write call, its message to the browser included' };
  if (nothing !== undefined) result.call = { ns: nothing, how: 'a flush with nothing dirty' };
  if (dirty !== undefined) {
    const journal = page !== undefined && grownPage !== undefined ? grownPage - page : 0;
    result.whole = { ns: grown ? dirty + Math.max(0, journal) : dirty, how: 'the whole flush' };
    if (nothing !== undefined && dirty > nothing) {
      result.media = {
        ns: dirty - nothing,
        how: 'the whole flush less one with nothing dirty: drive and medium together',
      };
    }
    if (grown && journal > 0) result.journal = { ns: journal, how: 'a flush after growing less one without' };
  }
  return result;
}
