// The inner side of door.mjs: started on the host, accepts on the socket it is handed, connects to the host's loopback.

import { connect } from 'node:net';

const port = Number(process.argv[2]);

process.on('message', (_, server) => {
  server.on('connection', pass);
  process.send('open');
});
process.on('disconnect', () => process.exit());

function pass(outer) {
  const inner = connect(port, '127.0.0.1');
  outer.pipe(inner).pipe(outer);
  for (const [one, other] of [[outer, inner], [inner, outer]]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}
