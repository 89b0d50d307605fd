// What is passed on, to whom, and what is asked of publishers for it.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { GIVE_UP, SLOW, STILL } from '../p2p/relay.js';
import { Relays } from '../p2p/relays.js';

const PICTURE = { publisher: 'ann', source: 'camera' };
const RECEIVER = { track: { kind: 'video' } };
const offer = (n) => ({ kind: 'description', description_type: 'offer', sdp: `offer ${n}` });
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** As much of an RTCPeerConnection as a relay uses. */
class Connection {
  connectionState = 'new';
  lines = [];
  addTransceiver(track, { direction }) { this.lines.push({ track, direction }); return {}; }
  async setLocalDescription() {
    const type = this.remoteDescription?.type === 'offer' ? 'answer' : 'offer';
    this.localDescription = { type, sdp: `an ${type}` };
  }
  async setRemoteDescription(description) { this.remoteDescription = description; }
  async addIceCandidate() {}
  async getStats() { return new Map(); }
  close() { this.connectionState = 'closed'; }
}

function scene({ has = true } = {}) {
  const log = { signals: [], reports: [], came: [], limits: [], told: [], changed: 0 };
  const connections = [];
  const facts = { receiver: has ? RECEIVER : null };
  const relays = new Relays({
    signal: (to, picture, attempt, signal) => log.signals.push([to, attempt, signal.kind, signal.description_type]),
    report: (relay, picture, state) => log.reports.push([relay, state]),
    connect: () => { const made = new Connection(); connections.push(made); return made; },
    receiver: () => facts.receiver,
    limit: (picture, bits) => log.limits.push(bits),
    came: (relay, picture, track) => log.came.push([relay, track]),
    captured: () => ({ rtp_time: 1, captured_ms: 2 }),
    told: (receiver, entry) => log.told.push([receiver, entry]),
    changed: () => { log.changed += 1; },
  });
  return { relays, log, connections, facts };
}

test('what is passed on goes on a connection of its own, and ends with the order', async () => {
  const { relays, log, connections } = scene();
  relays.order(PICTURE, 'bob', true);
  relays.order(PICTURE, 'bob', true);
  relays.order(PICTURE, 'cid', true);
  await settle();
  assert.equal(connections.length, 2, 'the same order twice is one');
  assert.deepEqual(connections[0].lines, [{ track: RECEIVER.track, direction: 'sendonly' }]);
  assert.deepEqual(log.signals, [['bob', 1, 'description', 'offer'], ['cid', 2, 'description', 'offer']]);
  assert.deepEqual(relays.passedOn.map(({ to }) => to), ['bob', 'cid']);
  relays.order(PICTURE, 'bob', false);
  assert.deepEqual(connections.map(({ connectionState }) => connectionState), ['closed', 'new']);
  relays.left('ann');
  assert.deepEqual([relays.passedOn, connections[1].connectionState], [[], 'closed']);
});

test('an order waits for its picture, and begins anew when that comes anew', async () => {
  const { relays, connections, facts } = scene({ has: false });
  relays.order(PICTURE, 'bob', true);
  assert.equal(connections.length, 0);
  facts.receiver = RECEIVER;
  relays.begin(PICTURE);
  relays.begin(PICTURE);
  assert.deepEqual(connections.map(({ connectionState }) => connectionState), ['closed', 'new']);
  relays.close();
});

test('a picture that is passed on to me is told by its first frame, and has failed when it stands still', async () => {
  const { relays, log, connections } = scene();
  relays.received('pat', PICTURE, 1, offer(1));
  await settle();
  assert.deepEqual(log.signals, [['pat', 1, 'description', 'answer']]);
  connections[0].ontrack({ track: 'track', receiver: RECEIVER });
  relays.look(() => Infinity);
  assert.deepEqual([log.came, log.reports], [[['pat', 'track']], []], 'before its first frame nothing stands still');
  relays.received('pat', PICTURE, 1, { kind: 'captures', source: 'camera', rtp_time: 90_000, captured_ms: 1.5 });
  await settle();
  assert.deepEqual(log.told, [[RECEIVER, { rtp_time: 90_000, captured_ms: 1.5 }]]);
  relays.arrived('pat', PICTURE);
  relays.look(() => STILL);
  assert.deepEqual(log.reports, [['pat', 'connected']]);
  relays.look(() => STILL + 1);
  assert.deepEqual(log.reports.at(-1), ['pat', 'failed']);
  assert.deepEqual([log.came.at(-1), connections[0].connectionState], [['pat', null], 'closed']);
});

test('a relay that does not come is slow, then failed; a new offer is a new try', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    const { relays, log, connections } = scene();
    relays.received('pat', PICTURE, 1, offer(1));
    mock.timers.tick(SLOW);
    mock.timers.tick(GIVE_UP);
    assert.deepEqual(log.reports, [['pat', 'slow'], ['pat', 'failed']]);
    relays.received('pat', PICTURE, 2, offer(2));
    relays.received('pat', PICTURE, 3, offer(3));
    assert.deepEqual(connections.map(({ connectionState }) => connectionState), ['closed', 'closed', 'new']);
    relays.close();
    mock.timers.tick(GIVE_UP);
    assert.equal(log.reports.length, 2, 'what was closed says nothing');
  } finally {
    mock.timers.reset();
  }
});

test('an answer to an earlier offer is not taken for one to the last', async () => {
  const { relays, connections } = scene();
  const answer = (n) => ({ kind: 'description', description_type: 'answer', sdp: `answer ${n}` });
  relays.order(PICTURE, 'bob', true);
  relays.begin(PICTURE);
  await settle();
  const answers = () => connections.map(({ remoteDescription }) => remoteDescription?.sdp);
  relays.received('bob', PICTURE, 1, answer(1));
  await settle();
  assert.deepEqual(answers(), [undefined, undefined]);
  relays.received('bob', PICTURE, 2, answer(2));
  await settle();
  assert.deepEqual(answers(), [undefined, 'answer 2']);
  relays.close();
});

test('an offer that comes late is not taken for a new one', async () => {
  const { relays, connections } = scene();
  relays.received('pat', PICTURE, 2, offer(2));
  relays.received('pat', PICTURE, 1, offer(1));
  await settle();
  assert.deepEqual(connections.map(({ remoteDescription }) => remoteDescription?.sdp), ['offer 2']);
  relays.close();
});
