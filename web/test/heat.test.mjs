import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heat, REST, STRAIN } from '../p2p/heat.js';

/**
 * Looks once a second, from the first to before the last millisecond.
 * @param {Heat} heat
 * @param {[number, number]} span
 * @param {(now: number) => boolean} strained
 */
function changes(heat, [from, to], strained) {
  const seen = [];
  for (let now = from; now < to; now += 1_000) if (heat.look(now, strained(now))) seen.push([now, heat.hot]);
  return seen;
}

test('strain that lasts makes it hot, and a rest as long cools it down', () => {
  const heat = new Heat();
  assert.deepEqual(changes(heat, [0, 10_000], () => true), [[STRAIN, true]]);
  assert.deepEqual(changes(heat, [10_000, 200_000], () => false), [[10_000 + REST, false]]);
  assert.equal(heat.hot, false);
});

test('what comes and goes is no change', () => {
  const heat = new Heat();
  assert.deepEqual(changes(heat, [0, 60_000], (now) => now % 4_000 !== 0), []);
  changes(heat, [60_000, 70_000], () => true);
  assert.equal(heat.hot, true);
  assert.deepEqual(changes(heat, [70_000, 400_000], (now) => now % (REST / 2) === 0), []);
});
