import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNKNOWN, between, count } from '../statistics.js';

const rows = [
  { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
  { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.025 },
  { type: 'inbound-rtp', kind: 'audio', packetsLost: 5, packetsReceived: 95, bytesReceived: 9_000, headerBytesReceived: 1_000 },
  { type: 'inbound-rtp', kind: 'video', packetsLost: 50, packetsReceived: 50, bytesReceived: 40_000, framesDecoded: 60 },
  { type: 'outbound-rtp', kind: 'audio', bytesSent: 7_000, headerBytesSent: 500 },
];

test('a connection\'s counters are summed, losses and frames of one kind', () => {
  assert.deepEqual(count(rows, 'audio', 7),
    { at: 7, rttMs: 25, lost: 5, received: 95, bytesIn: 50_000, bytesOut: 7_500, frames: 0 });
  const { lost, received, frames } = count(rows, 'video', 7);
  assert.deepEqual([lost, received, frames], [50, 50, 60]);
});

test('two counts make figures of the time between', () => {
  const before = count(rows, 'video', 1_000);
  const now = { ...before, at: 3_000, rttMs: 30, lost: 55, received: 145, bytesIn: 150_000, bytesOut: 17_500, frames: 120 };
  assert.deepEqual(between(before, now), { rttMs: 30, lossPercent: 5, kbitIn: 400, kbitOut: 40, fps: 30 });
});

test('what cannot be known is null', () => {
  const now = count(rows, 'audio', 1_000);
  assert.deepEqual(between(null, now), { ...UNKNOWN, rttMs: 25 });
  assert.deepEqual(between({ ...now, at: 0, bytesIn: 60_000 }, now), { ...UNKNOWN, rttMs: 25 }, 'another connection');
  assert.equal(between({ ...now, at: 0 }, now).lossPercent, null, 'nothing came');
  assert.equal(between({ ...now, at: 0, lost: 9 }, { ...now, received: 105 }).lossPercent, 0, 'one came late');
});
