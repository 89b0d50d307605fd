// A file between two ends, over channels that are only as much of one as a transfer uses.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mock, test } from 'node:test';
import { Assembly, Damaged } from '../data/assembly.js';
import { CONNECT, HIGH, IDLE, PIECE, Receiving, Sending } from '../p2p/transfer.js';

const settle = async () => { for (let i = 0; i < 300; i += 1) await Promise.resolve(); };
const tick = () => new Promise((done) => { setImmediate(done); });

class Channel extends EventTarget {
  readyState = 'open';
  bufferedAmount = 0;
  sent = [];

  send(piece) {
    assert.equal(this.readyState, 'open');
    this.sent.push(piece);
    this.bufferedAmount += piece.byteLength;
  }

  /** All that waits has gone. */
  drain() {
    this.bufferedAmount = 0;
    this.dispatchEvent(new Event('bufferedamountlow'));
  }

  close() {
    this.readyState = 'closed';
    this.onclose?.();
    this.dispatchEvent(new Event('close'));
  }
}

class Connection {
  connectionState = 'new';
  remoteDescription = null;
  channel = new Channel();

  createDataChannel() { return this.channel; }

  async setLocalDescription() { this.localDescription = { type: this.remoteDescription ? 'answer' : 'offer', sdp: 'sdp' }; }

  async setRemoteDescription(description) { this.remoteDescription = description; }

  close() { this.connectionState = 'closed'; }

  fail() {
    this.connectionState = 'failed';
    this.onconnectionstatechange();
  }
}

function receiving(octets, { sha256 } = {}) {
  const connection = new Connection();
  const [said, shares, stop] = [[], [], new AbortController()];
  const file = { size: octets.length, sha256: sha256 ?? createHash('sha256').update(octets).digest('hex') };
  const outside = { connect: () => connection, signal: (signal) => said.push(signal), told: (count) => shares.push(count) };
  const end = new Receiving(new Assembly(file), outside, stop.signal);
  const come = (from, to) => connection.channel.onmessage({ data: octets.slice(from, to).buffer });
  return { end, connection, said, shares, stop, come, channel: connection.channel };
}

function sending(size) {
  const connection = new Connection();
  const events = [];
  const outside = {
    connect: () => connection, signal: () => {}, told: (count) => events.push(count),
    ended: () => events.push('ended'), unreadable: () => events.push('unreadable'),
  };
  const end = new Sending(new Blob([new Uint8Array(size)]), outside);
  return { end, connection, events, channel: connection.channel, open: () => connection.ondatachannel({ channel: connection.channel }) };
}

const FILE = Uint8Array.from({ length: 1_000 }, (_, i) => i);

test('whoever wants a file offers, and has it when its last octet came', async () => {
  const { end, connection, said, shares, come, channel } = receiving(FILE);
  await settle();
  assert.deepEqual(said.map(({ kind, description_type }) => [kind, description_type]), [['description', 'offer']]);
  await end.receive({ kind: 'description', description_type: 'answer', sdp: 'sdp' });
  assert.equal(connection.remoteDescription.type, 'answer');
  channel.onopen();
  come(0, 400);
  come(400, 1_000);
  const blob = await end.done;
  assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), FILE);
  assert.deepEqual(shares, [400, 1_000]);
  assert.equal(connection.connectionState, 'closed');
});

test('what is another file is no reason to try another way', async () => {
  const { end, connection, come } = receiving(FILE, { sha256: '0'.repeat(64) });
  come(0, 1_000);
  await assert.rejects(end.done, Damaged);
  assert.equal(connection.connectionState, 'closed');
});

for (const [how, break_] of Object.entries({
  'is refused': ({ end }) => void end.receive({ kind: 'refuse' }),
  'finds no way': ({ connection }) => connection.fail(),
  'takes too long to open': () => mock.timers.tick(CONNECT),
  'breaks off': ({ channel, come }) => { channel.onopen(); come(0, 400); channel.close(); },
  'stands still': async ({ channel, connection, come }) => {
    channel.onopen();
    mock.timers.tick(IDLE - 1);
    come(0, 400);
    mock.timers.tick(IDLE - 1);
    await settle();
    assert.notEqual(connection.connectionState, 'closed');
    mock.timers.tick(1);
  },
})) {
  test(`there are other ways when it ${how}`, async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const receiver = receiving(FILE);
    await break_(receiver);
    assert.equal(await receiver.end.done, null);
    assert.equal(receiver.connection.connectionState, 'closed');
    mock.timers.reset();
  });
}

test('whoever wants it no more ends it', async () => {
  const { end, connection, stop, come } = receiving(FILE);
  come(0, 400);
  stop.abort();
  await assert.rejects(end.done, { name: 'AbortError' });
  assert.equal(connection.connectionState, 'closed');
});

test('no more waits to be sent than the channel takes', async () => {
  const size = 3 * HIGH + 5;
  const { channel, events, open, end } = sending(size);
  open();
  for (let sent = -1; sent !== channel.sent.length;) {
    sent = channel.sent.length;
    for (let i = 0; i < 50; i += 1) await tick();
  }
  assert.equal(channel.bufferedAmount, HIGH + PIECE);
  assert.equal(events.at(-1), 0, 'nothing has gone yet');
  while (channel.bufferedAmount > 0) {
    channel.drain();
    for (let i = 0; i < 80; i += 1) await tick();
  }
  assert.equal(channel.sent.reduce((sum, piece) => sum + piece.byteLength, 0), size);
  assert(channel.sent.every((piece) => piece.byteLength <= PIECE));
  channel.close();
  assert.equal(events.at(-1), 'ended');
  end.close();
});

test('whoever closes it is sent nothing more', async () => {
  const { channel, connection, events, open } = sending(3 * HIGH);
  open();
  for (let i = 0; i < 80; i += 1) await tick();
  const before = channel.sent.length;
  channel.close();
  for (let i = 0; i < 80; i += 1) await tick();
  assert.equal(channel.sent.length, before);
  assert.deepEqual([connection.connectionState, events.at(-1)], ['closed', 'ended']);
});

test('nobody who does not come is waited for', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { connection, events } = sending(9);
  mock.timers.tick(2 * CONNECT);
  assert.deepEqual([connection.connectionState, ...events], ['closed', 'ended']);
  mock.timers.reset();
});

test('a file that cannot be read any more is said to be so', async () => {
  const { connection, events } = sending(9);
  const blob = { size: 9, slice: () => ({ arrayBuffer: async () => { throw new Error('NotReadableError'); } }) };
  const end = new Sending(blob, { connect: () => connection, signal: () => {}, told: () => {}, ended: () => events.push('ended'), unreadable: () => events.push('unreadable') });
  connection.ondatachannel({ channel: connection.channel });
  await settle();
  assert.deepEqual(events, ['ended', 'unreadable']);
  end.close();
});
