/** What a script can switch off, by name; the compiler holds the lists equal to what there is. */
import { ALL_PROTECTIONS, type TreeFormat } from '../kv_store/types';
import type { CarelessName } from '../storage/careless';
import type { PersistenceProfile } from '../storage/simulated/profiles';
import type { ProtectionName } from './command';

export const PROTECTION_NAMES = Object.keys(ALL_PROTECTIONS) as readonly ProtectionName[];

export const CARELESS_NAMES = Object.keys({
  logFlush: true,
  dataFlush: true,
  superblockFlush: true,
  logWriteBeforeFlush: true,
  dataWriteBeforeFlush: true,
  superblockWriteBeforeFlush: true,
  everyLogWrite: true,
  everyDataWrite: true,
  everySuperblockWrite: true,
} satisfies Record<CarelessName, true>) as readonly CarelessName[];

export const PAGE_PROTECTION_NAMES = Object.keys({
  copy_on_write: true,
  double_write: true,
  none: true,
  log_images: true,
} satisfies Record<TreeFormat['protection'], true>) as readonly TreeFormat['protection'][];

export const PROFILE_NAMES = Object.keys({
  process_crash: true,
  measured_ext4: true,
  adversarial: true,
  liar: true,
  psow_off: true,
} satisfies Record<PersistenceProfile['name'], true>) as readonly PersistenceProfile['name'][];
