/** For tests: hosts as the workers of the lab are, one after the other on the same files. */
import { expect } from 'vitest';
import { decodeText } from '../../base/bytes';
import { isEngineError } from '../../base/errors';
import type { JobReport } from '../../protocol/job';
import type { SessionInfo, SessionSpec } from '../../protocol/session';
import type { TraceBatch, TraceRecord } from '../../protocol/trace';
import { Host } from '../host';
import { LabError } from '../lab_error';
import { listeningPort, SharedPlaces, testEnvironment } from './environment';

export const VERSION = 1;

/** A host that shares its files with others, as one worker does with the next. */
export function worker(
  places = new SharedPlaces(),
  change = {},
): { host: Host; places: SharedPlaces; environment: ReturnType<typeof testEnvironment> } {
  const environment = testEnvironment(places, change);
  return { host: new Host(environment, VERSION), places, environment };
}

export async function opened(host: Host, spec: SessionSpec, text = ''): Promise<SessionInfo> {
  const info = await host.openSession({ seed: 7, ...spec });
  const report = host.run(info.session, text);
  expect(report.scriptErrors).toEqual([]);
  return info;
}

export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (error instanceof LabError || isEngineError(error)) return error.code;
    throw error;
  }
  return 'nothing failed';
}

export function traceOf(host: Host, session: number): TraceRecord[] {
  const port = listeningPort<TraceBatch>();
  host.attachTrace(session, port, 0);
  return port.heard.flatMap(({ records }) => [...records]);
}

export const keysOf = (host: Host, session: number): (string | undefined)[] =>
  host.rows(session, { limit: 1000 }).rows.map(({ key }) => decodeText(key));

/** Runs what is started as a job to its end. */
export async function finished(host: Host, start: (host: Host) => number): Promise<JobReport[]> {
  const port = listeningPort<JobReport>();
  host.attachJobs(port);
  start(host);
  for (let turns = 0; turns < 10_000 && (port.heard.at(-1)?.state ?? 'running') === 'running'; turns++)
    await Promise.resolve();
  return port.heard;
}
