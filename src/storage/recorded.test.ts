import { describe, expect, it } from 'vitest';
import type { StorageEvent } from './events';
import { faultyFiles } from './faulty';
import type { FileSet } from './file';
import { Latch, Latched, latchedFiles } from './latched';
import { MemoryStorage } from './memory';
import { recordedFiles } from './recorded';

/** The files, and the list their events go to, each with its site. */
function recorded(wrap = (files: FileSet): FileSet => files): { files: FileSet; events: [StorageEvent, number?][] } {
  const events: [StorageEvent, number?][] = [];
  const inner = wrap(new MemoryStorage().openNow({ create: true }));
  const sink = { emit: (event: StorageEvent, site = 0): unknown => events.push([event, site]) };
  return { files: recordedFiles(inner, sink), events };
}

describe('recorded files', () => {
  it('emit one event a call, with the site that was passed', () => {
    const { files, events } = recorded();
    files.log.write(0, new Uint8Array([1, 2, 3]), 11);
    files.log.read(1, new Uint8Array(2), 12);
    files.log.flush(13);
    files.data_1.truncate(9, 14);
    files.log.size();
    files.log.close();
    expect(events).toEqual([
      [
        {
          kind: 'storage.file_written',
          file: 'log',
          at: 0,
          bytes: new Uint8Array([1, 2, 3]),
          count: 3,
          result: 'ok',
        },
        11,
      ],
      [{ kind: 'storage.file_read', file: 'log', at: 1, wanted: 2, count: 2, result: 'ok' }, 12],
      [{ kind: 'storage.file_flushed', file: 'log', result: 'ok' }, 13],
      [{ kind: 'storage.file_truncated', file: 'data_1', size: 9, result: 'ok' }, 14],
    ]);
  });

  it('keep a copy of the bytes written', () => {
    const { files, events } = recorded();
    const bytes = new Uint8Array([1, 2, 3]);
    files.log.write(0, bytes, 1);
    bytes.fill(9);
    expect(events[0]![0]).toMatchObject({ bytes: new Uint8Array([1, 2, 3]) });
  });

  it('call a read short only where the file goes on', () => {
    const { files, events } = recorded((inner) =>
      faultyFiles(inner, { faults: [{ call: 'read', nth: 3, effect: { kind: 'short', count: 1 } }] }),
    );
    files.log.write(0, new Uint8Array(10), 1);
    files.log.read(6, new Uint8Array(10), 1);
    files.log.read(20, new Uint8Array(10), 1);
    files.log.read(0, new Uint8Array(10), 1);
    expect(events.slice(1).map(([event]) => 'count' in event && [event.count, event.result])).toEqual([
      [4, 'ok'],
      [0, 'ok'],
      [1, 'short'],
    ]);
  });

  it('T1 say how a call failed, and let the error through', () => {
    const { files, events } = recorded((inner) =>
      faultyFiles(inner, {
        faults: [
          { call: 'write', nth: 1, effect: { kind: 'short', count: 2 } },
          { call: 'write', nth: 2, effect: { kind: 'fail' } },
          { call: 'flush', nth: 1, effect: { kind: 'fail' } },
          { call: 'read', nth: 1, effect: { kind: 'fail' } },
          { call: 'truncate', nth: 1, effect: { kind: 'fail' } },
        ],
      }),
    );
    expect(files.log.write(0, new Uint8Array(5), 1)).toBe(2);
    expect(() => files.log.write(0, new Uint8Array(5), 1)).toThrow('fails this call');
    expect(() => files.log.flush(1)).toThrow('fails this flush');
    expect(() => files.log.read(0, new Uint8Array(5), 1)).toThrow('fails this read');
    expect(() => files.log.truncate(5, 1)).toThrow('fails this call');
    expect(events.map(([event]) => ('result' in event ? event.result : undefined))).toEqual([
      'short',
      'failed',
      'failed',
      'failed',
      'failed',
    ]);
  });

  it('T2 record nothing of the call at which a latch closes', () => {
    const { files, events } = recorded((inner) => latchedFiles(inner, new Latch({ stopAt: 2, prefixBytes: 1 })));
    files.log.write(0, new Uint8Array(5), 1);
    expect(() => files.log.write(0, new Uint8Array(5), 1)).toThrow(Latched);
    expect(events).toHaveLength(1);
  });
});
