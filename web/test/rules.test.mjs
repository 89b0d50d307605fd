// Roles and the browser's refusals, in the page's words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { troubleOf } from '../codec/devices.js';
import { maySend } from '../permission/role.js';

test('a listener does not send', () => {
  assert.deepEqual(['moderator', 'speaker', 'listener'].map(maySend), [true, true, false]);
});

test('each refusal of the browser has its words', () => {
  const words = { NotAllowedError: 'refusedDevices', NotReadableError: 'busyDevices', NotFoundError: 'noDevices' };
  for (const [name, key] of Object.entries(words)) {
    assert.equal(troubleOf(new DOMException('', name)), key);
  }
});
