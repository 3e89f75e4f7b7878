/**
 * A link to a moment, and the session file for what is too long for a link.
 *
 * Both say how to get there (a script, its settings, a step), never what is there, so they stay small and the run
 * that opens is a real one. Where a room shows many runs or none there is no step to name: a link to such a *place*
 * carries what was chosen there, and never a guess, an answer or a time measured on somebody's machine. Both come from
 * strangers: everything is checked against a schema before anything is done, unknown fields are refused, and every
 * length has a limit.
 *
 *     #1.<base64url of the UTF-8 JSON of a Moment or a Place>
 *      ^ version of the form
 */
import * as v from 'valibot';
import { SCRIPTED_ANOMALIES } from '../mvcc/history/anomaly_scripts';
import { MVCC_TASKS } from '../protocol/mvcc';
import { FILE_NAMES } from '../storage/file';
import type { DeviceKind } from '../workload/command';
import { CARELESS_NAMES, PAGE_PROTECTION_NAMES, PROFILE_NAMES } from '../workload/protection_names';

export const LINK_VERSION = 1;
/** Longer links are cut by chat programs; such a moment goes into a file. */
export const LINK_CHARACTERS_MAX = 6000;
export const FILE_CHARACTERS_MAX = 4_000_000;
export const SCRIPT_CHARACTERS_MAX = 1_000_000;

const MODES = ['watch', 'play', 'break', 'prove'] as const;
const DEVICES = ['simulated', 'memory', 'file'] as const satisfies readonly DeviceKind[];

const whole = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));
const COUNT = whole(2 ** 40);

const SelectionSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('none') }),
  v.strictObject({ kind: v.literal('event'), seq: COUNT }),
  v.strictObject({ kind: v.literal('lsn'), lsn: COUNT }),
  v.strictObject({ kind: v.literal('key'), keyHex: v.pipe(v.string(), v.regex(/^([0-9a-f]{2}){1,1024}$/)) }),
  v.pipe(
    v.strictObject({ kind: v.literal('bytes'), file: v.picklist(FILE_NAMES), from: COUNT, to: COUNT }),
    v.check(({ from, to }) => from <= to, 'a range of bytes starts before it ends'),
  ),
  v.strictObject({ kind: v.literal('site'), site: whole(100_000) }),
]);

const FilterPrefixSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('whole_key') }),
  v.strictObject({ kind: v.literal('all_but_last'), bytes: whole(255) }),
]);
const FormatSchema = v.strictObject({
  logBytes: v.exactOptional(whole(2 ** 31)),
  extentBytes: v.exactOptional(whole(65_536)),
  groupAlignBytes: v.exactOptional(v.picklist([512, 4096])),
  tree: v.exactOptional(v.strictObject({ pageBytes: whole(65_536), protection: v.picklist(PAGE_PROTECTION_NAMES) })),
  lsm: v.exactOptional(v.strictObject({ filterPrefix: FilterPrefixSchema })),
  versions: v.exactOptional(v.boolean()),
});
const ratio = whole(1000);
const bits = v.pipe(v.number(), v.minValue(0), v.maxValue(1000));
const LsmTuningSchema = v.strictObject({
  memtableBytes: v.exactOptional(whole(2 ** 31)),
  cacheBytes: v.exactOptional(whole(2 ** 31)),
  blockBytes: v.exactOptional(whole(2 ** 31)),
  tableBytes: v.exactOptional(whole(2 ** 31)),
  restartInterval: v.exactOptional(whole(65_535)),
  filter: v.exactOptional(
    v.strictObject({
      kind: v.picklist(['none', 'full', 'partitioned']),
      bitsPerKey: bits,
      allocation: v.picklist(['equal', 'monkey']),
      byLevel: v.exactOptional(v.pipe(v.array(bits), v.minLength(1), v.maxLength(64), v.readonly())),
    }),
  ),
  policy: v.exactOptional(
    v.variant('kind', [
      v.strictObject({ kind: v.literal('leveled'), ratio, l0Tables: whole(1000) }),
      v.strictObject({ kind: v.literal('tiered'), ratio }),
      v.strictObject({ kind: v.literal('lazy_leveling'), ratio }),
    ]),
  ),
});
const TuningSchema = v.strictObject({
  checkpointLogBytes: v.exactOptional(whole(2 ** 31)),
  relaxedFlushBytes: v.exactOptional(whole(2 ** 31)),
  poolBytes: v.exactOptional(whole(2 ** 31)),
  idleTicksMax: v.exactOptional(whole(2 ** 31)),
  lsm: v.exactOptional(LsmTuningSchema),
});
const PROTECTIONS = [
  'flushBeforeAcknowledge',
  'logChecksum',
  'logSalt',
  'alignedGroups',
  'wholeWrites',
  'poisonOnFailedFlush',
  'dataBeforeSuperblock',
  'twoSuperblockSlots',
  'superblockBeforeReuse',
  'checkpointChecksum',
  'pageProtection',
  'imagesBeforeSuperblock',
  'tablesBeforeManifest',
  'manifestBeforeReuse',
  'tombstonesToTheBottom',
  'validateWrites',
  'trackReads',
  'trackRanges',
  'snapshotReads',
  'hideUncommitted',
  'ownWrites',
  'publishInLogOrder',
  'wholeCommits',
  'keepVersionAtWatermark',
] as const;
const ProtectionsSchema = v.record(v.picklist(PROTECTIONS), v.boolean());

