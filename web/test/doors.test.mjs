import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doors } from '../doors.js';

test('the candidates in an offer are where the server can be reached, each once', () => {
  const line = 'candidate:1 1 UDP 2130706431 203.0.113.5 50000 typ host';
  const tcp = 'candidate:2 1 tcp 2105524223 2001:db8::5 50000 typ host tcptype passive';
  const sdp = ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', `a=${line}`, `a=${tcp}`, 'm=video 9 x 96', `a=${line}`, ''].join('\r\n');
  assert.deepEqual(doors(sdp), [
    { protocol: 'UDP', host: '203.0.113.5', port: 50_000 },
    { protocol: 'TCP', host: '2001:db8::5', port: 50_000 },
  ]);
  assert.deepEqual(doors(''), []);
});
