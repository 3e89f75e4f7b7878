/** A script as text: what it parses to is what was printed. */
import { unreachable } from '../base/assert';
import type { TuningOptions } from '../kv_store/types';
import type {
  Command,
  CommitWords,
  DeleteWords,
  FailureEffect,
  OlderTimestamp,
  PutWords,
  ScanCommand,
  Script,
  Setting,
} from './command';
import { printBytes, printSize, printText } from './literals';
import { printLsm } from './lsm_settings';
import { printPowerCut } from './power_cut';

export function printScript(script: Script): string {
  const lines = [...script.settings.map(printSetting), ...script.lines.map(({ command }) => printCommand(command))];
  return lines.map((line) => `${line}\n`).join('');
}

export function printSetting(setting: Setting): string {
  switch (setting.kind) {
    case 'device':
      return `device ${setting.device}`;
    case 'seed':
      return `seed ${setting.seed}`;
    case 'profile':
      return `profile ${setting.profile}`;
    case 'without':
      return `without ${setting.names.join(' ')}`;
    case 'opening_crash':
      return words(
        `first-opening crash at ${setting.io}`,
        setting.prefixBytes !== undefined && `prefix ${printSize(setting.prefixBytes)}`,
      );
    case 'store': {
      const { logBytes, extentBytes, groupAlignBytes, lsm, tree, versions } = setting.format;
      const { lsm: lsmTuning, ...tuning } = setting.tuning ?? {};
      return words(
        'store',
        logBytes !== undefined && `log ${printSize(logBytes)}`,
        extentBytes !== undefined && `extent ${printSize(extentBytes)}`,
        groupAlignBytes !== undefined && `align ${groupAlignBytes}`,
        tree !== undefined && `btree page ${printSize(tree.pageBytes)} protection ${tree.protection}`,
        lsm !== undefined && printLsm(lsmTuning ?? {}, lsm),
        versions === true && 'versions',
        Object.keys(tuning).length > 0 && printTuning(tuning),
      );
    }
    default:
      return unreachable(setting);
  }
}

export function printCommand(command: Command): string {
  switch (command.kind) {
    case 'put':
    case 'delete':
      return words(printWrite(command), ...printIn(command), ...printWho(command));
    case 'batch':
      return words('batch', command.operations.map(printWrite).join(' ; '), ...printWho(command));
    case 'get':
      return words('get', printBytes(command.key), ...printIn(command));
    case 'scan':
      return printScan(command);
    case 'cursor':
      return printRange(`cursor ${command.cursor}`, command);
    case 'next':
      return words(`next ${command.cursor}`, command.rows !== undefined && String(command.rows));
    case 'end':
      return `end ${command.cursor}`;
    case 'begin':
      return words(
        `begin ${command.transaction}`,
        command.readOnly && 'read-only',
        command.serializable && 'serializable',
        printAt(command),
      );
    case 'abort':
      return `abort ${command.transaction}`;
    case 'snapshot':
      return words(`snapshot ${command.snapshot}`, printAt(command));
    case 'release':
      return `release ${command.snapshot}`;
    case 'vacuum':
      return words('vacuum', command.bytes !== undefined && printSize(command.bytes));
    case 'commit':
      return words('commit', command.transaction, ...printWho(command));
    case 'write':
    case 'flush':
    case 'checkpoint':
    case 'compact':
    case 'check':
    case 'stats':
    case 'close':
      return command.kind;
    case 'step':
      return `step ${printSize(command.bytes)}`;
    case 'load':
      return words(
        `load ${command.dataset}`,
        command.from !== undefined && `from ${command.from}`,
        command.rows !== undefined && `rows ${command.rows}`,
        command.batch !== undefined && `batch ${command.batch}`,
      );
    case 'reopen':
      return words('reopen', command.salvage && 'salvage');
    case 'crash':
      return words(
        'crash',
        command.at !== undefined && `at ${command.at.relative ? '+' : ''}${command.at.io}`,
        command.prefixBytes !== undefined && `prefix ${printSize(command.prefixBytes)}`,
      );
    case 'power_cut':
      return printPowerCut(command);
    case 'fail':
      return words(
        `fail ${command.call} ${command.nth}`,
        command.file !== undefined && `of ${command.file}`,
        command.forever && 'forever',
        printEffect(command.effect),
      );
    case 'disk_full':
      return words('disk full', printSize(command.bytes), command.short && 'short');
    case 'disk_lies':
      return command.on ? 'disk lies' : 'disk honest';
    case 'flip':
      return words(`flip ${command.file} ${command.offset}`, command.bit !== 0 && String(command.bit));
    case 'tuning':
      return `tuning ${printTuning(command.tuning)}`;
    case 'protect':
      return `protect ${command.on ? 'on' : 'off'} ${command.protection}`;
    case 'say':
    case 'ask':
      return `${command.kind} ${printText(command.text)}`;
    default:
      return unreachable(command);
  }
}

const words = (...parts: readonly (string | false)[]): string => parts.filter((part) => part !== false).join(' ');

const printAt = ({ at }: { readonly at?: OlderTimestamp }): string | false => at !== undefined && `at ${at}`;

function printTuning(tuning: Partial<TuningOptions>): string {
  const { checkpointLogBytes, idleTicksMax, lsm, poolBytes, relaxedFlushBytes, vacuumBytesMin, vacuumPercent } = tuning;
  return words(
    checkpointLogBytes !== undefined && `checkpoint ${printSize(checkpointLogBytes)}`,
    relaxedFlushBytes !== undefined && `relaxed ${printSize(relaxedFlushBytes)}`,
    poolBytes !== undefined && `pool ${printSize(poolBytes)}`,
    idleTicksMax !== undefined && `idle ${idleTicksMax}`,
    vacuumPercent !== undefined && `vacuum-percent ${vacuumPercent === Infinity ? 'never' : vacuumPercent}`,
    vacuumBytesMin !== undefined && `vacuum-min ${printSize(vacuumBytesMin)}`,
    lsm !== undefined && printLsm(lsm),
  );
}

function printWrite(write: PutWords | DeleteWords): string {
  return write.kind === 'put'
    ? `put ${printBytes(write.key)} ${printBytes(write.value)}`
    : `delete ${printBytes(write.key)}`;
}

function printIn({ transaction }: { readonly transaction?: string }): readonly (string | false)[] {
  return [transaction !== undefined && `in ${transaction}`];
}

function printWho({ client, mode }: CommitWords): readonly (string | false)[] {
  return [client !== undefined && `as ${client}`, mode ?? false];
}

function printScan(command: Extract<Command, { kind: 'scan' }>): string {
  const { limit } = command;
  return words(printRange('scan', command), limit !== undefined && `limit ${limit}`);
}

type PrintedRange = Pick<ScanCommand, 'from' | 'reverse' | 'to' | 'transaction'>;

function printRange(what: string, { from, reverse, to, transaction }: PrintedRange): string {
  return words(
    what,
    from !== undefined ? printBytes(from) : to !== undefined && '-',
    to !== undefined && printBytes(to),
    reverse && 'reverse',
    ...printIn({ ...(transaction !== undefined && { transaction }) }),
  );
}

function printEffect(effect: FailureEffect): string | false {
  if (effect.kind === 'error') return false;
  return effect.kind === 'short' ? `short ${printSize(effect.bytes)}` : effect.kind;
}
