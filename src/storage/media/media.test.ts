import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/runtime';
import { MemoryStorage } from '../memory';
import { Meter, meteredFiles } from '../metered';
import type { StorageEvent } from '../events';
import { recordedFiles } from '../recorded';
import { CAUSES, STAGES } from './bill';
import { DEVICE_DEFAULTS } from './device';
import { FlashTranslation, greedyWriteAmplification } from './flash_translation';
import { FLUSH_ROUTES } from './flush_reach';
import { HDD, MEDIA_KINDS, NVME, PARAMETERS, SATA, SOURCES, type Parameter } from './parameters';
import { callsOf, makeDevice, priceRequests, priceRun, type MediaCall } from './price';
import { STACK_DEFAULTS, StorageStack } from './stack';
import { makeRequests } from './workload';

const MIB = 2 ** 20;
const write = (at: number, bytes: number): MediaCall => ({ call: 'write', file: 'log', at, bytes });
const FLUSH: MediaCall = { call: 'flush', file: 'log', at: 0, bytes: 0 };
const random = { seed: 7, randomShare: 1, writeShare: 0 };

describe('hard disk', () => {
  it('reads in sequence at the rate the maker prints for the outer edge', () => {
    const requests = makeRequests({ ...random, randomShare: 0, blockBytes: MIB, requests: 256, spanBytes: 4e9 });
    const { ns, bytes } = priceRequests(requests, 'hdd', 1);
    const rate = bytes / (ns / 1e9);
    expect(rate).toBeGreaterThan(0.95 * HDD.outerBytesPerSecond.value);
    expect(rate).toBeLessThanOrEqual(HDD.outerBytesPerSecond.value);
  });

  it('serves a lone random read in seek + half a turn + transfer', () => {
    const spanBytes = Math.floor(HDD.capacityBytes.value / 4096) * 4096;
    const { ns, requests } = priceRequests(
      makeRequests({ ...random, blockBytes: 4096, requests: 4000, spanBytes }),
      'hdd',
      1,
    );
    const turnMs = 60_000 / HDD.rotationsPerMinute.value;
    const transferMs = 4096 / ((HDD.outerBytesPerSecond.value + HDD.innerBytesPerSecond.value) / 2) / 1e-3;
    const expectedMs = HDD.seekAverageMs.value + turnMs / 2 + transferMs + HDD.commandNs.value / 1e6;
    expect(ns / 1e6 / requests / expectedMs).toBeCloseTo(1, 1);
  });

  it('serves more random reads a second when it may choose among many', () => {
    const spec = { ...random, blockBytes: 4096, requests: 1000, spanBytes: 4e12 };
    const lone = priceRequests(makeRequests(spec), 'hdd', 1).ns;
    const queued = priceRequests(makeRequests(spec), 'hdd', 32).ns;
    expect(lone / queued).toBeGreaterThan(1.7);
  });

  it('waits a whole turn for each flush that follows the last on its track', () => {
    const calls = Array.from({ length: 50 }, (_, i) => [write(i * 512, 512), FLUSH]).flat();
    const { operations } = priceRun(calls, 'hdd', { sizes: { log: MIB } });
    const flushes = operations.filter(({ call }) => call === 'flush').slice(1);
    const turnNs = 60e9 / HDD.rotationsPerMinute.value;
    for (const { ns } of flushes) expect(ns / turnNs).toBeCloseTo(1, 0);
  });
});

