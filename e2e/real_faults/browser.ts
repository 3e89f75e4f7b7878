/** A real Chromium on a profile of its own, tabs with the page of `page/` in it, and the means to kill either. */
import process from 'node:process';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { chromiumArguments, findOrInstallChromium } from '../../tools/chromium.mjs';
import type { Heard, Opened, OpenRequest, WorkerKind } from './page/messages';
import type { FaultPage } from './page/page';
import { processesOn, renderersWithStore, renderersWithWorker } from './processes';
import { pause, within } from './waiting';
import type { Contents, Witness } from './witness';

/** The methods of the page, called from out here. */
type Remote = {
  [Name in keyof FaultPage]: (
    ...parameters: Parameters<FaultPage[Name]>
  ) => Promise<Awaited<ReturnType<FaultPage[Name]>>>;
};

/** No call of the page takes a tenth of it, even on a busy machine. */
const CALL_MS_MAX = 60_000;

const OWNER_TRIES = 40;

export interface LaunchOptions {
  readonly args?: readonly string[];
  /** Of Playwright's own arguments: leave these out. */
  readonly without?: readonly string[];
}

export class FaultBrowser {
  readonly profile: string;
  readonly context: BrowserContext;
  readonly #address: string;
  /** Of the browser itself: known beforehand, so that a kill comes at its instant. */
  readonly #pid: number;

  private constructor(profile: string, context: BrowserContext, address: string) {
    const [root] = processesOn(profile);
    if (root?.type !== '') throw new Error(`no browser runs on ${profile}`);
    this.profile = profile;
    this.context = context;
    this.#address = address;
    this.#pid = root.pid;
  }

  static async launch(
    profile: string,
    { address, witness }: { address: string; witness: Witness },
    { args = [], without = [] }: LaunchOptions = {},
  ): Promise<FaultBrowser> {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: await findOrInstallChromium(),
      headless: true,
      args: [...chromiumArguments(), '--disk-cache-size=1', ...args],
      ignoreDefaultArgs: [...without],
      // The harness ends browsers itself, and cleans up behind them.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    await context.exposeBinding('heard', (_source, note: Heard) => witness.hear(note));
    return new FaultBrowser(profile, context, address);
  }

  /** A new tab, its worker started and no store open. */
  async tab(kind: WorkerKind = 'lab', address = this.#address): Promise<Tab> {
    const page = await within(CALL_MS_MAX, () => 'a new tab', this.context.newPage());
    await page.goto(address);
    await page.waitForFunction(() => 'faults' in window);
    const tab = new Tab(page);
    await tab.call.start(kind);
    return tab;
  }

  /** Serves what follows with the headers that let a page share memory with a worker it ends. */
  async isolate(): Promise<void> {
    await this.context.route('**/*', async (route) => {
      const response = await route.fetch();
      const headers = {
        ...response.headers(),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      };
      await route.fulfill({ response, headers });
    });
  }

  /** SIGKILL to the browser itself; its children end when they notice. @returns milliseconds until the last was gone */
  async kill(): Promise<number> {
    const closed = new Promise<void>((resolve) => this.context.once('close', () => resolve()));
    process.kill(this.#pid, 'SIGKILL');
    const killedAt = performance.now();
    // Orphans are adopted by another parent, and still say which profile they are for.
    while (processesOn(this.profile).length > 0) await pause(1);
    await closed;
    return performance.now() - killedAt;
  }

  /** The renderer that has the store open; looking takes a while, so it is done before the instant of a kill. */
  async owner(): Promise<number> {
    await this.owners();
    const owners = renderersWithStore(this.profile);
    if (owners.length !== 1) throw new Error(`${owners.length} renderers have the store open, and not one`);
    return owners[0]!;
  }

  /**
   * How many renderers have the files of the store open. One that let go, or is ending, closes them a little after the
   * browser gave them to the next; so any other number than one is believed only if it stays.
   */
  async owners(): Promise<number> {
    for (let tries = 1; ; tries++) {
      const { length } = renderersWithStore(this.profile);
      if (length === 1 || tries === OWNER_TRIES) return length;
      await pause(50);
    }
  }

  renderersWithWorker(): number[] {
    return renderersWithWorker(this.profile);
  }

  async close(): Promise<void> {
    await within(CALL_MS_MAX, () => 'the end of a browser', this.context.close());
  }
}

export class Tab {
  readonly page: Page;
  readonly call: Remote;

  constructor(page: Page) {
    this.page = page;
    this.call = new Proxy({} as Remote, {
      get:
        (_target, name) =>
        (...parameters: unknown[]) =>
          within(
            CALL_MS_MAX,
            () => `${String(name)} of the page`,
            page.evaluate(
              ([method, given]) =>
                (window.faults as unknown as Record<string, (...all: unknown[]) => unknown>)[method]!(...given),
              [String(name), parameters] as const,
            ),
          ),
    });
  }

  /** Opens the store. @throws if it does not open */
  async opened(request: OpenRequest = {}): Promise<Opened & Required<Pick<Opened, 'recovery'>>> {
    const opened = await this.call.open(request);
    if (opened.recovery === undefined) {
      throw new Error(`the store did not open: ${opened.failure?.code ?? ''} ${opened.failure?.message ?? ''}`);
    }
    return { ...opened, recovery: opened.recovery };
  }

  async contents(): Promise<Contents> {
    return new Map(await this.call.contents());
  }

  /** SIGKILL to its renderer, which is one of these. */
  async kill(renderers: readonly number[]): Promise<void> {
    const crashed = this.page.waitForEvent('crash');
    for (const pid of renderers) process.kill(pid, 'SIGKILL');
    await crashed;
    await within(CALL_MS_MAX, () => 'the end of a tab', this.page.close());
  }

  async cdp(): Promise<CDPSession> {
    return this.page.context().newCDPSession(this.page);
  }
}
