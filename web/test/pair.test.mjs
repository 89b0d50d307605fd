// Two ends of a pair find each other, or say that they do not.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { GIVE_UP, INTERRUPTED, PROBE, Pair, SLOW, SOURCES } from '../p2p/pair.js';

/** As much of an RTCPeerConnection as a pair uses, with what was done to it. */
class Connection {
  signalingState = 'stable';
  connectionState = 'new';
  localDescription = null;
  remoteDescription = null;
  lines = [];
  candidates = [];

  addTransceiver(kind, { direction }) {
    const sender = senderOf();
    const line = { direction, sender, receiver: { track: { kind } } };
    this.lines.push(line);
    if (this.lines.length === 1) queueMicrotask(() => this.onnegotiationneeded?.());
    return line;
  }

  getTransceivers() { return this.lines; }

  async setLocalDescription() {
    const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable';
    this.localDescription = { type, sdp: `${type} of ${this.lines.length} line` };
  }

  async setRemoteDescription({ type, sdp }) {
    await Promise.resolve();
    this.remoteDescription = { type, sdp };
    this.signalingState = type === 'offer' ? 'have-remote-offer' : 'stable';
    if (type !== 'offer' || this.lines.length > 0) return;
    for (const _ of SOURCES) this.lines.push({ direction: 'recvonly', sender: senderOf(), receiver: { track: { kind: 'video' } } });
    for (const { receiver } of this.lines) this.ontrack({ track: receiver.track, receiver });
  }

  async addIceCandidate(candidate) {
    assert.ok(this.remoteDescription, 'a candidate overtook its description');
    this.candidates.push(candidate);
  }

  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange();
  }

  close() { this.connectionState = 'closed'; }
}

function senderOf() {
  const sender = {
    encodings: [{}],
    replaceTrack: async (track) => { sender.track = track; },
    getParameters: () => ({ encodings: structuredClone(sender.encodings) }),
    setParameters: async ({ encodings }) => { sender.encodings = encodings; },
  };
  return sender;
}

function end(offers, camera, screen = null) {
  const connection = new Connection();
  const said = [];
  const reports = [];
  const came = [];
  const facts = { seen: true };
  const pair = new Pair(offers, { camera, screen }, {
    signal: (signal) => said.push(signal),
    report: (state) => reports.push(state),
    picture: (source) => source,
    came: (source, track) => came.push([source, track]),
    seen: () => facts.seen,
    connect: () => connection,
  });
  return { connection, said, reports, came, facts, pair };
}

const settle = async () => { for (let i = 0; i < 20; i += 1) await Promise.resolve(); };

test('the lower number offers, the other calls and answers both ways', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const [low, high] = [end(true, 'camera of low'), end(false, 'camera of high', 'screen of high')];
  await settle();
  assert.deepEqual(high.said, [{ kind: 'call' }]);
  const [offer] = low.said;
  assert.equal(offer.description_type, 'offer');
  const candidate = { kind: 'candidate', candidate: 'candidate:1', mid: '0', mline_index: 0 };
  void high.pair.receive(offer);
  await high.pair.receive(candidate);
  assert.equal(high.connection.candidates.length, 1);
  const [, answer] = high.said;
  assert.equal(answer.description_type, 'answer');
  assert.deepEqual(high.connection.lines.map(({ direction }) => direction), ['sendrecv', 'sendrecv']);
  assert.deepEqual(high.connection.lines.map(({ sender }) => sender.track), ['camera of high', 'screen of high']);
  assert.deepEqual(high.came.map(([source]) => source), SOURCES);
  await low.pair.receive(answer);
  assert.equal(low.connection.signalingState, 'stable');
  mock.timers.reset();
});

test('what is sent changes on the m-lines that there are', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { connection, said, pair } = end(true, 'camera');
  await settle();
  await pair.send({ camera: null, screen: 'screen' });
  assert.deepEqual(connection.lines.map(({ sender }) => sender.track), [null, 'screen']);
  assert.equal(said.length, 1, 'one offer');
  mock.timers.reset();
});

test('when offers cross, the lower number’s stands', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const low = end(true, null);
  await settle();
  await low.pair.receive({ kind: 'description', description_type: 'offer', sdp: 'crossing' });
  assert.equal(low.connection.remoteDescription, null);
  mock.timers.reset();
});

test('slow is said once, and failed when it takes too long', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { reports, pair } = end(true, null);
  mock.timers.tick(SLOW);
  assert.deepEqual(reports, ['slow']);
  mock.timers.tick(GIVE_UP - SLOW);
  assert.deepEqual(reports, ['slow', 'failed']);
  assert.equal(pair.state, 'closed');
  mock.timers.reset();
});

test('connected is said when the picture moves, and then nothing is slow any more', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { connection, reports, facts, pair } = end(true, null);
  facts.seen = false;
  connection.become('connected');
  assert.deepEqual(reports, []);
  facts.seen = true;
  pair.look();
  mock.timers.tick(GIVE_UP);
  assert.deepEqual(reports, ['connected']);
  mock.timers.reset();
});

test('a short interruption is forgiven, a long one is a failure', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { connection, reports } = end(true, null);
  connection.become('connected');
  connection.become('disconnected');
  mock.timers.tick(INTERRUPTED - 1);
  connection.become('connected');
  mock.timers.tick(INTERRUPTED);
  assert.deepEqual(reports, ['connected']);
  connection.become('disconnected');
  mock.timers.tick(INTERRUPTED);
  assert.deepEqual(reports, ['connected', 'failed']);
  mock.timers.reset();
});

test('a picture may have more while its connection is probed, then again what the other end asked for', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { connection, pair } = end(true, 'camera');
  const most = (source = 'camera') => connection.lines[SOURCES.indexOf(source)].sender.encodings[0].maxBitrate;
  const limit = (bits_per_second, source = 'camera') => pair.receive({ kind: 'limit', source, bits_per_second });
  const probe = async () => {
    pair.way.probe();
    await settle();
    assert.equal(most(), PROBE.most);
    mock.timers.tick(PROBE.ms);
    await settle();
  };
  await probe();
  assert.equal(most(), undefined);
  await limit(400_000);
  await probe();
  assert.equal(most(), 400_000);
  await limit(200_000, 'screen');
  assert.deepEqual([most(), most('screen')], [400_000, 200_000]);
  await limit(null);
  assert.deepEqual([most(), most('screen')], [undefined, 200_000]);
  mock.timers.reset();
});
