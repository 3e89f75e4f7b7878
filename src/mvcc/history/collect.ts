/** The ww, wr and rw between the transactions that count, from what was read and from the order of the versions. */
import { Dependencies, RW, RW_PREDICATE, WR, WW } from './dependency';
import type { Readings } from './readings';
import type { VersionOrders } from './version_order';
import { NOBODY, type Versions } from './versions';

export function collectDependencies(versions: Versions, readings: Readings, orders: VersionOrders): Dependencies {
  const found = new Dependencies();
  for (let version = 0; version < versions.count; version++) {
    const writer = versions.writerOf(version);
    if (writer === NOBODY) continue;
    for (const next of orders.after(version)) found.add(writer, versions.writerOf(next), WW, version, next);
  }
  for (const { isByScan, operation, transaction, version } of readings.all) {
    const writer = versions.writerOf(version);
    if (writer !== NOBODY && versions.counts[writer] === 1) found.add(writer, transaction, WR, version, -1, operation);
    for (const next of orders.after(version)) {
      // A scan asks which keys there are; one that comes or goes changes its answer, one that changes does not.
      const comesOrGoes = versions.valueOf(version) === null || versions.valueOf(next) === null;
      const kind = isByScan && comesOrGoes ? RW_PREDICATE : RW;
      found.add(transaction, versions.writerOf(next), kind, version, next, operation);
    }
  }
  return found;
}
