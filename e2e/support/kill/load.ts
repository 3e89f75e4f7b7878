/**
 * The load that is killed at random: clients in the page, each on a MessagePort of its own with several commits in
 * flight. Every commit follows from the client's number and its own, and each client keeps to keys of its own, so what
 * came back can be judged client by client:
 *
 *     client c, commit n (from 1):   put    c/n/own     a value that says c and n
 *                                    put    c/last      n
 *                                    delete c/(n-8)/own
 *
 * Every third commit is relaxed.
 */
import { encodeText } from '../../../src/base/bytes';

import type { CommitAnswer, CommitRequest } from '../../../src/protocol/commit_port';
import type { Contents, Write } from './fixed_run';

export const CLIENTS = 8;
const IN_FLIGHT = 8;
const KEPT = 8;
const VALUE_LETTERS = 200;

export function writesOf(client: number, number: number): Write[] {
  const writes: Write[] = [
    { key: ownKey(client, number), value: `${client}:${number} `.padEnd(VALUE_LETTERS, 'abcdefghij') },
    { key: `${client}/last`, value: String(number) },
  ];
  if (number > KEPT) writes.push({ key: ownKey(client, number - KEPT) });
  return writes;
}

const ownKey = (client: number, number: number): string => `${client}/${String(number).padStart(6, '0')}/own`;

/** What the keys of one client hold after its first `count` commits. */
export function clientContents(client: number, count: number): Contents {
  const contents = new Map<string, string>();
  for (let number = Math.max(1, count - KEPT - 1); number <= count; number++) {
    for (const { key, value } of writesOf(client, number)) {
      if (value === undefined) contents.delete(key);
      else contents.set(key, value);
    }
  }
  return contents;
}

/** One client: commits as fast as it is answered, and keeps the list of what it was told. */
export class LoadClient {
  readonly client: number;
  readonly #port: MessagePort;
  readonly #onAnswer: () => void;
  submitted = 0;
  /** LSN by number of commit. */
  readonly acknowledged = new Map<number, number>();
  /** Answers other than yes. */
  readonly refused: string[] = [];
  #isKilled = false;

  constructor(client: number, port: MessagePort, onAnswer: () => void) {
    this.client = client;
    this.#port = port;
    this.#onAnswer = onAnswer;
    port.onmessage = ({ data }: MessageEvent<CommitAnswer>) => this.#answered(data);
  }

  start(): void {
    for (let request = 0; request < IN_FLIGHT; request++) this.#submit();
  }

  /** Submits nothing more; what was answered before the end may still arrive, and is counted. */
  kill(): void {
    this.#isKilled = true;
  }

  #submit(): void {
    const number = ++this.submitted;
    const operations = writesOf(this.client, number).map(({ key, value }) =>
      value === undefined
        ? { kind: 'delete' as const, key: encodeText(key) }
        : { kind: 'put' as const, key: encodeText(key), value: encodeText(value) },
    );
    const mode = number % 3 === 0 ? 'relaxed' : 'strict';
    const request: CommitRequest = { request: number, operations, mode, client: this.client };
    this.#port.postMessage(request);
  }

  #answered(answer: CommitAnswer): void {
    if (answer.ok) this.acknowledged.set(answer.request, answer.lsn);
    else this.refused.push(`${answer.failure.code}: ${answer.failure.message}`);
    if (this.#isKilled) return;
    this.#submit();
    this.#onAnswer();
  }
}

export interface LoadJudgement {
  readonly recovered: number;
  /** What must not be, in words. */
  readonly findings: readonly string[];
  /** Commits of each client that came back, in the order of the clients. */
  readonly counts: readonly number[];
}

/**
 * `lastLsn`: what recovery says it got to. LSNs have no gaps, so as many commits must be there as the last LSN says, and
 * no LSN that a client was told may be above it.
 */
export function judgeLoad(
  clients: readonly Pick<LoadClient, 'client' | 'submitted' | 'acknowledged'>[],
  recovered: Contents,
  lastLsn: number,
): LoadJudgement {
  const findings: string[] = [];
  const counts = clients.map(({ acknowledged, client, submitted }) => {
    const own = new Map([...recovered].filter(([key]) => key.startsWith(`${client}/`)));
    const count = Number(own.get(`${client}/last`) ?? 0);
    const expected = clientContents(client, count);
    const differing = new Set([...own.keys(), ...expected.keys()].filter((key) => own.get(key) !== expected.get(key)));
    if (differing.size > 0) {
      const keys = [...differing].slice(0, 3).join(', ');
      findings.push(
        `client ${client}: not the state after its first ${count} commits, a batch is half there (${keys})`,
      );
    }
    const last = Math.max(0, ...acknowledged.keys());
    if (last > count) findings.push(`client ${client}: commit ${last} was acknowledged, ${count} are there`);
    if (count > submitted) findings.push(`client ${client}: ${count} commits are there, ${submitted} were submitted`);
    const lsn = Math.max(0, ...acknowledged.values());
    if (lsn > lastLsn) findings.push(`client ${client}: LSN ${lsn} was acknowledged, the log ends at ${lastLsn}`);
    return count;
  });
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== lastLsn) findings.push(`${total} commits are there, but the log ends at LSN ${lastLsn}: a hole`);
  return { recovered: total, findings, counts };
}
