/** Sessions for tests: in memory or on the simulated disk, without a worker around them. */
import { MemoryStorage } from '../../storage/memory';
import { SimulatedDisk } from '../../storage/simulated/disk';
import { PROFILES, type PersistenceProfile } from '../../storage/simulated/profiles';
import type { StoreImages, SessionSpec } from '../../protocol/session';
import { parseScript } from '../../workload/parser';
import { DatasetLibrary } from '../dataset_library';
import { FileDevice, SimulatedDevice, type Device } from '../device';
import { scriptInvalid } from '../lab_error';
import { settingsOf } from '../script_settings';
import { Session, type SessionOptions } from '../session';

export function deviceFor(
  kind: Device['kind'],
  images: Partial<StoreImages> = {},
  profile: PersistenceProfile = PROFILES.adversarial,
): Device {
  if (kind === 'simulated') return new SimulatedDevice(new SimulatedDisk(images, profile));
  return new FileDevice(kind, new MemoryStorage(images).openNow({ create: true }));
}

/** A session on which the settings of `text` hold and all its commands have been run. */
export function runScript(
  text: string,
  spec: Partial<SessionSpec> = {},
  options: Partial<SessionOptions> = {},
): Session {
  const { script, errors } = parseScript(text);
  if (errors.length > 0) throw scriptInvalid(errors);
  const session = openScript(text, spec, options);
  for (const { line, command } of script.lines) session.execute(command, line);
  return session;
}

/** The same, before its first command. */
export function openScript(
  text: string,
  spec: Partial<SessionSpec> = {},
  options: Partial<SessionOptions> = {},
): Session {
  const { script } = parseScript(text);
  const settings = settingsOf({ store: 'by_script', ...spec }, script, () => 1);
  const session = new Session({
    id: 1,
    store: spec.store ?? 'by_script',
    device: deviceFor(settings.device, spec.images, PROFILES[settings.profile]),
    settings,
    datasets: new DatasetLibrary(),
    hop: () => {},
    now: () => 0,
    ...options,
  });
  session.open();
  return session;
}
