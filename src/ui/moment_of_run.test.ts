/** A run that is done once more has to open as it did: whatever a setting is left out, the copy goes another way. */
import { expect, test } from 'vitest';
import { settingsOf } from '../host/script_settings';
import type { SessionSpec } from '../protocol/session';
import { parseScript } from '../workload/parser';
import { openingAgain } from './moment_of_run';

const settingsFor = (text: string, spec: Partial<SessionSpec> = {}) =>
  settingsOf({ store: 'by_script', ...spec }, parseScript(text).script, () => 1);

test('a run opens again with all that it was opened with, on a modelled disk', () => {
  const settings = settingsFor(
    'device memory\nseed 7\nstore log 16k btree page 256 pool 8k\nfirst-opening crash at 5\n',
    {
      careless: ['logFlush'],
      profile: 'liar',
      grouping: 'hop',
      protections: { logSalt: false },
    },
  );
  const spec = openingAgain(settings);
  const again = settingsFor(spec.script!, spec);
  expect(again).toEqual({ ...settings, device: 'simulated' });
});
