/** A failure of the crash search as a moment of the log room: what a link to it carries. */
import type { CrashFinding } from '../protocol/crash';
import { LINK_VERSION, type Moment } from './links';
import { withoutSettings } from './script_text';

export function momentOf(finding: CrashFinding): Moment {
  const script = withoutSettings(finding.script)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n');
  return {
    version: LINK_VERSION,
    room: 'wal',
    mode: 'play',
    script,
    device: 'simulated',
    seed: finding.seed,
    format: finding.format,
    protections: finding.protections,
    // The very end: what came back.
    seq: Number.MAX_SAFE_INTEGER >>> 0,
    fraction: 1,
  };
}
