/** The runs of the room, held against the real search: safe with every safeguard, and each safeguard is missed somewhere. */
import { describe, expect, test } from 'vitest';
import { recordRun } from '../../../crash/run';
import { Search, WHOLE_SHARE } from '../../../crash/search';
import { lsmSubject, SMALLEST_FORMAT, storeSubject, treeSubject } from '../../../crash/store_subject';
import { actionsOf } from '../../../host/crash_script';
import { DatasetLibrary } from '../../../host/dataset_library';
import { CRASH_PRESETS, presetOf, SHOWN_BY, withPageProtection } from '../../../lab/crash_sources';
import { NO_LETTERS } from '../../../lab/crash_words';
import type { LetterCounts, ProfileName } from '../../../protocol/crash';
import { CARELESS, isCareless } from '../../../storage/careless';
import { PROFILES } from '../../../storage/simulated/profiles';
import { parseScript } from '../../../workload/parser';
import { PAGE_PROTECTION_NAMES } from '../../../workload/protection_names';

/** Of all states; or up to the first that does harm, where one is enough. */
function lettersOf(script: string, profile: ProfileName, off: string, isOneEnough = false): LetterCounts {
  const { lines, settings } = parseScript(script).script;
  const { actions, tuning } = actionsOf(
    lines.map(({ command }) => command),
    new DatasetLibrary(),
  );
  const store = settings.find((setting) => setting.kind === 'store');
  const subject = storeSubject({
    format: { ...SMALLEST_FORMAT, ...store?.format },
    tuning: { ...store?.tuning, ...tuning },
  });
  const run = recordRun({
    subject,
    actions,
    profile: PROFILES[profile],
    seed: 7,
    protections: { ...subject.protections, ...(off in subject.protections && { [off]: false }) },
    careless: isCareless(off) ? [off] : [],
  });
  const search = new Search(run, { statesMax: 64, seed: 7, share: WHOLE_SHARE, crashRecovery: false });
  const letters = { ...NO_LETTERS };
  for (const { judgement } of search.outcomes()) {
    if (judgement === undefined) continue;
    letters[judgement.letter]++;
    if (isOneEnough && judgement.letter !== 'A' && judgement.letter !== 'L') break;
  }
  return letters;
}

describe('the runs of the room', () => {
  test.each(CRASH_PRESETS.map(({ id }) => id))('%s is safe with every safeguard on', (id) => {
    const { script, profile } = presetOf(id);
    const { S, F } = lettersOf(script, profile, '');
    expect({ S, F }).toEqual({ S: 0, F: 0 });
  });
});

describe('a split in a checkpoint, however its pages are protected', () => {
  const { script } = presetOf('split');

  test.each(PAGE_PROTECTION_NAMES)('%s: half of it does harm only where nothing protects it', (protection) => {
    const { D, F, S } = lettersOf(withPageProtection(script, protection), 'measured_ext4', '');
    expect(D + F + S > 0, `${D} D, ${F} F, ${S} S`).toBe(protection === 'none');
  });

  test('a script over no tree stays as it is', () => {
    const { script: other } = presetOf('commit');
    expect(withPageProtection(other, 'none')).toBe(other);
  });
});

describe('the switchboard', () => {
  const protections = [treeSubject(), lsmSubject()].flatMap((subject) => Object.keys(subject.protections));
  const names = [...new Set([...protections, ...Object.keys(CARELESS)])];

  test('has a run for every safeguard there is', () => {
    expect(Object.keys(SHOWN_BY).toSorted()).toEqual(names.toSorted());
  });

  test.each(names)('without %s its run has a state that goes wrong', (name) => {
    const { preset, profile } = SHOWN_BY[name]!;
    const { D, S, F } = lettersOf(presetOf(preset).script, profile, name, true);
    expect(D + S + F).toBeGreaterThan(0);
  });
});
