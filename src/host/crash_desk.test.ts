/** The crash states of a run, as the page asks for them: what is found has to be what a session of the lab comes to. */
import { describe, expect, it } from 'vitest';
import type { CrashBatch, CrashCell, CrashRequest, ProfileName } from '../protocol/crash';
import { PROTOCOL_VERSION } from '../protocol/trace';
import { SimulatedDisk } from '../storage/simulated/disk';
import { parseScript } from '../workload/parser';
import { Host } from './host';
import { listeningPort, SharedPlaces, testEnvironment } from './testing/environment';
import { openScript, runScript } from './testing/sessions';

const RUN = `store log 8k extent 512 align 512
seed 7
put a red
flush
put b @600
flush
put c blue relaxed
write
checkpoint
put a green
crash
reopen
delete b
flush
put d @300
crash at +1 prefix 100
flush
crash
reopen
put e gold
flush
`;

const makeHost = (): Host => new Host(testEnvironment(new SharedPlaces()), PROTOCOL_VERSION);

function requestFor(change: Partial<CrashRequest> = {}): CrashRequest {
  return {
    source: { kind: 'script', text: RUN },
    profile: 'measured_ext4',
    switchedOff: [],
    statesMax: 60,
    seed: 1,
    share: { index: 0, of: 1 },
    crashRecovery: true,
    ...change,
  };
}

async function cellsOf(host: Host, request: CrashRequest): Promise<CrashCell[]> {
  const port = listeningPort<CrashBatch>();
  host.searchCrashes(request, port);
  await expect.poll(() => port.heard.at(-1)?.finished, { timeout: 30_000 }).toBe(true);
  const { done, total, distinct } = port.heard.at(-1)!.progress;
  const cells = port.heard.flatMap((batch) => batch.cells);
  expect(done).toBe(cells.length);
  expect(total).toBeGreaterThanOrEqual(done);
  expect(distinct).toBe(cells.filter(({ duplicateOf }) => duplicateOf === undefined).length);
  return cells;
}

/** Runs the script of a finding up to the last reopening: the hash of what the disk shows, and what is served after it. */
function replayed(script: string): { image: string; entries: string[]; failed: boolean } {
  const { script: parsed, errors } = parseScript(script);
  expect(errors).toEqual([]);
  const session = openScript(script);
  const reopening = parsed.lines.findLastIndex(({ command }) => command.kind === 'reopen');
  for (const { command, line } of parsed.lines.slice(0, reopening)) session.execute(command, line);
  const image = new SimulatedDisk(session.device.images()).imageHash();
  const { result } = session.execute(parsed.lines[reopening]!.command, 0);
  const entries = session.isOpen ? [...session.store.scan({})].map(({ key }) => String.fromCharCode(...key)) : [];
  return { image, entries, failed: result.kind === 'failed' };
}

describe('a search', () => {
  it('offers no protection of pages where there are none, and a request without it is a request like any other', async () => {
    const host = makeHost();
    const namesOf = (index: 'btree' | 'lsm') =>
      host.crashSwitches().flatMap((one) => (one.of === index ? [one.name] : []));
    expect(namesOf('btree')).toEqual(['pageProtection']);
    expect(namesOf('lsm').sort()).toEqual(['manifestBeforeReuse', 'tablesBeforeManifest', 'tombstonesToTheBottom']);
    const script = `${RUN.split('\n')[0]}\nwithout pageProtection\nseed 7\nput a red\nflush\n`;
    const plain = await cellsOf(
      host,
      requestFor({ source: { kind: 'script', text: script.replace(/without.*\n/, '') } }),
    );
    for (const change of [
      { source: { kind: 'script', text: script } as const },
      { source: { kind: 'script', text: script.replace(/without.*\n/, '') } as const, switchedOff: ['pageProtection'] },
    ]) {
      const request = requestFor(change);
      expect(await cellsOf(host, request)).toEqual(plain);
      expect(host.crashScript(request, plain[0]!.id)).not.toContain('without');
    }
  });

  it('finds nothing wrong with the store, whatever the disk', async () => {
    for (const profile of ['process_crash', 'measured_ext4', 'adversarial', 'liar', 'psow_off'] as const) {
      const cells = await cellsOf(makeHost(), requestFor({ profile }));
      expect(cells.length, profile).toBeGreaterThan(50);
      expect(cells.filter(({ check }) => check !== undefined)).toEqual([]);
    }
  });

  it('judges each state once, however many workers share the work', async () => {
    const whole = await cellsOf(makeHost(), requestFor());
    const shares = await Promise.all(
      [0, 1, 2].map((index) => cellsOf(makeHost(), requestFor({ share: { index, of: 3 } }))),
    );
    const sorted = (cells: readonly CrashCell[]): string[] => cells.map(({ id, letter }) => `${id} ${letter}`).sort();
    expect(sorted(shares.flat())).toEqual(sorted(whole));
    const judged = shares.flat().filter(({ duplicateOf }) => duplicateOf === undefined);
    expect(judged).toHaveLength(whole.filter(({ duplicateOf }) => duplicateOf === undefined).length);
    expect(shares.every((cells) => cells.length > 0)).toBe(true);
  });

  it('is planned in numbers that it keeps', async () => {
    const host = makeHost();
    const plan = host.planCrashes(requestFor());
    const cells = await cellsOf(host, requestFor());
    expect(cells).toHaveLength(plan.judged);
    for (const point of plan.points) expect(cells.filter(({ io }) => io === point.io)).toHaveLength(point.judged);
    expect(plan.points.at(-1)!.call).toBeUndefined();
    expect(plan.commands[0]).toBe('put a red');
  });

  it('takes the run of a session, bytes and all', async () => {
    const host = makeHost();
    const { session } = await host.openSession({ store: 'simulated', seed: 7 });
    host.run(session, 'put a red\nflush\nput b green\nflush');
    const source = host.crashSource(session);
    const plan = host.planCrashes(requestFor({ source }));
    expect(plan.points).toHaveLength(host.describe(session).info.io + 1);
    expect(plan.points.at(-1)!.acknowledged).toBe(2);
  });
});

