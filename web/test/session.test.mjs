// A page that is loaded anew finds what the one before left, once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shelf } from '../kept.js';
import { keep, take } from '../registration/session.js';

const session = { place: { participant: 'a', key: 'k' }, name: 'Ann', wishes: {}, camera: null, microphone: { id: 'm', label: 'A microphone', on: true }, music: false, speaker: '' };
const shelf = () => new Shelf(() => { throw new Error('forbidden'); });

test('what was kept is taken once', () => {
  const here = shelf();
  keep('c', session, here, 1_000);
  assert.equal(take('another', here, 1_100), null);
  assert.deepEqual(take('c', here, 1_100), session);
  assert.equal(take('c', here, 1_100), null);
});

test('what is old is not taken up', () => {
  const here = shelf();
  keep('c', session, here, 1_000);
  assert.equal(take('c', here, 16_000), null);
});
