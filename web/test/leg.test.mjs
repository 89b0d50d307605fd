import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Leg } from '../leg.js';

/** A connection with these m-lines and statistics, and nothing behind it. */
function legWith(kinds, rows = []) {
  globalThis.MediaStream = class { constructor(tracks) { this.tracks = tracks; } };
  globalThis.RTCPeerConnection = class {
    getTransceivers() { return kinds.map((kind, i) => ({ mid: `${kind}${i}`, receiver: { track: { kind, id: `${kind}${i}` } } })); }
    async getStats() { return new Map(rows.map((row, i) => [i, row])); }
  };
  return new Leg({ send() {} }, null, { sound() {}, state() {} });
}

const inbound = (packetsLost, packetsReceived) => ({ type: 'inbound-rtp', kind: 'audio', packetsLost, packetsReceived });

test('voices come on all m-lines of sound but the mix\'s, a stream each', () => {
  const { voices } = legWith(['audio', 'video', 'video', 'audio', 'audio', 'video']);
  assert.deepEqual(voices.map(({ stream: { tracks } }) => tracks.map(({ id }) => id)), [['audio3'], ['audio4']]);
  assert.deepEqual(legWith(['audio', 'video']).voices, []);
});

test('before there is an offer there are no voices', () => {
  assert.deepEqual(legWith([]).voices, []);
});

test('what is lost of a voice counts like what is lost of the mix', async () => {
  const rows = [inbound(0, 100), inbound(10, 90), { type: 'inbound-rtp', kind: 'video', packetsLost: 50, packetsReceived: 50 }];
  assert.deepEqual(await legWith(['audio'], rows).quality(), { rttMs: null, loss: 0.05 });
  assert.deepEqual(await legWith(['audio'], [inbound(0, 0)]).quality(), { rttMs: null, loss: null });
});
