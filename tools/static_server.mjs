/** Serves a folder on loopback, with no special headers: what the built lab must be content with. */
import { createServer } from 'node:http';
import sirv from 'sirv';

/**
 * @param {string} folder
 * @param {{ port?: number, subPath?: string }} [options] port 0 is any free one; subPath starts and ends with a slash
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
export function serveFolder(folder, { port = 0, subPath = '/' } = {}) {
  // Read at each request: a rebuilt folder is served as it is now.
  const files = sirv(folder, { dev: true, etag: true });
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    if (!url.startsWith(subPath)) {
      response.writeHead(404).end();
      return;
    }
    request.url = url.slice(subPath.length - 1);
    files(request, response, () => void response.writeHead(404).end());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const bound = /** @type {import('node:net').AddressInfo} */ (server.address());
      resolve({
        address: `http://127.0.0.1:${bound.port}${subPath}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
