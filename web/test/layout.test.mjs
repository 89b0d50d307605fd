import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grid, speaker } from '../view/layout.js';

const DESK = { width: 1280, height: 700 };
const PHONE = { width: 340, height: 600 };
const STRANGE = { width: 1280, height: 90 };

/** Whether all lie within the width and the plan's height, and no two on each other. */
function apart({ places, height }, { width }) {
  for (const [i, one] of places.entries()) {
    assert(one.start >= -0.01 && one.start + one.width <= width + 0.01, `${i} is beside the room`);
    assert(one.top >= -0.01 && one.top + one.height <= height + 0.01, `${i} is above or below`);
    for (const other of places.slice(i + 1)) {
      const beside = one.start + one.width <= other.start + 0.01 || other.start + other.width <= one.start + 0.01;
      const above = one.top + one.height <= other.top + 0.01 || other.top + other.height <= one.top + 0.01;
      assert(beside || above, `${JSON.stringify(one)} is on ${JSON.stringify(other)}`);
    }
  }
}

for (const [name, plan] of Object.entries({ grid, speaker })) {
  test(`${name}: nothing lies on another or outside, for any number on any screen`, () => {
    for (const room of [DESK, PHONE, STRANGE]) {
      for (let count = 0; count <= 40; count += 1) {
        const made = plan(count, room);
        assert.equal(made.places.length, count);
        apart(made, room);
      }
    }
  });
}

test('few fill the screen, and no tile is wider than a picture or narrower than a square', () => {
  for (let count = 1; count <= 9; count += 1) {
    for (const room of [DESK, PHONE]) {
      const { places, height } = grid(count, room);
      assert(height <= room.height + 0.01, `${count} need no scrolling`);
      const shape = places[0].width / places[0].height;
      assert(shape <= 16 / 9 + 0.01 && shape >= 0.99, `${count}: ${shape}`);
    }
  }
  const columns = (count, room) => new Set(grid(count, room).places.map(({ start }) => Math.round(start))).size;
  assert.deepEqual([columns(2, DESK), columns(4, DESK), columns(9, DESK)], [2, 2, 3]);
  assert.deepEqual([columns(2, PHONE), columns(6, PHONE)], [1, 2]);
});

test('the last row stands in the middle', () => {
  const { places: [, , , fourth, fifth] } = grid(5, DESK);
  assert.equal(Math.round(fourth.start), Math.round(DESK.width - fifth.start - fifth.width));
});

test('many are scrolled before they are too small', () => {
  const { places, height } = grid(60, PHONE);
  assert(places[0].width >= 132 && height > PHONE.height);
});

test('the speaker has most of the screen, and the strip is beside it or below', () => {
  const [wide, first] = speaker(5, DESK).places;
  assert(wide.width * wide.height > 0.7 * DESK.width * DESK.height);
  assert(first.start > wide.width && first.width < 250);
  const [tall, under] = speaker(5, PHONE).places;
  assert.equal(tall.width, PHONE.width);
  assert(under.top > tall.height);
});
