// What was written: links in it, and what one has not seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from '../data/chat.js';
import { pieces } from '../data/links.js';

const links = (text) => pieces(text).filter(({ href }) => href).map(({ text: shown, href }) => (shown === href ? shown : [shown, href]));
const whole = (text) => pieces(text).map(({ text: piece }) => piece).join('');

for (const [text, expected] of [
  ['nothing here', []],
  ['see https://example.org/a?b=c#d.', ['https://example.org/a?b=c#d']],
  ['(https://en.example.org/Foo_(bar)), and http://b.example/!', ['https://en.example.org/Foo_(bar)', 'http://b.example/']],
  ['两个：https://例子.example/路，好。', [['https://例子.example/路', new URL('https://例子.example/路').href]]],
  ['HTTPS://EXAMPLE.ORG', [['HTTPS://EXAMPLE.ORG', 'https://example.org/']]],
  ['javascript:alert(1) data:text/html,x ftp://a.example file:///etc', []],
  ['<a href="https://a.example">', ['https://a.example']].map((x) => (Array.isArray(x) ? [['https://a.example', 'https://a.example/']] : x)),
  ['https:// https://: http://?', []],
  ['nohttps://a.example', []],
]) {
  test(`links in: ${text}`, () => {
    assert.deepEqual(links(text), expected);
    assert.equal(whole(text), text, 'nothing is lost');
  });
}

test('no text is too long to look through', () => {
  const began = performance.now();
  pieces(`https://a${'('.repeat(1_000)}${').'.repeat(500)}`);
  assert(performance.now() - began < 500);
});

const message = (id, from = 'bob') => ({ id, from, name: from, text: `no. ${id}`, reply_to: null, at: id });

test('one has not seen what others wrote since', () => {
  const chat = new Chat();
  chat.take([message(1), message(2, 'ann')], true);
  assert.equal(chat.unseen('ann'), 1);
  chat.see();
  chat.take([message(3)], false);
  chat.take([message(4, 'ann')], false);
  assert.equal(chat.unseen('ann'), 1);
});

test('after coming back only what is new comes, and what is forgotten goes', () => {
  const chat = new Chat();
  chat.take([message(1), message(2)], true);
  chat.see();
  assert.deepEqual(chat.take([message(2), message(3)], true), { come: [message(3)], gone: [1] });
  assert.equal(chat.unseen('ann'), 1);
  assert.equal(chat.get(2).text, 'no. 2');
});

test('when the service counts from the beginning, so does the page', () => {
  const chat = new Chat();
  chat.take([message(8), message(9)], true);
  chat.see();
  chat.take([message(1)], true);
  assert.equal(chat.unseen('ann'), 1);
});
