/** A moment of a run as a link says it, and the session that a link opens. */
import { LINK_VERSION, type Moment } from '../lab/links';
import { settingsText } from '../lab/script_text';
import type { SessionSettings, SessionSpec } from '../protocol/session';
import type { Branch } from './branch.svelte';
import type { Mode } from './rooms/trace_room';
import type { Stage } from './session.svelte';

/** The moment on a stage, or one sentence why it cannot be given away. */
export async function momentOfRun(stage: Stage, mode: Mode): Promise<Moment | string> {
  const branch = stage.active;
  if (branch === undefined) return 'Nothing is open.';
  if (branch.dead) return 'The worker of this run is gone; start the run again first.';
  if (branch.kind === 'recovery') return 'A link to a recovery starts from its run: choose the run, then the step.';
  if (branch.info.store === 'learner') {
    return 'A link cannot carry your store. Export a backup instead, or link to a practice run.';
  }
  const { careless, device, format, openingCrash, profile, protections, seed, tuning } = branch.info.settings;
  return {
    version: LINK_VERSION,
    room: stage.room.id,
    mode,
    script: await commandsOf(branch),
    device,
    seed,
    format,
    tuning,
    protections,
    ...(careless.length > 0 && { careless: [...careless] }),
    ...(profile !== 'adversarial' && { profile }),
    ...(openingCrash !== undefined && { openingCrash }),
    seq: stage.at.seq,
    fraction: stage.at.fraction,
    selection: stage.selection,
  };
}

/** The commands that a run was given, as a script. */
export async function commandsOf(branch: Branch): Promise<string> {
  const commands = await branch.connection.api.commands(branch.session);
  // Command 0 is the opening itself.
  return commands
    .filter(({ command }) => command > 0)
    .map(({ text }) => text)
    .join('\n');
}

/** A session that opens as the one of these settings did, on a modelled disk. */
export function openingAgain(settings: SessionSettings): SessionSpec {
  const { careless, format, grouping, openingCrash, profile, protections, seed, tuning } = settings;
  const script = settingsText('simulated', openingCrash);
  return { store: 'by_script', script, seed, format, tuning, grouping, protections, careless, profile };
}

export function openingOf(moment: Moment): SessionSpec {
  const { careless, device, format, openingCrash, profile, protections, seed, tuning } = moment;
  return {
    store: 'by_script',
    // Two settings only a script can say; the rest is said by the moment.
    script: settingsText(device, openingCrash),
    seed,
    grouping: 'explicit',
    ...(format === undefined ? {} : { format }),
    ...(tuning === undefined ? {} : { tuning }),
    ...(protections === undefined ? {} : { protections }),
    ...(careless === undefined ? {} : { careless }),
    ...(profile === undefined ? {} : { profile }),
  };
}
