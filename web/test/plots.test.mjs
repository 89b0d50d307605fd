import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ceiling, curve } from '../view/plots.js';

const frame = { width: 100, height: 40, most: 10, slots: 6 };

test('the newest value is at the right end, and the top of the scale at the top', () => {
  assert.equal(curve([0, 5, 10], frame), 'M60 40h0L80 20L100 0');
});

test('what is unknown is a gap, and a lone value a point', () => {
  assert.equal(curve([null, 5, null, 0, 0], frame), 'M40 20h0M80 40h0L100 40');
  assert.equal(curve([null, null], frame), '');
});

test('what is above the scale stays in the picture', () => {
  assert.equal(curve([99], frame), 'M100 0h0');
});

test('the scale ends at 1, 2 or 5 times a power of ten', () => {
  const table = [[[0, null], 10, 10], [[11], 10, 20], [[20], 10, 20], [[21], 10, 50], [[999], 10, 1_000], [[0.3], 0.1, 0.5]];
  for (const [values, least, expected] of table) assert(Math.abs(ceiling(values, least) - expected) < 1e-9, `${values}`);
});
