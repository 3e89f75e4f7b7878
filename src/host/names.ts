/** The lesson on names: steps on a simulated directory, and after each one every state a cut can leave. */
import { assert } from '../base/assert';
import type {
  BlockView,
  DirectoryState,
  FileView,
  NamesMoment,
  NamesRequest,
  NamesRun,
  NameView,
} from '../protocol/names';
import {
  BLOCK_BYTES,
  type DirectoryImage,
  type DirectoryStep,
  type FileId,
  SimulatedDirectory,
} from '../storage/simulated/directory';
import { DIRECTORY_PROFILES, type DirectoryProfile } from '../storage/simulated/directory_profiles';
import { CHOICES_MAX, countChoices, survivors } from '../storage/simulated/directory_states';

/** Keeps a program in the size of a picture. */
const STEPS_MAX = 24;
const FILE_BYTES_MAX = 36;

export function exploreNames(request: NamesRequest): NamesRun {
  const profile = DIRECTORY_PROFILES[request.profile];
  const directory = new SimulatedDirectory();
  for (const step of request.before) directory.apply(step);
  directory.apply({ kind: 'settle' });

  const moments = [momentOf(directory, profile)];
  for (const [index, step] of request.steps.entries()) {
    const refused = (why: string): NamesRun => ({ moments, refused: { step: index, why } });
    const why = directory.whyRefused(step) ?? whyTooLarge(step, index);
    if (why !== undefined) return refused(why);
    directory.apply(step);
    const choices = countChoices(directory.pending, profile);
    if (choices > CHOICES_MAX) {
      return refused(
        `a cut could choose in ${choices} ways here, more than the ${CHOICES_MAX} that are shown; settle earlier`,
      );
    }
    moments.push(momentOf(directory, profile));
  }
  return { moments };
}

function whyTooLarge(step: DirectoryStep, index: number): string | undefined {
  if (index >= STEPS_MAX) return `a program has at most ${STEPS_MAX} steps here`;
  const end = step.kind === 'write' ? step.at + step.bytes.length : step.kind === 'truncate' ? step.length : 0;
  return end > FILE_BYTES_MAX ? `a file has at most ${FILE_BYTES_MAX} letters here` : undefined;
}

function momentOf(directory: SimulatedDirectory, profile: DirectoryProfile): NamesMoment {
  return {
    names: namesOf(directory),
    files: filesOf(directory),
    pending: directory.pending.length,
    states: survivors(directory, profile).map(stateOf),
  };
}

function namesOf({ now, durable }: SimulatedDirectory): readonly NameView[] {
  const all = [...new Set([...now.names.keys(), ...durable.names.keys()])].sort();
  return all.map((name) => ({ name, now: now.names.get(name), onDisk: durable.names.get(name) }));
}

function filesOf({ now, durable, pending }: SimulatedDirectory): readonly FileView[] {
  const all = [...new Set([...now.files.keys(), ...durable.files.keys()])].sort((a, b) => a - b);
  return all.map((file) => {
    const onDisk = durable.files.get(file);
    const bytes = now.files.get(file) ?? onDisk;
    assert(bytes !== undefined, 'a file is listed because one of the two has it');
    const unsure = new Set(
      pending.flatMap((change) => (change.kind === 'block' && change.file === file ? [change.block] : [])),
    );
    const lengthIsSure = onDisk !== undefined && !pending.some((one) => one.kind === 'length' && one.file === file);
    const blocks = Array.from({ length: Math.ceil(bytes.length / BLOCK_BYTES) }, (_, block): BlockView => ({
      bytes: bytes.slice(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES),
      durable: lengthIsSure && !unsure.has(block),
    }));
    return { file, blocks, length: bytes.length, lengthOnDisk: onDisk?.length, ended: !now.files.has(file) };
  });
}

function stateOf({ names, files }: DirectoryImage): DirectoryState {
  const named = new Set<FileId>(names.values());
  return {
    names: [...names]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, file]) => ({ name, file, opens: files.has(file) })),
    files: [...files].sort(([a], [b]) => a - b).map(([file, bytes]) => ({ file, bytes, named: named.has(file) })),
  };
}
