/**
 * Which call goes wrong, and how: one loop for each way a kind of call can fail, once and from there on, with k rising
 * over all calls of that kind that a sound run makes.
 */
import { SECTOR_BYTES } from '../../storage/file';
import type { Fault, FaultScript, FaultyCall, FullDisk } from '../../storage/fault_script';

/** A write can be short by all but one byte: how many that is, the write itself says. */
type Effect = Fault['effect'] | { readonly kind: 'short_by_one' };

export const LOOPS = {
  'read fails': { call: 'read', effect: { kind: 'fail' } },
  'read gives zeros': { call: 'read', effect: { kind: 'zeros' } },
  'read gives nothing': { call: 'read', effect: { kind: 'short', count: 0 } },
  'read gives 10 bytes': { call: 'read', effect: { kind: 'short', count: 10 } },
  'write fails': { call: 'write', effect: { kind: 'fail' } },
  'write lands and fails': { call: 'write', effect: { kind: 'fail_after' } },
  'write takes nothing': { call: 'write', effect: { kind: 'short', count: 0 } },
  'write takes 1 byte': { call: 'write', effect: { kind: 'short', count: 1 } },
  'write takes all but 1 byte': { call: 'write', effect: { kind: 'short_by_one' } },
  'write says 2^32 - 8 bytes': { call: 'write', effect: { kind: 'short', count: 2 ** 32 - 8 } },
  'flush fails': { call: 'flush', effect: { kind: 'fail' } },
  'flush works and fails': { call: 'flush', effect: { kind: 'fail_after' } },
  'flush fails and drops': { call: 'flush', effect: { kind: 'fail_and_drop' } },
  'truncate fails': { call: 'truncate', effect: { kind: 'fail' } },
} as const satisfies Readonly<Record<string, { readonly call: FaultyCall; readonly effect: Effect }>>;

/** A disk that is full after so many sectors: the write that no longer fits is refused, or cut short once. */
export const FULL_LOOPS = {
  'disk full, refused': 'refused',
  'disk full, cut short': 'short',
} as const satisfies Readonly<Record<string, FullDisk['lastWrite']>>;

export type LoopName = keyof typeof LOOPS | keyof typeof FULL_LOOPS;
export const LOOP_NAMES = [...Object.keys(LOOPS), ...Object.keys(FULL_LOOPS)] as readonly LoopName[];

/** One trial. `nth`: the call that is hit, or how many sectors fit on the disk. */
export interface PlannedFault {
  readonly loop: LoopName;
  readonly nth: number;
  readonly forever: boolean;
}

/** What a run without faults did. */
export interface SoundRun {
  readonly calls: Readonly<Record<FaultyCall, number>>;
  /** Bytes of each write, in order. */
  readonly writeLengths: readonly number[];
  readonly sectorsHeld: number;
}

/** Every k up to the last call that a sound run makes: before the fault, a faulty run is the sound one. */
export function* plannedFaults(loop: LoopName, sound: SoundRun): Generator<PlannedFault, void> {
  if (isFull(loop)) {
    for (let nth = 0; nth < sound.sectorsHeld; nth++) yield { loop, nth, forever: true };
    return;
  }
  for (const forever of [false, true]) {
    for (let nth = 1; nth <= sound.calls[LOOPS[loop].call]; nth++) yield { loop, nth, forever };
  }
}

const isFull = (loop: LoopName): loop is keyof typeof FULL_LOOPS => loop in FULL_LOOPS;

/** Where a run stands when its files are opened again: calls made so far, and bytes held. */
export interface DeviceSoFar {
  readonly calls: Readonly<Record<FaultyCall, number>>;
  readonly bytesHeld: number;
}

/** The script for the next opening of the files: calls are counted over the whole run, which opens them several times. */
export function scriptFor(
  fault: PlannedFault | undefined,
  sound: SoundRun | undefined,
  sofar: DeviceSoFar,
): FaultScript {
  if (fault === undefined) return { faults: [] };
  const { forever, loop, nth } = fault;
  if (isFull(loop)) {
    const growthBytes = Math.max(0, nth * SECTOR_BYTES - sofar.bytesHeld);
    return { faults: [], full: { growthBytes, lastWrite: FULL_LOOPS[loop] } };
  }
  const { call, effect } = LOOPS[loop];
  const left = nth - sofar.calls[call];
  if (left <= 0 && !forever) return { faults: [] };
  const when = { nth: Math.max(1, left), forever };
  const real =
    effect.kind === 'short_by_one'
      ? ({ kind: 'short', count: (sound?.writeLengths[nth - 1] ?? 1) - 1 } as const)
      : effect;
  return { faults: [{ ...when, call, effect: real } as Fault] };
}

export function faultInWords({ forever, loop, nth }: PlannedFault): string {
  if (isFull(loop)) return `${loop}: room for ${nth} sectors`;
  return `${loop}: call ${nth}${forever ? ' and every one after it' : ', once'}`;
}
