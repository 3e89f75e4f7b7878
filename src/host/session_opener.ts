/** Makes sessions: finds the device that a spec asks for, and opens the store on it. */
import { assert } from '../base/assert';
import { MemoryStorage } from '../storage/memory';
import { writeImages } from '../storage/images';
import { SimulatedDisk } from '../storage/simulated/disk';
import { PROFILES } from '../storage/simulated/profiles';
import type { SessionInfo, SessionSettings, SessionSpec, StoreImages } from '../protocol/session';
import type { SessionId } from '../protocol/trace';
import { parseScript } from '../workload/parser';
import type { DatasetLibrary } from './dataset_library';
import { FileDevice, SimulatedDevice, totalBytes, type Device } from './device';
import type { HostEnvironment, LearnerCalls } from './environment';
import { scriptInvalid } from './lab_error';
import { settingsOf } from './script_settings';
import { Session, type SessionOptions } from './session';

/** What a new scratch store may come to, when nothing more is known: its log, and as much again. */
const SCRATCH_BYTES = 4 * 1024 * 1024;

export interface Opening {
  readonly spec: SessionSpec;
  /** Instead of what the spec and its script say. */
  readonly settings?: SessionSettings;
  readonly keepLedger?: boolean;
  readonly forkedFrom?: SessionInfo['forkedFrom'];
  readonly takeOver?: boolean;
  /** On this one, instead of the one the spec asks for. */
  readonly device?: Device;
}

interface OpenedDevice {
  readonly device: Device;
  readonly folder?: string;
  readonly isStandIn: boolean;
}

export class SessionOpener {
  readonly #environment: HostEnvironment;
  readonly #datasets: DatasetLibrary;
  readonly #learnerCalls: LearnerCalls;
  #nextId: SessionId = 1;

  constructor(environment: HostEnvironment, datasets: DatasetLibrary, learnerCalls: LearnerCalls) {
    this.#environment = environment;
    this.#datasets = datasets;
    this.#learnerCalls = learnerCalls;
  }

  /** The session, its store open, or down with the reason in its info. */
  async open(opening: Opening): Promise<Session> {
    const session = await this.prepare(opening);
    session.open();
    return session;
  }

  /** The session before its store is opened. */
  async prepare({ device: own, forkedFrom, keepLedger, settings: given, spec, takeOver }: Opening): Promise<Session> {
    const { script, errors } = parseScript(spec.script ?? '');
    if (errors.length > 0) throw scriptInvalid(errors);
    const { drawSeed, hop, now } = this.#environment;
    const settings = given ?? settingsOf(spec, script, drawSeed);
    const opened: OpenedDevice =
      own === undefined ? await this.#device(spec, settings, takeOver === true) : { device: own, isStandIn: false };
    const { device, isStandIn } = opened;
    const options: SessionOptions = {
      id: this.#nextId++,
      store: spec.store,
      device,
      settings,
      datasets: this.#datasets,
      hop,
      now,
      isStandIn,
      ...(spec.traced !== undefined && { traced: spec.traced }),
      ...(keepLedger !== undefined && { keepLedger }),
      ...(forkedFrom !== undefined && { forkedFrom }),
      ...(opened.folder !== undefined && { folder: opened.folder }),
    };
    return new Session(options);
  }

  async #device(
    spec: SessionSpec,
    { device: kind, profile }: SessionSettings,
    takeOver: boolean,
  ): Promise<OpenedDevice> {
    const { images } = spec;
    if (kind === 'simulated')
      return { device: new SimulatedDevice(new SimulatedDisk(copyOf(images), PROFILES[profile])), isStandIn: false };
    if (kind === 'memory' || this.#environment.storage === 'memory') {
      const files = new MemoryStorage(images).openNow({ create: true });
      return { device: new FileDevice('memory', files), isStandIn: kind === 'file' };
    }
    if (spec.store === 'learner') {
      assert(images === undefined, 'the learner’s store keeps its own bytes');
      const files = await this.#environment.openLearner(this.#learnerCalls, takeOver);
      return { device: new FileDevice('file', files), isStandIn: false };
    }
    return this.#scratch(spec);
  }

  async #scratch({ folder: known, images }: SessionSpec): Promise<OpenedDevice> {
    const expectedBytes = images === undefined ? SCRATCH_BYTES : totalBytes(lengthsOf(images)) * 2;
    const folder = known ?? (await this.#environment.addScratch(expectedBytes));
    const files = await this.#environment.openScratch(folder);
    if (images !== undefined) writeImages(files, images);
    return { device: new FileDevice('file', files), folder, isStandIn: false };
  }
}

/** The simulated disk keeps the images it is given, and they may belong to a session. */
function copyOf(images: StoreImages | undefined): Partial<StoreImages> {
  if (images === undefined) return {};
  const { superblock, log, data_0, data_1 } = images;
  return { superblock: superblock.slice(), log: log.slice(), data_0: data_0.slice(), data_1: data_1.slice() };
}

export function lengthsOf({ superblock, log, data_0, data_1 }: StoreImages): Record<keyof StoreImages, number> {
  return { superblock: superblock.length, log: log.length, data_0: data_0.length, data_1: data_1.length };
}
