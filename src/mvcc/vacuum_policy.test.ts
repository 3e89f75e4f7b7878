import { describe, expect, it } from 'vitest';
import { lsn } from '../base/ids';
import { vacuumDue, type GarbagePressure } from './vacuum_policy';

const FRESH: GarbagePressure = {
  ...{
    bytes: 1000,
    lastPass: undefined,
    bytesAtOpening: 0,
    watermark: lsn(50),
    isHeld: false,
    percent: 50,
    bytesMin: 100,
  },
};
/** A pass at 20 that left 400 bytes, of which somebody held 100. */
const LAST = {
  ...{ versionsSeen: 9, bytesSeen: 900, versionsCollected: 5, bytesCollected: 500, bytesHeld: 100, watermark: lsn(20) },
};
const after = (bytes: number, more: Partial<GarbagePressure> = {}) =>
  vacuumDue({ ...FRESH, bytes, lastPass: LAST, ...more });

describe('a pass of vacuum', () => {
  it('is due when what was written since the last one, and what that one had to leave, is the share', () => {
    expect(after(700)).toMatchObject({ isDue: true, garbageBytesMax: 400 });
    expect(after(599)).toMatchObject({ isDue: false, garbageBytesMax: 299 });
    expect(after(400, { percent: 20 })).toMatchObject({ isDue: true, garbageBytesMax: 100 });
    expect(after(300)).toMatchObject({ isDue: false, garbageBytesMax: 100 });
    expect(after(700).why).toBe('at most 400 of 700 bytes are garbage: a pass begins at 350');
  });

  it('is not due as long as the oldest snapshot is still the one of the last pass (J1)', () => {
    const parked = { watermark: lsn(20), isHeld: true };
    expect(after(5000, parked)).toMatchObject({ isDue: false, garbageBytesMax: 4700 });
    expect(after(5000, parked).why).toContain('the snapshot at 20 holds it');
    expect(after(5000, { ...parked, watermark: lsn(21) }).isDue).toBe(true);
    expect(after(5000, { ...parked, isHeld: false }).isDue).toBe(true);
    expect(after(5000, { ...parked, lastPass: undefined }).isDue).toBe(true);
  });

  it('is not due for little, and never where nobody wants it', () => {
    expect(after(700, { bytesMin: 401 }).isDue).toBe(false);
    expect(after(700, { percent: Infinity })).toMatchObject({ isDue: false, why: 'vacuum waits to be asked' });
    expect(vacuumDue({ ...FRESH, bytes: 0, percent: Infinity }).isDue).toBe(false);
  });

  it('takes half of what is found at an opening for as much garbage as makes a pass due', () => {
    const opened = (bytes: number) => vacuumDue({ ...FRESH, bytes, bytesAtOpening: 1000 });
    expect(opened(1000)).toMatchObject({ isDue: false, garbageBytesMax: 250 });
    expect(opened(1500)).toMatchObject({ isDue: true, garbageBytesMax: 750 });
  });
});
