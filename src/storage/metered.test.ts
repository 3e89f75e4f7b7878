import { expect, it } from 'vitest';
import { faultyFiles } from './faulty';
import { MemoryStorage } from './memory';
import { Meter, meteredFiles, type DeviceModel } from './metered';

it('a meter counts calls and bytes of each file, and hands each call to its device model', () => {
  const charged: string[] = [];
  const model: DeviceModel = {
    charge: (call, file, at, bytes) => charged.push(`${call} ${file} ${at} ${bytes}`),
  };
  const meter = new Meter(model);
  const files = meteredFiles(new MemoryStorage().openNow({ create: true }), meter);
  files.log.write(5, new Uint8Array(10));
  files.log.write(15, new Uint8Array(10));
  files.log.flush();
  files.data_0.read(0, new Uint8Array(7));
  files.data_0.truncate(99);

  const none = { reads: 0, writes: 0, flushes: 0, truncates: 0, readBytes: 0, writtenBytes: 0 };
  expect(meter.of('log')).toEqual({ ...none, writes: 2, flushes: 1, writtenBytes: 20 });
  expect(meter.of('data_0')).toEqual({ ...none, reads: 1, truncates: 1, readBytes: 7 });
  expect(meter.of('superblock')).toEqual(none);
  expect(meter.total()).toEqual({
    ...none,
    reads: 1,
    writes: 2,
    flushes: 1,
    truncates: 1,
    readBytes: 7,
    writtenBytes: 20,
  });
  expect(charged).toEqual([
    'write log 5 10',
    'write log 15 10',
    'flush log 0 0',
    'read data_0 0 7',
    'truncate data_0 99 0',
  ]);
  meter.reset();
  expect(meter.total()).toEqual(none);
});

it('a call that threw is not counted', () => {
  const meter = new Meter();
  const inner = faultyFiles(new MemoryStorage().openNow({ create: true }), {
    faults: [{ call: 'flush', nth: 1, effect: { kind: 'fail' } }],
  });
  const files = meteredFiles(inner, meter);
  expect(() => files.log.flush()).toThrow();
  files.log.flush();
  expect(meter.of('log').flushes).toBe(1);
});
