// A port of the test's own loopback that leads to the same loopback port inside a lab's host.
// The listening socket belongs to the network of the process that made it, connections out of a child on the host
// belong to the host's: handing the socket to such a child is all it takes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { undo } from './undo.mjs';

const INSIDE = fileURLToPath(new URL('door-inside.mjs', import.meta.url));

/**
 * @param {import('./lab.mjs').Host} host
 * @param {number} [inner]  the port on the host; the door's own number when absent
 * @returns {Promise<{port: number, close: () => void}>}
 */
export async function openDoor(host, inner) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const child = spawn('ip', ['netns', 'exec', host.ns, process.execPath, INSIDE, String(inner ?? port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const close = undo(() => child.kill('SIGKILL'));
  child.send('door', server);
  await once(child, 'message');
  server.close();
  child.unref();
  child.channel.unref();
  return { port, close };
}
