// My devices while one is in a conference.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Media } from '../media.js';

/** A track, as far as this asks for one. */
function track(enabled = true) {
  return /** @type {any} */ ({
    enabled, readyState: 'live', label: '', getSettings: () => ({}), addEventListener() {}, stop() { this.readyState = 'ended'; },
  });
}

/** One who came with these devices, and which tracks are sent since then. */
function media(devices) {
  /** @type {any[]} */ const sent = [];
  const use = async (/** @type {any} */ track) => void sent.push(track);
  const mine = { speaker: '', ...devices };
  return { sent, mine, media: new Media(mine, { useMicrophone: use, useCamera: use, published() {}, changed() {}, failed() {} }) };
}

test('devices that open only after one has joined are used', async () => {
  const { sent, mine, media: one } = media({ camera: null, microphone: null });
  const late = { camera: track(), microphone: track(false) };
  await one.bring(late);
  assert.deepEqual(sent, [late.microphone, late.camera]);
  assert.deepEqual([mine.camera, mine.microphone, one.microphoneIsOn], [late.camera, late.microphone, false]);
});

test('what one came with, or has opened meanwhile, stays, and what takes its place when it has ended is used', async () => {
  const came = { camera: track(), microphone: track() };
  const { sent, media: one } = media(came);
  await one.bring(came);
  const other = track();
  await one.bring({ camera: null, microphone: other });
  assert.deepEqual([sent, came.microphone.readyState, other.readyState], [[], 'live', 'ended']);
  came.microphone.stop();
  const third = track();
  await one.bring({ camera: null, microphone: third });
  assert.deepEqual(sent, [third]);
});

test('a camera that is to be off is given back, and one that was switched off stays so', async () => {
  const { sent, media: one } = media({ camera: null, microphone: null });
  const unseen = track(false);
  await one.bring({ camera: unseen, microphone: null });
  assert.equal(unseen.readyState, 'ended');
  const came = { camera: track(), microphone: null };
  const { sent: later, mine, media: other } = media({ ...came });
  await other.switchCamera(false);
  await other.bring(came);
  assert.deepEqual([sent, later, mine.camera], [[], [null], null]);
});

test('who has left gives back what opens later', async () => {
  const { sent, media: one } = media({ camera: null, microphone: null });
  one.close();
  const late = { camera: track(), microphone: track() };
  await one.bring(late);
  assert.deepEqual([sent, late.camera.readyState, late.microphone.readyState], [[], 'ended', 'ended']);
});
