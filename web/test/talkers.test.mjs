import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Talkers } from '../talkers.js';

const FRAME = 960;
const ANN = { id: 'ann', number: 1, level: -20 };
const BOB = { id: 'bob', number: 2, level: -30 };

/** What is shown, in order, as names; `heard` is set by the story. */
function stage(context) {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const shown = [];
  const story = { shown, heard: /** @type {number | null} */ (0), pass: (ms) => context.mock.timers.tick(ms) };
  story.talkers = new Talkers(() => story.heard, (talkers) => shown.push(talkers.map(({ id }) => id).join(' ')));
  return story;
}

test('a name waits for its sound', (context) => {
  const story = stage(context);
  story.heard = 10 * FRAME;
  story.talkers.told({ rtp_time: 14 * FRAME, talkers: [ANN] });
  story.pass(80);
  assert.deepEqual(story.shown, []);
  story.heard = 14 * FRAME;
  story.pass(40);
  assert.deepEqual(story.shown, ['ann']);
  story.pass(1_000);
  assert.deepEqual(story.shown, ['ann']);
});

test('of what is past only the last is shown, and what is to come waits', (context) => {
  const story = stage(context);
  story.talkers.told({ rtp_time: FRAME, talkers: [ANN] });
  story.talkers.told({ rtp_time: 2 * FRAME, talkers: [ANN, BOB] });
  story.talkers.told({ rtp_time: 9 * FRAME, talkers: [] });
  story.heard = 3 * FRAME;
  story.pass(40);
  assert.deepEqual(story.shown, ['ann bob']);
  story.heard = 9 * FRAME;
  story.pass(40);
  assert.deepEqual(story.shown, ['ann bob', '']);
});

test('times count round', (context) => {
  const story = stage(context);
  story.heard = 0xffff_fff0;
  story.talkers.told({ rtp_time: 100, talkers: [ANN] });
  assert.deepEqual(story.shown, []);
  story.heard = 100;
  story.pass(40);
  assert.deepEqual(story.shown, ['ann']);
});

test('a mix that stopped, or that nobody knows of, keeps no name back', (context) => {
  const story = stage(context);
  story.talkers.told({ rtp_time: 5 * FRAME, talkers: [] });
  story.pass(480);
  assert.deepEqual(story.shown, []);
  story.pass(40);
  assert.deepEqual(story.shown, ['']);
  story.heard = null;
  story.talkers.told({ rtp_time: 900 * FRAME, talkers: [BOB] });
  assert.deepEqual(story.shown, ['', 'bob']);
});

test('after the end nothing is shown', (context) => {
  const story = stage(context);
  story.talkers.told({ rtp_time: 5 * FRAME, talkers: [ANN] });
  story.talkers.close();
  story.pass(1_000);
  assert.deepEqual(story.shown, []);
});
