/** Clients in the page: each commits over a port of its own and waits for the answer before it commits again. */
import type { CommitRequest } from '../protocol/commit_port';
import type { Dataset } from './dataset';
import type { Round } from './loops';

/** Runs all clients for about `sliceMs`, until the last answer is there. */
export async function runClients(ports: readonly MessagePort[], data: Dataset, sliceMs: number): Promise<Round> {
  const samples: number[] = [];
  const begun = performance.now();
  const counter = { next: 0 };
  await Promise.all(ports.map((port, client) => runClient(port, client, begun + sliceMs, data, counter, samples)));
  return { value: (samples.length * 1000) / (performance.now() - begun), samples };
}

function runClient(
  port: MessagePort,
  client: number,
  until: number,
  data: Dataset,
  counter: { next: number },
  samples: number[],
): Promise<void> {
  return new Promise((resolve) => {
    let sentAt = 0;
    const send = (): void => {
      const request = counter.next++;
      sentAt = performance.now();
      port.postMessage({
        request,
        operations: data.overwrite(request),
        mode: 'strict',
        client,
      } satisfies CommitRequest);
    };
    port.onmessage = (): void => {
      const now = performance.now();
      samples.push((now - sentAt) * 1000);
      if (now < until) send();
      else resolve();
    };
    send();
  });
}
