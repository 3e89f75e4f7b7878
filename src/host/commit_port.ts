/**
 * Commits that come as messages: one port a client, any number of requests in flight. Each becomes a commit at once,
 * and its answer is posted when it settles; so all the messages that were queued when a group began share its flush.
 */
import type { CommitAnswer, CommitRequest } from '../protocol/commit_port';
import { toFailure } from './lab_error';
import type { Session } from './session';

/** What is used of a `MessagePort`, in a browser or in Node. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  start(): void;
  close(): void;
}

export function serveCommits(session: Session, port: Port): void {
  session.blockReplay('Clients committed over ports of their own, which no command of the session says.');
  port.addEventListener('message', ({ data }) => {
    const { request, operations, mode, client } = data as CommitRequest;
    const answer = (message: CommitAnswer): void => port.postMessage(message);
    try {
      const ticket = session.commit(operations, { mode, client });
      ticket.onSettled((error) =>
        answer(
          error === undefined
            ? { request, ok: true, lsn: ticket.lsn }
            : { request, ok: false, failure: error.toPlain() },
        ),
      );
    } catch (error) {
      answer({ request, ok: false, failure: toFailure(error) });
    }
  });
  port.start();
}

/** A schedule of one message hop: what it is given runs after every message already queued in this thread. */
export function hopOver(channel: { readonly port1: Port; readonly port2: Port }): (run: () => void) => void {
  const waiting: (() => void)[] = [];
  channel.port1.addEventListener('message', () => waiting.shift()?.());
  channel.port1.start();
  return (run) => {
    waiting.push(run);
    channel.port2.postMessage(null);
  };
}