describe('solid-state drives', () => {
  it.each([
    ['nvme', 1, 22_000, 0.05],
    ['sata', 1, 13_000, 0.05],
    ['nvme', 512, 1_200_000, 0.35],
    ['sata', 32, 98_000, 0.35],
  ] as const)('%s at a depth of %i reads about %i blocks of 4 KiB a second', (kind, depth, wanted, tolerance) => {
    const spec = { ...random, blockBytes: 4096, requests: 20_000, spanBytes: 64 * MIB };
    const { ns, requests } = priceRequests(makeRequests(spec), kind, depth);
    expect(Math.abs(requests / (ns / 1e9) / wanted - 1)).toBeLessThan(tolerance);
  });

  it.each([
    ['nvme', NVME],
    ['sata', SATA],
  ] as const)('%s writes in sequence as fast as its dies program, without moving a page', (kind, parameters) => {
    const spec = { seed: 1, randomShare: 0, writeShare: 1, blockBytes: MIB, requests: 512, spanBytes: 64 * MIB };
    const { ns, bytes, counts } = priceRequests(makeRequests(spec), kind, 1);
    expect(bytes / (ns / 1e9) / parameters.programBytesPerSecond.value).toBeCloseTo(1, 0);
    expect(counts.movedBytes).toBe(0);
    expect(counts.mediaBytes / counts.hostBytes).toBeCloseTo(1, 2);
  });

  it('flushes 16 KiB on a fast drive in about what was measured on the real one', () => {
    const { operations } = priceRun([write(0, 16_384), FLUSH], 'nvme', { sizes: { log: MIB } });
    expect(operations[1]!.ns / 1e6).toBeGreaterThan(0.7);
    expect(operations[1]!.ns / 1e6).toBeLessThan(1.1);
  });

  it('pads what is small and flushed: 512 bytes wear as much as a flash page and one of the map', () => {
    const { counts } = priceRun([write(0, 512), FLUSH], 'nvme', { sizes: { log: MIB } });
    expect(counts.mediaBytes).toBe(2 * NVME.nandPageBytes.value);
  });
});

describe('the translation layer', () => {
  const uniform = (overProvisioning: number): number => {
    const flash = new FlashTranslation({ logicalPages: 65_536, pagesPerBlock: 256, overProvisioning });
    flash.fill();
    const pages = new SeededRandom(3);
    const overwrite = (times: number): void => {
      for (let i = 0; i < times * flash.logicalPages; i++) flash.write(pages.below(flash.logicalPages));
    };
    overwrite(8);
    flash.forget();
    overwrite(2);
    flash.check();
    return (flash.hostPages + flash.movedPages) / flash.hostPages;
  };

  it('amplifies uniform random writes as the closed form for greedy cleaning says', () => {
    expect(greedyWriteAmplification(0.3)).toBeCloseTo(2.36, 2); // Xiang and Kurkoski 2012 print this one.
    for (const spare of [0.1, 0.2, 0.3, 0.5]) {
      const ratio = uniform(spare) / greedyWriteAmplification(spare);
      expect(ratio, `spare ${spare}`).toBeGreaterThan(0.94); // Blocks of 256 pages: a little below the limit.
      expect(ratio, `spare ${spare}`).toBeLessThan(1.02);
    }
  });

  it('moves nothing when the drive is overwritten in order', () => {
    const flash = new FlashTranslation({ logicalPages: 4096, pagesPerBlock: 64, overProvisioning: 0.07 });
    flash.fill();
    for (let round = 0; round < 5; round++) {
      for (let page = 0; page < flash.logicalPages; page++) flash.write(page);
    }
    flash.check();
    expect(flash.movedPages).toBe(0);
    expect(flash.erases).toBeGreaterThan(4 * 64 - 8);
  });

  it('moves nothing of what the host has given back', () => {
    const flash = new FlashTranslation({ logicalPages: 4096, pagesPerBlock: 64, overProvisioning: 0.07 });
    flash.fill();
    for (let page = 1024; page < 4096; page++) flash.trim(page);
    const pages = new SeededRandom(1);
    flash.forget();
    for (let i = 0; i < 20_000; i++) flash.write(pages.below(1024));
    flash.check();
    expect((flash.hostPages + flash.movedPages) / flash.hostPages).toBeLessThan(1.1);
  });

  it('keeps map and reverse map equal whatever is written and given back', () => {
    const act = fc.record({ page: fc.nat(255), trim: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 2000 }), (acts) => {
        const flash = new FlashTranslation({ logicalPages: 256, pagesPerBlock: 16, overProvisioning: 0.1 });
        for (const { page, trim } of acts) {
          if (trim) flash.trim(page);
          else flash.write(page);
        }
        flash.check();
        expect(flash.hostPages).toBe(acts.filter(({ trim }) => !trim).length);
      }),
    );
  });
});

