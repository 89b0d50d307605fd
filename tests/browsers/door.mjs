// A loopback port that leads to a loopback port inside a lab's host: from the test's own loopback, or from another
// host's. The listening socket belongs to the network of the process that made it, connections out of a child on the
// host belong to the host's: handing the socket to such a child is all it takes.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { start } from './host.mjs';
import { undo } from './undo.mjs';

/**
 * @param {import('./host.mjs').Host} host
 * @param {number} [inner]  the port on the host; the door's own number when absent
 * @returns {Promise<{port: number, close: () => void}>}
 */
export async function openDoor(host, inner) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return { port, close: await leadTo(host, inner ?? port, server) };
}

/**
 * From `port` on one host's loopback to the same port on the other's. No cable of the lab is needed for it.
 * @param {import('./host.mjs').Host} from
 * @param {import('./host.mjs').Host} to
 * @param {number} port
 * @returns {Promise<() => void>}  closes it
 */
export async function openDoorBetween(from, to, port) {
  const { child, end } = begin(from, 'door-outside.mjs', port);
  const [, server] = await once(child, 'message');
  const close = await leadTo(to, port, server);
  end();
  return close;
}

async function leadTo(host, port, server) {
  const { child, end } = begin(host, 'door-inside.mjs', port);
  child.send('door', server);
  await once(child, 'message');
  server.close();
  child.unref();
  child.channel.unref();
  return end;
}

function begin(host, program, port) {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = start(host, [process.execPath, path, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return { child, end: undo(() => child.kill('SIGKILL')) };
}