const MomentSchema = v.strictObject({
  version: v.literal(LINK_VERSION),
  room: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,30}$/)),
  mode: v.picklist(MODES),
  /** The run: every command, one a line. */
  script: v.pipe(v.string(), v.maxLength(SCRIPT_CHARACTERS_MAX)),
  device: v.picklist(DEVICES),
  seed: whole(Number.MAX_SAFE_INTEGER),
  format: v.exactOptional(FormatSchema),
  tuning: v.exactOptional(TuningSchema),
  protections: v.exactOptional(ProtectionsSchema),
  /** Flushes and writes that the run does without, and what its modelled disk may lose. */
  careless: v.exactOptional(v.pipe(v.array(v.picklist(CARELESS_NAMES)), v.maxLength(CARELESS_NAMES.length))),
  profile: v.exactOptional(v.picklist(PROFILE_NAMES)),
  openingCrash: v.exactOptional(v.strictObject({ io: COUNT, prefixBytes: v.exactOptional(COUNT) })),
  seq: COUNT,
  fraction: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  selection: v.exactOptional(SelectionSchema),
});

export type Moment = v.InferOutput<typeof MomentSchema>;

// ---- Places. Lists of names are written out: a link must not change its meaning because a list elsewhere did. ----

const between = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const MICROS_MAX = 1e7;

const MediaPlaceSchema = v.strictObject({
  version: v.literal(LINK_VERSION),
  room: v.literal('media'),
  mode: v.picklist(MODES),
  media: v.strictObject({
    /** Watch: one flush taken apart. */
    path: v.strictObject({
      kind: v.picklist(['dram', 'nvme', 'sata', 'hdd']),
      dirtyBytes: v.picklist([4096, 1_048_576]),
      grown: v.boolean(),
      /** Browser and platform in words; one that is not known any more is the first. */
      route: v.pipe(v.string(), v.maxLength(80)),
    }),
    step: whole(20),
    /** Play. */
    tab: v.picklist(['disk', 'models', 'run', 'experiments']),
    workload: v.strictObject({
      blockLog: between(9, 20),
      depthLog: between(0, 8),
      randomShare: share,
      writes: v.boolean(),
    }),
    experiment: v.strictObject({
      open: v.picklist(['sequential', 'append', 'flush']),
      batch: v.picklist([1, 4, 16, 64]),
      alignBytes: v.picklist([512, 4096]),
    }),
    /** Break. */
    removed: v.picklist(['page_cache', 'journal', 'drive_cache', 'reach', 'flush']),
    /** Prove: the same question again. */
    task: v.exactOptional(v.strictObject({ id: v.picklist(['order', 'batch', 'wear']), seed: whole(2 ** 32 - 1) })),
  }),
});

const STEPS = ['acknowledge', 'data_flush', 'log_append', 'log_flush', 'page_write', 'publish'] as const;

const DeskPlaceSchema = v.strictObject({
  version: v.literal(LINK_VERSION),
  room: v.literal('wal'),
  mode: v.picklist(['play', 'prove']),
  desk: v.strictObject({
    preset: v.picklist(['alone', 'together', 'too_fast', 'patient', 'slow_flush', 'checkpoints', 'omission']),
    /** Absent: as the preset has them, with its question first. */
    knobs: v.exactOptional(
      v.strictObject({
        clients: between(1, 1024),
        arrivalsPerSecond: between(1, 1e6),
        mostWaitMicros: whole(MICROS_MAX),
        mostBatch: between(1, 100_000),
        flushMicros: whole(MICROS_MAX),
        slowFlushEvery: whole(1e6),
        valueBytes: whole(4096),
        checkpointKib: between(16, 512),
        mode: v.picklist(['strict', 'relaxed']),
        loop: v.picklist(['open', 'closed']),
      }),
    ),
    seed: whole(2 ** 32 - 1),
    /** The piece of time that was looked at, in microseconds, and the commit. */
    span: v.exactOptional(v.strictObject({ from: whole(1e12), to: whole(1e12) })),
    commit: v.exactOptional(whole(50_000)),
    order: v.exactOptional(
      v.pipe(
        v.array(v.picklist(STEPS)),
        v.length(STEPS.length),
        v.check((order) => new Set(order).size === STEPS.length, 'each step once'),
      ),
    ),
  }),
});