describe('prices of runs', () => {
  const call = fc.record({
    call: fc.constantFrom('read', 'write', 'flush', 'truncate' as const),
    file: fc.constantFrom('superblock', 'log', 'data_0', 'data_1' as const),
    at: fc.nat(MIB),
    bytes: fc.nat(70_000),
  });

  it('are never negative, and their parts are the whole', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), fc.constantFrom(...MEDIA_KINDS), (calls, kind) => {
        const price = priceRun(calls, kind);
        const sum = (parts: Readonly<Record<string, number>>): number =>
          Object.values<number>(parts).reduce((total, part) => total + part, 0);
        const parts = [price.counts, price.byCause, price.byStage, { ns: price.ns, joules: price.joules }, price.money];
        for (const part of parts) {
          for (const n of Object.values<number>({ ...part })) expect(n).toBeGreaterThanOrEqual(0);
        }
        for (const operation of price.operations) {
          expect(operation.ns).toBeGreaterThanOrEqual(0);
          expect(operation.mediaBytes).toBeGreaterThanOrEqual(0);
        }
        expect(sum(price.byStage)).toBeCloseTo(price.ns, 0);
        expect(sum(price.byCause)).toBeCloseTo(price.ns, 0);
        expect(price.operations.reduce((total, { ns }) => total + ns, 0)).toBeCloseTo(price.ns, 0);
      }),
      { numRuns: 60 },
    );
  });

  it('are the same whenever they are asked for', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 30 }), fc.constantFrom(...MEDIA_KINDS), (calls, kind) => {
        expect(priceRun(calls, kind)).toEqual(priceRun(calls, kind));
      }),
      { numRuns: 20 },
    );
  });

  it.each(MEDIA_KINDS)('grow with the bytes on %s', (kind) => {
    let last = { ns: 0, joules: 0, mediaBytes: 0 };
    for (const bytes of [4096, 65_536, MIB, 4 * MIB]) {
      const { ns, joules, counts } = priceRun([write(0, bytes), FLUSH], kind, { sizes: { log: 8 * MIB } });
      expect(ns).toBeGreaterThanOrEqual(last.ns - 1); // A nanosecond of rounding.
      expect(joules).toBeGreaterThan(last.joules);
      expect(counts.mediaBytes).toBeGreaterThanOrEqual(last.mediaBytes);
      last = { ns, joules, mediaBytes: counts.mediaBytes };
    }
  });

  it('put the devices in their order for a flushed append', () => {
    const calls = Array.from({ length: 20 }, (_, i) => [write(i * 512, 512), FLUSH]).flat();
    const times: number[] = MEDIA_KINDS.map((kind) => priceRun(calls, kind, { sizes: { log: MIB } }).ns);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('are of the recorded calls of real files, and the same when metered as they happen', () => {
    const events: StorageEvent[] = [];
    const device = makeDevice('hdd', DEVICE_DEFAULTS);
    const stack = new StorageStack(device, {}, STACK_DEFAULTS);
    const recorded = recordedFiles(new MemoryStorage().openNow({ create: true }), {
      emit: (event) => void events.push(event),
    });
    const files = meteredFiles(recorded, new Meter(stack));
    files.log.write(0, new Uint8Array(3000));
    files.log.flush();
    files.data_0.truncate(10_000);
    files.data_0.write(5000, new Uint8Array(100));
    files.data_0.flush();
    files.log.read(0, new Uint8Array(3000));
    const price = priceRun(callsOf(events), 'hdd');
    expect(price.operations).toHaveLength(6);
    expect(price.ns).toBe(stack.bill.ns);
    expect(price.counts).toEqual(device.counts());
  });
});

