// Times as one says them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayAndTime, fromNow } from '../view/when.js';

const MORNING = Date.UTC(2026, 11, 1, 9, 30);

test('how far something is from now is told in the unit that fits', () => {
  const table = [[20, 'this minute'], [60, 'in 1 minute'], [59 * 60, 'in 59 minutes'], [90 * 60, 'in 2 hours'],
    [24 * 3_600, 'tomorrow'], [72 * 3_600, 'in 3 days'], [-300, '5 minutes ago']];
  for (const [seconds, words] of table) {
    assert.equal(fromNow(MORNING / 1_000 + seconds, MORNING), words);
  }
});

test('a day is told with its time', () => {
  process.env.TZ = 'Asia/Shanghai';
  assert.match(dayAndTime(MORNING / 1_000), /Tuesday, December 1, 2026.*5:30.PM/);
});
