/**
 * Every number the device models use, in one table, each with its unit and where it comes from. Nothing else in this
 * folder holds a figure of a device. `notes/media.md` repeats the table for reading; a test holds the two equal.
 *
 * Four devices, each after one real product whose figures are public, so that they fit together: a drive made of the
 * best numbers of several would exist nowhere. A figure that no source states is an `assumption` and says so.
 */
export const MEDIA_KINDS = ['dram', 'nvme', 'sata', 'hdd'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** How far a figure can be trusted: printed by the maker, published and measured, derived by us, or assumed. */
export type Standing = 'datasheet' | 'paper' | 'measured' | 'derived' | 'assumption';

export interface Source {
  readonly standing: Standing;
  readonly cite: string;
}

const source = (standing: Standing, cite: string): Source => ({ standing, cite });

export const SOURCES = {
  nvme_sheet: source('datasheet', 'Samsung 990 PRO 1 TB (MZ-V9P1T0B), data sheet, 2022'),
  sata_sheet: source('datasheet', 'Samsung 870 EVO 1 TB (MZ-77E1T0), data sheet, 2021'),
  hdd_manual: source(
    'datasheet',
    'Seagate Constellation ES.3 4 TB (ST4000NM0033), product manual 100671511, 2012–2016',
  ),
  hdd_manual_sas: source(
    'datasheet',
    'Seagate Constellation ES.3 SAS product manual, section 4.1 (same mechanics), 2012',
  ),
  nand_hp: source(
    'paper',
    'HP, Solid State Drive Technology: differences between SLC, MLC and TLC NAND, white paper, table 1',
  ),
  mqsim: source('paper', 'Tavakkol et al., MQSim, FAST 2018: default configuration of the published simulator'),
  sync_callaghan: source(
    'measured',
    'Callaghan, SSDs, power loss protection and fsync latency, 2026: fsync of 16 KiB on a 990 PRO, about 0.9 ms',
  ),
  dram_fg: source('paper', 'O’Connor et al., Fine-Grained DRAM, MICRO 2017, and Micron TN-40-07: order of magnitude'),
  dram_jedec: source('datasheet', 'JEDEC DDR4-3200: 64 bits, 3,200 million transfers a second'),
  dram_latency: source(
    'paper',
    'Hennessy and Patterson, Computer Architecture, 6th ed. 2017, chapter 2: order of 100 ns to main memory',
  ),
  browser: source('measured', 'COSTS: Chromium 156, OPFS sync handles, medians; measured again by the room itself'),
  ext4: source(
    'assumption',
    'ext4 with a journal of metadata (jbd2): descriptor, two blocks of metadata, commit block',
  ),
  mccallum: source(
    'assumption',
    'order of retail prices of 2023, after the lists of McCallum; prices moved a lot since',
  ),
  fit: source('derived', 'fitted so that the model meets the figures of the same data sheet'),
  guess: source('assumption', 'our assumption; no source states it'),
} as const;
export type SourceId = keyof typeof SOURCES;

export interface Parameter {
  readonly value: number;
  readonly unit: string;
  readonly source: SourceId;
  /** What it is, in a few plain words. */
  readonly means: string;
}

const of = (value: number, unit: string, from: SourceId, means: string): Parameter => ({
  value,
  unit,
  source: from,
  means,
});

/** The computer around the device: what a call costs before it gets there, and what a file system adds. */
export const HOST = {
  callNs: of(10_000, 'ns', 'browser', 'one write call of a page: a message to the browser process'),
  readCallNs: of(1_200, 'ns', 'browser', 'one read call'),
  flushCallNs: of(50_000, 'ns', 'browser', 'one flush call with nothing to do below it'),
  pageBytes: of(4096, 'B', 'ext4', 'page of the page cache, block of the file system'),
  journalBlocks: of(3, 'blocks', 'ext4', 'written to the journal before its commit block, when a file has grown'),
  fileSpacingBytes: of(2 ** 30, 'B', 'guess', 'distance between two files of a store on the device'),
  journalAtBytes: of(8 * 2 ** 30, 'B', 'guess', 'where the journal lies on the device'),
  electricityPerKwh: of(0.25, 'USD/kWh', 'guess', 'price of electricity'),
  lifeYears: of(5, 'years', 'guess', 'a device is replaced after this even if it is not worn out'),
} as const satisfies Record<string, Parameter>;

export const DRAM = {
  capacityBytes: of(16e9, 'B', 'guess', 'one module'),
  latencyNs: of(100, 'ns', 'dram_latency', 'one access that misses every cache'),
  bytesPerSecond: of(25.6e9, 'B/s', 'dram_jedec', 'one channel'),
  units: of(10, 'accesses', 'guess', 'misses one core can have under way'),
  readyW: of(1, 'W', 'guess', 'refresh and standby of the module'),
  joulesPerByte: of(160e-12, 'J/B', 'dram_fg', 'moving a byte: about 20 pJ a bit'),
  pricePerGb: of(3, 'USD/GB', 'mccallum', 'price'),
} as const satisfies Record<string, Parameter>;

export type FlashParameters = Readonly<
  Record<
    | 'capacityBytes'
    | 'commandNs'
    | 'writeCommandNs'
    | 'interfaceBytesPerSecond'
    | 'units'
    | 'nandPageBytes'
    | 'readNs'
    | 'programNs'
    | 'programBytesPerSecond'
    | 'eraseNs'
    | 'eraseBlockBytes'
    | 'modelledBlockBytes'
    | 'overProvisioning'
    | 'cacheBytes'
    | 'queueDepth'
    | 'readyW'
    | 'readW'
    | 'writeW'
    | 'eraseCycles'
    | 'pricePerGb',
    Parameter
  >
>;

export const NVME: FlashParameters = {
  capacityBytes: of(1e12, 'B', 'nvme_sheet', 'capacity sold'),
  commandNs: of(8_000, 'ns', 'fit', 'command, controller and completion of a read, without the flash'),
  writeCommandNs: of(12_000, 'ns', 'nvme_sheet', 'a write of 4 KiB into the drive’s cache: 80,000 a second alone'),
  interfaceBytesPerSecond: of(7.45e9, 'B/s', 'nvme_sheet', 'sequential read'),
  units: of(64, 'dies', 'fit', 'reads under way at once, so that 1.2 million a second come out'),
  nandPageBytes: of(16_384, 'B', 'guess', 'what flash programs at once'),
  readNs: of(37_000, 'ns', 'fit', 'one flash page, so that 22,000 reads a second come out alone'),
  programNs: of(400_000, 'ns', 'sync_callaghan', 'one flash page until a flush may return: half of what an fsync took'),
  programBytesPerSecond: of(
    1.5e9,
    'B/s',
    'guess',
    'all dies together, without the fast cells a drive keeps for bursts',
  ),
  eraseNs: of(4_500_000, 'ns', 'nand_hp', 'one erase block'),
  eraseBlockBytes: of(16_777_216, 'B', 'guess', 'what is erased at once: about a thousand flash pages'),
  modelledBlockBytes: of(
    262_144,
    'B',
    'guess',
    'erase block of the modelled drive, which is scaled down; its erase takes that much less',
  ),
  overProvisioning: of(0.07, 'share', 'mqsim', 'flash beyond the capacity sold'),
  cacheBytes: of(64 * 2 ** 20, 'B', 'guess', 'write cache in the drive’s memory'),
  queueDepth: of(32, 'requests', 'guess', 'what the system keeps under way while it writes pages back'),
  readyW: of(1, 'W', 'guess', 'awake, between two commands'),
  readW: of(5.4, 'W', 'nvme_sheet', 'reading at full rate'),
  writeW: of(5, 'W', 'nvme_sheet', 'writing at full rate'),
  eraseCycles: of(
    1_500,
    'cycles',
    'nand_hp',
    'program and erase before worn out: 1,000 to 3,000 for three bits a cell',
  ),
  pricePerGb: of(0.08, 'USD/GB', 'mccallum', 'price'),
};

export const SATA: FlashParameters = {
  capacityBytes: of(1e12, 'B', 'sata_sheet', 'capacity sold'),
  commandNs: of(10_000, 'ns', 'fit', 'command, controller and completion of a read, without the flash'),
  writeCommandNs: of(20_000, 'ns', 'sata_sheet', 'a write of 4 KiB into the drive’s cache: 36,000 a second alone'),
  interfaceBytesPerSecond: of(560e6, 'B/s', 'sata_sheet', 'sequential read'),
  units: of(8, 'dies', 'fit', 'reads under way at once, so that 98,000 a second come out'),
  nandPageBytes: of(16_384, 'B', 'guess', 'what flash programs at once'),
  readNs: of(60_000, 'ns', 'fit', 'one flash page, so that 13,000 reads a second come out alone'),
  programNs: of(900_000, 'ns', 'nand_hp', 'one flash page: 900 to 1,350 µs for three bits a cell'),
  programBytesPerSecond: of(530e6, 'B/s', 'sata_sheet', 'sequential write'),
  eraseNs: of(4_500_000, 'ns', 'nand_hp', 'one erase block'),
  eraseBlockBytes: of(16_777_216, 'B', 'guess', 'what is erased at once: about a thousand flash pages'),
  modelledBlockBytes: of(
    262_144,
    'B',
    'guess',
    'erase block of the modelled drive, which is scaled down; its erase takes that much less',
  ),
  overProvisioning: of(0.07, 'share', 'mqsim', 'flash beyond the capacity sold'),
  cacheBytes: of(64 * 2 ** 20, 'B', 'guess', 'write cache in the drive’s memory'),
  queueDepth: of(32, 'requests', 'sata_sheet', 'most that the SATA command queue holds'),
  readyW: of(0.5, 'W', 'guess', 'awake, between two commands'),
  readW: of(2.2, 'W', 'guess', 'reading at full rate'),
  writeW: of(2.5, 'W', 'sata_sheet', 'average at full rate'),
  eraseCycles: of(
    1_500,
    'cycles',
    'nand_hp',
    'program and erase before worn out: 1,000 to 3,000 for three bits a cell',
  ),
  pricePerGb: of(0.08, 'USD/GB', 'mccallum', 'price'),
};

export const HDD = {
  capacityBytes: of(4e12, 'B', 'hdd_manual', 'capacity'),
  rotationsPerMinute: of(7_200, 'rpm', 'hdd_manual', 'turns of the platter'),
  seekAverageMs: of(8.5, 'ms', 'hdd_manual', 'arm to a random place'),
  seekTrackMs: of(1, 'ms', 'guess', 'arm to the next track, settled'),
  outerBytesPerSecond: of(175e6, 'B/s', 'hdd_manual_sas', 'sustained at the outer edge'),
  innerBytesPerSecond: of(83e6, 'B/s', 'hdd_manual_sas', 'sustained at the inner edge'),
  interfaceBytesPerSecond: of(600e6, 'B/s', 'hdd_manual', 'SATA at 6 Gb/s'),
  commandNs: of(100_000, 'ns', 'guess', 'command and controller'),
  cacheBytes: of(128 * 2 ** 20, 'B', 'hdd_manual', 'write cache'),
  queueDepth: of(32, 'requests', 'hdd_manual', 'native command queuing'),
  readyW: of(7.4, 'W', 'hdd_manual', 'spinning: 0.28 A at 5 V, 0.50 A at 12 V'),
  seekW: of(11.3, 'W', 'hdd_manual', 'random reads: 0.31 A at 5 V, 0.81 A at 12 V'),
  transferW: of(9.9, 'W', 'hdd_manual', 'sequential: 0.63 A at 5 V, 0.56 A at 12 V'),
  ratedBytes: of(2.75e15, 'B', 'guess', 'rated workload: 550 TB a year, as later drives of the line, for five years'),
  pricePerGb: of(0.02, 'USD/GB', 'mccallum', 'price'),
} as const satisfies Record<string, Parameter>;

export const PARAMETERS = { host: HOST, dram: DRAM, nvme: NVME, sata: SATA, hdd: HDD } as const;

/** The products the figures are of. */
export const MEDIA_TITLES: Readonly<Record<MediaKind, { readonly title: string; readonly product: string }>> = {
  dram: { title: 'DRAM', product: 'DDR4-3200 module' },
  nvme: { title: 'NVMe SSD', product: 'after Samsung 990 PRO 1 TB' },
  sata: { title: 'SATA SSD', product: 'after Samsung 870 EVO 1 TB' },
  hdd: { title: 'Hard disk', product: 'after Seagate Constellation ES.3 4 TB' },
};
