/**
 * An HTTP proxy that writes down every address it is asked for and passes on only what goes to the lab. A browser
 * started behind it hides nothing: page, workers, service worker, web sockets, prefetches, all of it comes by here.
 */
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordingProxy {
  readonly address: string;
  /** Whole addresses for http, `host:port` for tunnels (https, wss). */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

/** @param origin the only origin that is answered */
export function startRecordingProxy(origin: string): Promise<RecordingProxy> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const wanted = request.url ?? '';
    seen.push(wanted);
    if (!wanted.startsWith(`${origin}/`)) {
      response.writeHead(502).end();
      return;
    }
    const onward = forward(wanted, { method: request.method ?? 'GET', headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket) => {
    seen.push(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        seen,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
