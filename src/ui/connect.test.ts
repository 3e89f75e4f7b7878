import * as Comlink from 'comlink';
import { expect, test } from 'vitest';
import { LabError } from '../lab/lab_error';
import { connect, type Peer } from './connect';

/** A worker of the test: a port with the given methods on its other side. */
function peerWith(methods: Record<string, (...parameters: never[]) => unknown>): { peer: Peer; ended: () => boolean } {
  const { port1, port2 } = new MessageChannel();
  Comlink.expose(methods, port2);
  let ended = false;
  const peer = Object.assign(port1, {
    terminate: () => {
      ended = true;
      port1.close();
    },
  });
  return { peer: peer, ended: () => ended };
}

test('a call gives the value of its reply', async () => {
  const { peer } = peerWith({ parse: (text: string) => ({ ok: true, value: [text] }) });
  const connection = connect('test', () => peer);
  expect(await connection.api.parse('put a b')).toEqual(['put a b']);
  connection.terminate();
});

test('a failure comes back as an error with its code and place', async () => {
  const failure = { code: 'key_empty', message: 'A key has at least one byte.', place: { entry: 2 } };
  const { peer } = peerWith({ parse: () => ({ ok: false, failure }) });
  const connection = connect('test', () => peer);
  const error = await connection.api.parse('').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LabError);
  expect(error).toMatchObject(failure);
  connection.terminate();
});

test('terminating rejects every call that waits, and every later one, at once', async () => {
  const { peer, ended } = peerWith({ parse: () => new Promise(() => undefined) });
  const connection = connect('test', () => peer);
  const waiting = [connection.api.parse('a'), connection.api.parse('b')];
  connection.terminate();
  for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'worker_died' });
  await expect(connection.api.parse('c')).rejects.toMatchObject({ code: 'worker_died' });
  expect(await connection.died).toMatchObject({ asked: true });
  expect([ended(), connection.alive]).toEqual([true, false]);
});

test('a worker that fails by itself is known to be dead', async () => {
  const { peer } = peerWith({ parse: () => new Promise(() => undefined) });
  const connection = connect('test', () => peer);
  const waiting = connection.api.parse('a');
  (peer as unknown as EventTarget).dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  await expect(waiting).rejects.toThrow('out of memory');
  expect(await connection.died).toMatchObject({ asked: false });
});

test('a port among the parameters is handed over', async () => {
  const { port1, port2 } = new MessageChannel();
  const { peer } = peerWith({
    attachJobs: (port: MessagePort) => {
      port.postMessage('hello');
      return { ok: true, value: undefined };
    },
  });
  const connection = connect('test', () => peer);
  const heard = new Promise((resolve) =>
    port1.addEventListener('message', (event) => resolve(event.data), { once: true }),
  );
  port1.start();
  await connection.api.attachJobs(port2);
  expect(await heard).toBe('hello');
  port1.close();
  connection.terminate();
});
