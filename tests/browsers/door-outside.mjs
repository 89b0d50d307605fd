// The outer side of a door that begins on a host (door.mjs): started there, listens on the host's loopback and hands
// the socket over.

import { createServer } from 'node:net';

const server = createServer().listen(Number(process.argv[2]), '127.0.0.1', () => process.send('door', server));
process.on('disconnect', () => process.exit());
