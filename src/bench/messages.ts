/** What the page says to the worker of a subject, one command at a time, and what comes back. */
import type { CheckpointInterval } from './checkpoint_interval';
import type { DeviceTimes } from './device';
import type { Plan } from './plan';
import type { Round } from './loops';

export type Command =
  /** The first: which subject lives here, and how large its values are. */
  | { readonly do: 'start'; readonly subject: string; readonly valueBytes: number; readonly plan: Plan }
  /** Names of the workloads it can run. */
  | { readonly do: 'list' }
  /** Opens it, if it is closed. */
  | { readonly do: 'open' }
  /** Opens it with nothing in it. */
  | { readonly do: 'clear' }
  /** Opens it with all rows in it. */
  | { readonly do: 'fill' }
  /** Makes the store whose contents are in its log alone. */
  | { readonly do: 'fill log' }
  | { readonly do: 'run'; readonly workload: string; readonly settled?: boolean }
  /** Commits that come over the ports go to the subject; each is answered with its request number. */
  | { readonly do: 'serve'; readonly ports: readonly MessagePort[] }
  | { readonly do: 'measure device' }
  | { readonly do: 'measure checkpoint interval'; readonly intervalBytes: number }
  /** Closes it, if it is open; its files stay. */
  | { readonly do: 'close' }
  /** Closes it and deletes its files. */
  | { readonly do: 'remove' };

export interface Answers {
  start: null;
  list: string[];
  open: null;
  clear: null;
  fill: null;
  'fill log': null;
  run: Round;
  serve: null;
  'measure device': DeviceTimes;
  'measure checkpoint interval': CheckpointInterval;
  close: null;
  remove: null;
}

export type Reply = { readonly answer: unknown } | { readonly error: string };
