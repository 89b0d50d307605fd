import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, TalkKey, meaning } from '../view/shortcuts.js';

const press = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more });
const page = { tagName: 'BODY' };

test('each key has its meaning, also as a capital', () => {
  for (const [key, command] of Object.entries(KEYS)) {
    assert.equal(meaning(press(key), page), command);
    assert.equal(meaning(press(key.toUpperCase()), null), command);
  }
  assert.equal(meaning(press('x'), page), null);
  assert.equal(meaning(press('Enter'), page), null);
});

test('with a modifier, or held down, it is not ours', () => {
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { repeat: true }]) {
    assert.equal(meaning(press('m', more), page), null);
    assert.equal(meaning(press(' ', more), page), null);
  }
});

test('while one types no key is ours', () => {
  const fields = [{ tagName: 'TEXTAREA' }, { tagName: 'INPUT', type: 'text' }, { tagName: 'INPUT' }, { tagName: 'SELECT' },
    { tagName: 'DIV', isContentEditable: true }];
  for (const field of fields) for (const key of ['m', ' ', '?']) assert.equal(meaning(press(key), field), null);
});

test('where the space bar has a use of its own it is not for talking', () => {
  assert.equal(meaning(press(' '), page), 'talk');
  for (const place of [{ tagName: 'BUTTON' }, { tagName: 'SUMMARY' }, { tagName: 'INPUT', type: 'checkbox' }]) {
    assert.equal(meaning(press(' '), place), null);
    assert.equal(meaning(press('m'), place), 'microphone');
  }
});

test('who was muted talks while the key is held, and is muted again; who was not is left alone', () => {
  const key = new TalkKey();
  assert.equal(key.down(true), true);
  assert.equal(key.down(true), false, 'it is down already');
  assert.equal(key.up(), true);
  assert.equal(key.up(), false);
  assert.equal(key.down(false), false);
  assert.equal(key.up(), false);
});