describe('what remains without a stage', () => {
  const calls = Array.from({ length: 8 }, (_, i) => write(i * 4096, 4096)).concat(FLUSH);
  const whole = priceRun(calls, 'hdd', { sizes: { log: MIB } });

  it('page cache: each write goes to the device by itself, and the flush has little left', () => {
    const without = priceRun(calls, 'hdd', { sizes: { log: MIB }, pageCache: false, driveCache: false });
    expect(without.operations[0]!.ns).toBeGreaterThan(100 * whole.operations[0]!.ns);
    expect(without.ns).toBeGreaterThan(3 * whole.ns);
    expect(without.operations.at(-1)!.ns).toBeLessThan(whole.operations.at(-1)!.ns);
  });

  it('journal: a grown file is cheaper, and its length is at risk', () => {
    const grown = priceRun(calls, 'hdd');
    const without = priceRun(calls, 'hdd', { journal: false });
    expect(grown.byStage.journal).toBeGreaterThan(0);
    expect(without.byStage.journal).toBe(0);
    expect(without.ns).toBeLessThan(grown.ns);
    expect([grown.atRisk.lengths, without.atRisk.lengths]).toEqual([0, 1]);
  });

  it('drive cache: random pages are served one by one in the order they were asked for', () => {
    const scattered = [5, 2, 7, 1, 6, 3].map((n) => write(n * 10 * MIB, 4096));
    const sizes = { log: 100 * MIB };
    const flushed = [...scattered, FLUSH];
    const cached = priceRun(flushed, 'hdd', { sizes, pageCache: false });
    const without = priceRun(flushed, 'hdd', { sizes, pageCache: false, driveCache: false });
    expect(without.operations[0]!.ns).toBeGreaterThan(10 * cached.operations[0]!.ns);
    expect(without.ns).toBeGreaterThan(cached.ns);
  });

  it('media: a flush that stops at the drive’s cache is quick and leaves everything there', () => {
    const stopped = priceRun(calls, 'hdd', { sizes: { log: MIB }, reach: 'drive_cache' });
    expect(stopped.ns).toBeLessThan(whole.ns / 5);
    expect(whole.atRisk).toMatchObject({ pageCacheBytes: 0, driveCacheBytes: 0 });
    expect(stopped.atRisk).toMatchObject({ pageCacheBytes: 0, driveCacheBytes: 8 * 4096 });
  });

  it('flush: one that does nothing leaves everything in the page cache', () => {
    const nothing = priceRun(calls, 'hdd', { sizes: { log: MIB }, reach: 'page_cache' });
    expect(nothing.atRisk).toMatchObject({ pageCacheBytes: 8 * 4096, driveCacheBytes: 0 });
    expect(nothing.byStage.media).toBe(0);
  });

  it('every browser engine has at least one route, and one of them reaches the media', () => {
    for (const engine of ['Chromium', 'Firefox', 'Safari'] as const) {
      expect(FLUSH_ROUTES.some((route) => route.engine === engine)).toBe(true);
    }
    expect(FLUSH_ROUTES.filter(({ reach }) => reach !== 'media').every(({ doubt }) => doubt !== '')).toBe(true);
  });
});

describe('the table of parameters', () => {
  const note = readFileSync(path.resolve(import.meta.dirname, '../../../notes/media.md'), 'utf8');
  const rows = Object.entries(PARAMETERS).flatMap(([group, table]) =>
    Object.entries(table as Readonly<Record<string, Parameter>>).map(([name, parameter]) => ({
      group,
      name,
      parameter,
    })),
  );

  it.each(rows)('$group.$name stands in notes/media.md with its value and source', ({ group, name, parameter }) => {
    const row = `| ${group} | ${name} | ${parameter.value} ${parameter.unit} | ${parameter.source} |`;
    expect(note).toContain(row);
    expect(parameter.value).toBeGreaterThan(0);
  });

  it.each(Object.entries(SOURCES))('%s is cited there', (id, { cite, standing }) => {
    expect(note).toContain(`| ${id} | ${standing} | ${cite} |`);
  });

  it('names every stage and cause once', () => {
    expect(new Set(STAGES).size).toBe(STAGES.length);
    expect(new Set(CAUSES).size).toBe(CAUSES.length);
  });
});