describe('a cell', () => {
  it('opens as a session that has recovered those very bytes', async () => {
    const host = makeHost();
    const request = requestFor({ switchedOff: ['flushBeforeAcknowledge'] });
    const bad = (await cellsOf(host, request)).find(({ letter }) => letter === 'S')!;
    const opened = await host.openCrashCell(request, bad.id);
    expect(opened.cell).toEqual(bad);
    expect(opened.verdict.letter).toBe('S');
    expect(opened.rows.some(({ same }) => !same)).toBe(true);
    expect(opened.fates).toHaveLength(opened.pending.length);
    expect(host.describe(opened.session.session).stats).toBeDefined();
  });

  it('says the same as the judge of drills', async () => {
    const host = makeHost();
    for (const profile of ['measured_ext4', 'process_crash', 'liar'] as const) {
      const request = requestFor({ profile });
      for (const cell of (await cellsOf(host, request)).filter((_, i) => i % 40 === 0)) {
        const { session, verdict } = await host.openCrashCell(request, cell.id);
        expect(verdict.letter, `${profile} ${cell.id}: ${cell.sentence}`).toBe(cell.letter);
        await host.closeSession(session.session);
      }
    }
  });

  it.each(['', '0:k', '17', '17:x', '12:k*99', '9999:'])('named %s is refused', async (id) => {
    await expect(makeHost().openCrashCell(requestFor(), id)).rejects.toMatchObject({ code: 'command_refused' });
  });
});

describe('a failure', () => {
  it.each<[string, ProfileName]>([
    ['flushBeforeAcknowledge', 'measured_ext4'],
    ['logChecksum', 'measured_ext4'],
    ['twoSuperblockSlots', 'adversarial'],
    ['alignedGroups', 'psow_off'],
    ['checkpointChecksum', 'adversarial'],
    ['dataBeforeSuperblock', 'measured_ext4'],
    ['logFlush', 'measured_ext4'],
    ['dataWriteBeforeFlush', 'measured_ext4'],
    ['everyLogWrite', 'process_crash'],
  ])('of the store without %s shrinks to a script that fails the same in the lab', async (name, profile) => {
    const host = makeHost();
    const request = requestFor({ switchedOff: [name], profile });
    const bad = (await cellsOf(host, request)).find(({ check, io }) => check !== undefined && io > 10)!;
    const finding = host.shrinkCrash(request, bad.id);
    expect(finding.cell.check).toBe(bad.check);
    const [before, after] = finding.shrunk.commands;
    expect(after).toBeLessThan(before);
    const { image } = replayed(finding.script);
    expect(image, finding.script).toBe(finding.cell.image);
    const again = await host.openCrashCell(
      requestFor({ source: { kind: 'script', text: finding.workload }, profile, switchedOff: [name] }),
      finding.cell.id,
    );
    expect(again.cell).toMatchObject({ letter: finding.cell.letter, image });
    expect(finding.line).toContain(finding.cell.id);
    console.log(`${name}: ${finding.line}`);
  });
});

describe('the script of a state', () => {
  it('comes to the same bytes as the search, for any state of any disk', async () => {
    for (const profile of ['process_crash', 'measured_ext4', 'adversarial', 'psow_off', 'liar'] as const) {
      const host = makeHost();
      const request = requestFor({ profile });
      const cells = (await cellsOf(host, request)).filter((_, i) => i % 11 === 0);
      for (const { id, image } of cells) {
        const script = host.crashScript(request, id);
        expect(replayed(script).image, `${profile} ${id}\n${script}`).toBe(image);
      }
      expect(cells.length).toBeGreaterThan(10);
    }
  });

  it('runs in the lab from its first line to its last', async () => {
    const host = makeHost();
    const [cell] = (await cellsOf(host, requestFor())).filter(({ io }) => io > 14);
    const session = runScript(host.crashScript(requestFor(), cell!.id));
    expect(session.isOpen).toBe(true);
  });
});
