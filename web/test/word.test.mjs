import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Word } from '../permission/word.js';

const publishing = (microphone, camera = true) => ({ microphone, camera, screen: false });
const me = (microphone, { role = 'speaker', may = true } = {}) =>
  ({ publishing: publishing(microphone), role, permissions: { microphone: may, camera: true, screen: true, chat: true, files: true } });

test('what the service has switched off goes off', () => {
  const word = new Word();
  assert.deepEqual(word.hear(me(true)), { microphone: true, camera: true });
  assert.deepEqual(word.hear(me(false)), { microphone: false, camera: true });
});

test('what I switched on stays on while the answer is under way, whatever comes before it', () => {
  const word = new Word();
  word.say(publishing(true));
  assert.equal(word.hear(me(false)).microphone, true, 'that is how it was before');
  assert.equal(word.hear(me(true)).microphone, true, 'the answer');
  assert.equal(word.hear(me(false)).microphone, false, 'a moderator');
});

test('on, off and on again: each answer is for one of them', () => {
  const word = new Word();
  for (const on of [true, false, true]) word.say(publishing(on));
  for (const on of [true, false, true]) assert.equal(word.hear(me(on)).microphone, true);
  assert.equal(word.hear(me(false)).microphone, false);
});

test('what I may not do goes off at once, and that is the answer', () => {
  const word = new Word();
  word.say(publishing(true));
  assert.equal(word.hear(me(false, { may: false })).microphone, false);
  assert.equal(word.hear(me(false, { may: true })).microphone, false, 'allowed again, it does not begin by itself');
});

test('a listener sends nothing', () => {
  assert.deepEqual(new Word().hear(me(true, { role: 'listener' })), { microphone: false, camera: false });
});

test('who is the same again on a new socket has said nothing on it', () => {
  const word = new Word();
  word.say(publishing(true));
  word.forget();
  assert.equal(word.hear(me(false)).microphone, false);
});
