// A form's fields become the API's words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { local, seconds, wishesOf } from '../registration/wishes.js';

process.env.TZ = 'Asia/Shanghai';

function form(fields) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

test('a form of which nothing was changed asks for what the service takes by itself', () => {
  const fields = { title: ' Stand-up ', max: '20', starts: '', topology: '', sound: 'mix' };
  assert.deepEqual(wishesOf(form(fields)), {
    title: 'Stand-up', max_participants: 20, listed: false, lobby: false, topology: null, sound: 'mix',
  });
});

test('every field has its word', () => {
  const fields = { title: '', max: '3', listed: 'on', lobby: 'on', starts: '2026-12-01T09:30', topology: 'claimed', sound: 'relay' };
  assert.deepEqual(wishesOf(form(fields)), {
    title: '', max_participants: 3, listed: true, lobby: true, topology: 'claimed', sound: 'relay',
    starts_at: Date.UTC(2026, 11, 1, 1, 30) / 1_000,
  });
});

test('a time by the local clock goes there and back', () => {
  assert.equal(local(new Date(seconds('2026-02-03T04:05') * 1_000)), '2026-02-03T04:05');
  assert.equal(seconds('soon'), null);
});
