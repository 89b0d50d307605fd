// A picture changes its way without a gap.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Picture } from '../pictures.js';

function stage() {
  const shown = [];
  const said = [];
  const awaited = [];
  const screen = {
    explain: (why) => said.push(why),
    show: (track, path, relay) => shown.push(relay ? [track, path, relay] : [track, path]),
    await: (track, arrived) => awaited.push({ track, arrived }),
  };
  let arrivals = 0;
  const picture = new Picture(screen, (relay) => { arrivals += 1; from.push(relay); });
  const from = [];
  return { picture, shown, said, awaited, from, arrivals: () => arrivals };
}

test('the server shows the picture until the direct one moves', () => {
  const { picture, shown, awaited, arrivals } = stage();
  picture.plan({ path: 'direct', slot: null, relay: null });
  picture.direct('direct track');
  assert.deepEqual(shown, [], 'nothing moves yet');
  picture.plan({ path: 'server', slot: 'slot track', relay: null });
  assert.deepEqual(shown, [['slot track', 'server']]);
  awaited[0].arrived();
  assert.deepEqual(shown.length, 1, 'told, and not shown before the plan says that it will go on');
  assert.equal(arrivals(), 1);
  picture.plan({ path: 'direct', slot: null, relay: null });
  assert.deepEqual(shown.at(-1), ['direct track', 'direct']);
});

test('a direct picture that was given up is not shown when its frame comes late', () => {
  const { picture, shown, awaited, arrivals } = stage();
  picture.plan({ path: 'direct', slot: null, relay: null });
  picture.direct('old');
  picture.direct('new');
  awaited[0].arrived();
  assert.deepEqual([shown, arrivals()], [[], 0]);
  awaited[1].arrived();
  assert.deepEqual(shown, [['new', 'direct']]);
});

test('a camera that is off leaves no picture, and comes back', () => {
  const { picture, shown, awaited } = stage();
  picture.plan({ path: 'direct', slot: null, relay: null });
  picture.direct('track');
  awaited[0].arrived();
  picture.plan({ path: 'none', slot: null, relay: null });
  assert.deepEqual(shown.at(-1), [null, 'none']);
  picture.plan({ path: 'direct', slot: null, relay: null });
  assert.deepEqual(shown.at(-1), ['track', 'direct']);
});

test('what nobody publishes is not shown, whoever sends it', () => {
  const { picture, shown, awaited } = stage();
  picture.direct('track');
  awaited[0].arrived();
  assert.deepEqual(shown, []);
});

test('a relayed picture is shown when the plan says so and its first frame is there', () => {
  const { picture, shown, awaited, from } = stage();
  picture.plan({ path: 'server', slot: 'slot track', relay: null });
  picture.relayed('pat', 'pat’s track');
  awaited[0].arrived();
  assert.deepEqual([shown, from], [[['slot track', 'server']], ['pat']], 'told, and not shown yet');
  picture.plan({ path: 'peer', slot: null, relay: 'pat' });
  assert.deepEqual(shown.at(-1), ['pat’s track', 'peer', 'pat']);
});

test('one relay’s picture is not taken for another’s', () => {
  const { picture, shown, awaited } = stage();
  picture.plan({ path: 'peer', slot: null, relay: 'pat' });
  picture.relayed('quinn', 'quinn’s track');
  awaited[0].arrived();
  assert.deepEqual(shown, []);
  picture.relayed('pat', 'pat’s track');
  picture.relayed('pat', null);
  awaited[1].arrived();
  assert.deepEqual(shown, [], 'it went before its first frame');
});

test('why a picture takes its path is told with the plan', () => {
  const { picture, said } = stage();
  picture.plan({ path: 'direct', slot: null, relay: null, why: 'trying' });
  picture.plan({ path: 'server', slot: 'slot track', relay: null, why: 'not_connected' });
  assert.deepEqual(said, ['trying', 'not_connected']);
});
