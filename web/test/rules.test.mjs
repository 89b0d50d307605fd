// Roles, in the page's words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maySend } from '../permission/role.js';

test('a listener does not send', () => {
  assert.deepEqual(['moderator', 'speaker', 'listener'].map(maySend), [true, true, false]);
});
