// What the page says of its throw-away connections, and how it finds out whether an address is its own.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { ENOUGH, MIRROR, Probe, answerTo, at, isOwn } from '../probe.js';

const OFFER = [
  'v=0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=ice-ufrag:mine', 'a=ice-pwd:my-own-password',
  'a=setup:actpass', 'a=candidate:1 1 udp 5 1c8f.local 4000 typ host', 'a=end-of-candidates', 'a=mid:0', '',
].join('\r\n');
const HOST = 'candidate:1 1 udp 5 1c8f.local 4000 typ host generation 0';

/** As much of an RTCPeerConnection as a probe uses. Its candidate comes while the offer is being set, as browsers do. */
class Connection {
  iceConnectionState = 'new';
  added = [];
  transceivers = [];
  stats = new Map();

  constructor(all) { all.push(this); }
  getTransceivers() { return this.transceivers; }
  createDataChannel() {}

  async setLocalDescription() {
    this.localDescription = { sdp: OFFER };
    this.onicecandidate?.({ candidate: { candidate: HOST } });
    this.onicecandidate?.({ candidate: null });
  }

  async setRemoteDescription(description) { this.remote = description; }
  async addIceCandidate(candidate) { this.added.push(candidate); }
  async getStats() { return this.stats; }
  close() { this.closed = true; }

  join(candidateType) {
    this.stats.set('pair', { type: 'candidate-pair', state: 'succeeded', localCandidateId: 'local' });
    this.stats.set('local', { type: 'local-candidate', candidateType });
    this.iceConnectionState = 'connected';
    this.oniceconnectionstatechange();
  }
}

function page() {
  const [connections, said] = [[], []];
  const connect = (stun) => Object.assign(new Connection(connections), { stun });
  return { connections, said, connect, probe: new Probe({ signal: (signal) => said.push(signal), connect }) };
}

const BEGIN = { kind: 'begin', ufrag: 'theirs', password: 'their-password' };

test('a probe takes an answer without candidates, and tells of its own once it has it', async () => {
  const { connections, said, probe } = page();
  await probe.receive(BEGIN);
  const [connection] = connections;
  assert.ok(connection.stun);
  assert.match(connection.remote.sdp, /a=ice-ufrag:theirs\r\na=ice-pwd:their-password\r\na=setup:active\r\na=mid:0/);
  assert.doesNotMatch(connection.remote.sdp, /candidate/);
  assert.deepEqual(said, [
    { kind: 'offer', ufrag: 'mine', password: 'my-own-password' },
    { kind: 'candidate', candidate: HOST },
  ]);
  await probe.receive({ kind: 'candidate', candidate: 'candidate:of the service' });
  assert.equal(connection.added[0].candidate, 'candidate:of the service');
  await probe.receive({ kind: 'end' });
  assert.ok(connection.closed);
});

test('a service that says no more is waited for, but not for ever; another probe ends the first', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { connections, probe } = page();
  await probe.receive(BEGIN);
  await probe.receive(BEGIN);
  assert.deepEqual(connections.map(({ closed }) => closed), [true, undefined]);
  mock.timers.tick(ENOUGH);
  assert.ok(connections[1].closed);
  await probe.receive({ kind: 'candidate', candidate: 'too late' });
  mock.timers.reset();
});

test('an address is our own when what goes there leaves by a host candidate', async () => {
  for (const [candidateType, expected] of [['host', true], ['srflx', false], ['prflx', false]]) {
    const { connections, connect } = page();
    const own = isOwn('203.0.113.9', connect);
    await settled();
    const [far, near] = connections;
    assert.deepEqual(near.added.map(({ candidate }) => candidate), ['candidate:1 1 udp 5 203.0.113.9 4000 typ host']);
    assert.equal(far.added.length, 0);
    assert.doesNotMatch(near.remote.sdp + far.remote.sdp, /candidate/);
    near.join(candidateType);
    assert.equal(await own, expected, candidateType);
    assert.ok(near.closed && far.closed);
  }
});

test('it is not when nothing comes back', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { connections, said, probe } = page();
  const looked = probe.receive({ kind: 'mirror', address: '203.0.113.9' });
  await settled();
  mock.timers.tick(MIRROR);
  await looked;
  assert.deepEqual(said, [{ kind: 'mirror', address: '203.0.113.9', own: false }]);
  assert.ok(connections.every(({ closed }) => closed));
  mock.timers.reset();
});

test('only host candidates for UDP are moved', () => {
  for (const candidate of [
    'candidate:1 1 tcp 5 1c8f.local 9 typ host tcptype active',
    'candidate:1 1 UDP 5 203.0.113.9 4000 typ srflx raddr 0.0.0.0 rport 0',
    '',
  ]) assert.equal(at(candidate, '203.0.113.9'), null);
});

test('an answer keeps what it need not change', () => {
  const changed = ['ice-ufrag', 'ice-pwd', 'setup', 'candidate', 'end-of-candidates'];
  const rest = (sdp) => sdp.split('\r\n').filter((line) => !changed.some((name) => line.startsWith(`a=${name}`)));
  assert.deepEqual(rest(answerTo(OFFER, 'u', 'p')), rest(OFFER));
});

// Until everything that waits for nothing but promises is done.
const settled = () => new Promise((resolve) => { setImmediate(resolve); });