const TreeDeskPlaceSchema = v.strictObject({
  version: v.literal(LINK_VERSION),
  room: v.literal('btree'),
  mode: v.picklist(['play', 'prove']),
  treeDesk: v.strictObject({
    experiment: v.picklist(['orders', 'height', 'spikes', 'memory', 'writes']),
    /** By name; a value that is no stop of its knob any more is left as it usually is. */
    knobs: v.record(v.pipe(v.string(), v.regex(/^[a-zA-Z]{1,20}$/)), whole(1e7)),
    measure: v.picklist(['bytes', 'pages', 'nvme', 'sata', 'hdd']),
    seed: whole(2 ** 31),
    /** Prove: the same tree again. */
    task: v.exactOptional(
      v.strictObject({ kind: v.picklist(['split', 'rebalance', 'reads', 'writes']), seed: whole(2 ** 31) }),
    ),
  }),
});

const LsmDeskPlaceSchema = v.strictObject({
  version: v.literal(LINK_VERSION),
  room: v.literal('lsm'),
  mode: v.picklist(['play', 'prove']),
  lsmDesk: v.strictObject({
    experiment: v.picklist(['policies', 'filters', 'no_compaction', 'pressure', 'cache']),
    /** By name; a value that is no stop of its knob any more is left as it usually is. */
    knobs: v.record(v.pipe(v.string(), v.regex(/^[a-zA-Z]{1,20}$/)), whole(1e7)),
    measure: v.picklist(['bytes', 'nvme', 'sata', 'hdd']),
    seed: whole(2 ** 31),
    /** Prove: the same tree again. */
    task: v.exactOptional(
      v.strictObject({ kind: v.picklist(['compaction', 'bytes', 'read', 'design']), seed: whole(2 ** 31) }),
    ),
  }),
});

const MvccDeskPlaceSchema = v.strictObject({
  version: v.literal(LINK_VERSION),
  room: v.literal('mvcc'),
  mode: v.picklist(['play', 'prove']),
  mvccDesk: v.strictObject({
    experiment: v.picklist(['grid', 'memory', 'lanes', 'checker']),
    /** By name; a value that is no stop of its knob any more is left as it usually is. */
    knobs: v.record(v.pipe(v.string(), v.regex(/^[a-zA-Z]{1,20}$/)), whole(1e7)),
    seed: whole(2 ** 31),
    /** The cell of the grid that is open. */
    cell: v.exactOptional(
      v.strictObject({
        row: v.picklist(SCRIPTED_ANOMALIES),
        column: v.picklist(['none', 'snapshot', 'serializable']),
      }),
    ),
    /** Of the lanes: those with locks are in sight. */
    locked: v.exactOptional(v.boolean()),
    /** Prove: the same history again. */
    task: v.exactOptional(v.strictObject({ kind: v.picklist(MVCC_TASKS), seed: whole(2 ** 31) })),
  }),
});

const EXAMPLES = [
  'commit',
  'group',
  'relaxed',
  'checkpoint',
  'split',
  'merge',
  'reuse',
  'reopen',
  'full_lap',
  'short_write',
  'failed_flush',
] as const;

const CrashPlaceSchema = v.strictObject({
  version: v.literal(LINK_VERSION),
  room: v.literal('crash'),
  mode: v.picklist(MODES),
  crash: v.strictObject({
    /** What the map is of: the same choices give the same run, the same states and the same verdicts. */
    map: v.exactOptional(
      v.strictObject({
        /** An example by name, or a script. */
        preset: v.exactOptional(v.picklist(EXAMPLES)),
        script: v.exactOptional(v.pipe(v.string(), v.maxLength(SCRIPT_CHARACTERS_MAX))),
        /** Of a run over a B-tree: in place of what its script says. */
        pages: v.exactOptional(v.picklist(PAGE_PROTECTION_NAMES)),
        profile: v.picklist(PROFILE_NAMES),
        off: v.pipe(v.array(v.picklist([...PROTECTIONS, ...CARELESS_NAMES])), v.maxLength(40)),
        statesMax: v.picklist([64, 256, 1024, 4096]),
        seed: whole(2 ** 32 - 1),
        crashRecovery: v.boolean(),
        /** All states were checked: they are again. */
        checked: v.boolean(),
        io: v.exactOptional(COUNT),
        /** The state on the disk board. */
        state: v.exactOptional(v.pipe(v.string(), v.maxLength(4000))),
      }),
    ),
    /** Watch: which step of the tour, or the lesson on names. */
    step: v.exactOptional(v.picklist(['run', 'point', 'map', 'off', 'cell', 'on', 'names'])),
    /** Prove: the same question again. */
    task: v.exactOptional(
      v.strictObject({ id: v.picklist(['how_many', 'which', 'challenge']), seed: whole(2 ** 32 - 1) }),
    ),
  }),
});

