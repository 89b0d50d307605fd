import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wanted } from '../wanted.js';

const camera = (/** @type {string} */ publisher) => ({ publisher, source: /** @type {const} */ ('camera') });

test('what is wanted is said when it changes, and the last of it again', () => {
  /** @type {any[]} */ const said = [];
  const wanted = new Wanted((message) => said.push(message));
  wanted.again();
  assert.deepEqual(said, [], 'nothing was ever said');
  wanted.see([camera('ann'), camera('ben')]);
  wanted.see([camera('ann')]);
  wanted.show([{ ...camera('ann'), width: 320, height: 180 }]);
  wanted.show([{ ...camera('ann'), width: 640, height: 360 }, { ...camera('ben'), width: 10, height: 10 }]);
  wanted.hear({ participant: 'ann', gain: 0 });
  wanted.hear({ participant: 'ann', gain: 0.5 });
  wanted.hear({ participant: 'ben', gain: 2 });
  assert.equal(said.length, 7);
  wanted.forget('ben');
  said.length = 0;
  wanted.again();
  assert.deepEqual(said, [
    { type: 'want', pictures: [camera('ann')] },
    { type: 'gains', gains: [{ participant: 'ann', gain: 0.5 }] },
    { type: 'sizes', pictures: [{ ...camera('ann'), width: 640, height: 360 }] },
  ]);
});
