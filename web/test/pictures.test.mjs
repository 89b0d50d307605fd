// A picture changes its way without a gap.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Picture } from '../pictures.js';

function stage() {
  const shown = [];
  const awaited = [];
  const screen = {
    show: (track, path) => shown.push([track, path]),
    await: (track, arrived) => awaited.push({ track, arrived }),
  };
  let arrivals = 0;
  const picture = new Picture(screen, () => { arrivals += 1; });
  return { picture, shown, awaited, arrivals: () => arrivals };
}

test('the server shows the picture until the direct one moves', () => {
  const { picture, shown, awaited, arrivals } = stage();
  picture.plan('direct', null);
  picture.direct('direct track');
  assert.deepEqual(shown, [], 'nothing moves yet');
  picture.plan('server', 'slot track');
  assert.deepEqual(shown, [['slot track', 'server']]);
  awaited[0].arrived();
  assert.deepEqual(shown.at(-1), ['direct track', 'direct']);
  assert.equal(arrivals(), 1);
});

test('a direct picture that was given up is not shown when its frame comes late', () => {
  const { picture, shown, awaited, arrivals } = stage();
  picture.plan('direct', null);
  picture.direct('old');
  picture.direct('new');
  awaited[0].arrived();
  assert.deepEqual([shown, arrivals()], [[], 0]);
  awaited[1].arrived();
  assert.deepEqual(shown, [['new', 'direct']]);
});

test('a camera that is off leaves no picture, and comes back', () => {
  const { picture, shown, awaited } = stage();
  picture.plan('direct', null);
  picture.direct('track');
  awaited[0].arrived();
  picture.plan('none', null);
  assert.deepEqual(shown.at(-1), [null, 'none']);
  picture.plan('direct', null);
  assert.deepEqual(shown.at(-1), ['track', 'direct']);
});

test('what nobody publishes is not shown, whoever sends it', () => {
  const { picture, shown, awaited } = stage();
  picture.direct('track');
  awaited[0].arrived();
  assert.deepEqual(shown, []);
});