export type MediaPlace = v.InferOutput<typeof MediaPlaceSchema>;
export type DeskPlace = v.InferOutput<typeof DeskPlaceSchema>;
export type CrashPlace = v.InferOutput<typeof CrashPlaceSchema>;
export type TreeDeskPlace = v.InferOutput<typeof TreeDeskPlaceSchema>;
export type LsmDeskPlace = v.InferOutput<typeof LsmDeskPlaceSchema>;
export type MvccDeskPlace = v.InferOutput<typeof MvccDeskPlaceSchema>;
export type Place = MediaPlace | DeskPlace | CrashPlace | TreeDeskPlace | LsmDeskPlace | MvccDeskPlace;

export function isPlace(moment: Moment | Place): moment is Place {
  return !('script' in moment);
}

export type Opened =
  | { readonly ok: true; readonly moment: Moment | Place }
  /** `reason`: one sentence for the reader; nothing was run. */
  | { readonly ok: false; readonly reason: string };

/** The hash for a moment, with its `#`; undefined when it is too long for a link. */
export function linkTo(moment: Moment | Place): string | undefined {
  const link = `#${LINK_VERSION}.${toBase64Url(JSON.stringify(moment))}`;
  return link.length <= LINK_CHARACTERS_MAX ? link : undefined;
}

/** True where the hash of an address claims to be a moment: then `openLink` says whether it is one. */
export function isLink(hash: string): boolean {
  return /^#\d/.test(hash);
}

export function openLink(hash: string): Opened {
  const match = /^#(\d{1,4})\.([A-Za-z0-9_-]*)$/.exec(hash);
  if (match === null || hash.length > LINK_CHARACTERS_MAX) return refuse('it is not a link of Faultline');
  if (Number(match[1]) !== LINK_VERSION) {
    return refuse(`it is of form ${match[1]!}, and this version of the lab reads form ${LINK_VERSION}`);
  }
  const text = fromBase64Url(match[2]!);
  return text === undefined ? refuse('its text is damaged') : openText(text);
}

/** A session file: the same moment as readable JSON. */
export function fileOf(moment: Moment | Place): string {
  return `${JSON.stringify({ faultline: 'session', ...moment }, null, 2)}\n`;
}

export function openFile(text: string): Opened {
  if (text.length > FILE_CHARACTERS_MAX) return refuse('the file is too large to be a session file');
  const json = parseJson(text);
  if (!isObject(json) || json['faultline'] !== 'session') return refuse('it is not a session file of Faultline');
  const { faultline: _, ...moment } = json;
  return check(moment);
}

function openText(text: string): Opened {
  const json = parseJson(text);
  return json === undefined ? refuse('its text is damaged') : check(json);
}

function check(value: unknown): Opened {
  if (isObject(value) && typeof value['version'] === 'number' && value['version'] > LINK_VERSION) {
    return refuse('a later version of the lab made it');
  }
  const result = v.safeParse(schemaFor(value), value, { abortEarly: true });
  if (result.success) return { ok: true, moment: result.output };
  const path = v.getDotPath(result.issues[0]);
  return refuse(path === null ? 'its content is not a moment' : `its field \`${path}\` is not valid`);
}

/** By the one field that only this kind has: a union would say of nothing which field is wrong. */
function schemaFor(
  value: unknown,
):
  | typeof MomentSchema
  | typeof MediaPlaceSchema
  | typeof DeskPlaceSchema
  | typeof CrashPlaceSchema
  | typeof TreeDeskPlaceSchema
  | typeof LsmDeskPlaceSchema
  | typeof MvccDeskPlaceSchema {
  if (isObject(value) && Object.hasOwn(value, 'media')) return MediaPlaceSchema;
  if (isObject(value) && Object.hasOwn(value, 'crash')) return CrashPlaceSchema;
  if (isObject(value) && Object.hasOwn(value, 'treeDesk')) return TreeDeskPlaceSchema;
  if (isObject(value) && Object.hasOwn(value, 'lsmDesk')) return LsmDeskPlaceSchema;
  if (isObject(value) && Object.hasOwn(value, 'mvccDesk')) return MvccDeskPlaceSchema;
  return isObject(value) && Object.hasOwn(value, 'desk') ? DeskPlaceSchema : MomentSchema;
}

function refuse(why: string): Opened {
  return { ok: false, reason: `This link or file was not opened: ${why}. Nothing was run.` };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function toBase64Url(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): string | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
