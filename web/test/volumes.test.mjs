import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Volumes } from '../view/volumes.js';

function store() {
  const kept = new Map();
  return { get: (key) => kept.get(key) ?? null, put: (key, value) => void kept.set(key, value) };
}

test('each has a volume of his own, and only what is heard otherwise is told', () => {
  const told = [];
  const volumes = new Volumes(store(), 'x', (...what) => told.push(what));
  assert.equal(volumes.gain('ann'), 1);
  volumes.set('ann', { gain: 0.5 });
  volumes.set('ann', { gain: 0.5 });
  volumes.set('ann', { muted: true });
  volumes.set('ann', { gain: 1.5 });
  assert.equal(volumes.gain('ann'), 0);
  volumes.set('ann', { muted: false });
  assert.deepEqual(told, [['ann', 0.5], ['ann', 0], ['ann', 1.5]]);
  assert.equal(volumes.gain('ben'), 1);
});

test('they are there after a reload, in this conference only, until he has left', () => {
  const kept = store();
  const volumes = (conference) => new Volumes(kept, conference, () => {});
  volumes('x').set('ann', { muted: true });
  assert.equal(volumes('x').gain('ann'), 0);
  assert.equal(volumes('y').gain('ann'), 1);
  volumes('x').forget('ann');
  assert.equal(volumes('x').gain('ann'), 1);
  kept.put('volumes x', 'nonsense');
  assert.equal(volumes('x').gain('ann'), 1);
});
