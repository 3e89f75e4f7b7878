/** One run: builds the page, opens it in a Chromium with a profile on disk, and hands back what it measured. */
import { statfsSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { chromiumArguments, findOrInstallChromium } from '../../tools/chromium.mjs';
import { freshProfileFolder, removeFolder } from '../../tools/profile_folder.mjs';
import { judgeGoals, type GoalResult } from './goals';
import type { Results } from './page';
import type { Plan } from './plan';
import { rowsOf, type Report } from './report';
import { serveBuild } from './served_build';

export interface Run {
  readonly report: Report;
  readonly results: Results;
  readonly goals: readonly GoalResult[];
}

export async function runBenchmark(plan: Plan, say: (line: string) => void): Promise<Run> {
  const [loadBefore] = os.loadavg();
  const served = await serveBuild();
  const profile = freshProfileFolder();
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: await findOrInstallChromium(),
      headless: true,
      args: chromiumArguments(),
    });
    try {
      const page = context.pages()[0] ?? (await context.newPage());
      await page.exposeFunction('sayProgress', say);
      await page.goto(served.address);
      const results = await page.evaluate(
        ({ plan: wanted }) => {
          const scope = globalThis as unknown as BenchmarkPage;
          return scope.runBenchmark(wanted, (line) => scope.sayProgress(line));
        },
        { plan },
      );
      const machine = describeMachine(context.browser()?.version() ?? '', profile, loadBefore ?? 0);
      const goals = judgeGoals(results);
      return { results, goals, report: { date: new Date().toISOString(), machine, rows: rowsOf(results, goals) } };
    } finally {
      await context.close();
    }
  } finally {
    served.close();
    removeFolder(profile);
  }
}

interface BenchmarkPage {
  runBenchmark(plan: Plan, say: (line: string) => void): Promise<Results>;
  sayProgress(line: string): void;
}

function describeMachine(chromiumVersion: string, profile: string, loadBefore: number): string {
  const cpus = os.cpus();
  return [
    `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown processor'}`,
    `${os.type()} ${process.arch}`,
    `Chromium ${chromiumVersion}`,
    `profile on ${fileSystemOf(profile)}`,
    // Others on the same processors: figures of a busy machine are low, and their intervals wide.
    `load ${loadBefore.toFixed(1)} before the run`,
  ].join(', ');
}

/** Of statfs(2). */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlayfs',
};

function fileSystemOf(folder: string): string {
  const { type } = statfsSync(folder);
  return FILE_SYSTEMS[type] ?? `a file system of type 0x${type.toString(16)}`;
}
