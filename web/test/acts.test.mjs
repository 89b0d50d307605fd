// What is asked for has one answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acts, NotDone } from '../permission/acts.js';

function asking({ open = true } = {}) {
  const said = [];
  const acts = new Acts((message) => open && Boolean(said.push(message)));
  return { said, acts };
}

const refusedWith = (code) => (error) => error instanceof NotDone && error.code === code;

test('each answer finds its question, in any order', async () => {
  const { said, acts } = asking();
  const mute = acts.do({ kind: 'mute', participant: null });
  const bans = acts.bans();
  const audit = acts.audit();
  const [first, second, third] = said.map(({ request }) => request);
  assert.equal(new Set([first, second, third]).size, 3);
  acts.answered(third, ['an entry']);
  acts.answered(second, ['a ban']);
  acts.answered(first);
  assert.deepEqual(await Promise.all([mute, bans, audit]), [undefined, ['a ban'], ['an entry']]);
});

test('a refusal says which action and why, and is nobody else’s', async () => {
  const { said, acts } = asking();
  const action = { kind: 'lock', on: true };
  const locked = acts.do(action);
  const hand = acts.do({ kind: 'hand', up: true });
  assert.equal(acts.refused(null, 'malformed', 'of something else'), false);
  assert.equal(acts.refused(said[0].request, 'forbidden', 'only a moderator may do this'), true);
  await assert.rejects(locked, (error) => refusedWith('forbidden')(error) && error.action === action);
  assert.equal(acts.refused(said[0].request, 'forbidden', 'again'), false, 'it has been answered');
  acts.answered(said[1].request);
  await hand;
});

test('what is asked when the connection goes fails, and so does what is asked without one', async () => {
  const { acts } = asking();
  const asked = [acts.do({ kind: 'hand', up: true }), acts.bans()];
  acts.lost();
  for (const one of asked) await assert.rejects(one, refusedWith('lost'));
  await assert.rejects(asking({ open: false }).acts.audit(), refusedWith('lost'));
});
