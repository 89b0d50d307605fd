// Who gets which frames of a relayed picture.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fork } from '../p2p/fork.js';

function scene() {
  const asked = [];
  const fork = new Fork((frame) => ({ ...frame, copied: true }), () => asked.push(true));
  let number = 0;
  const play = (types) => [...types].forEach((type) => fork.frame({ type: type === 'K' ? 'key' : 'delta', number: number += 1 }));
  return { fork, asked, play };
}

function way({ room = Infinity } = {}) {
  const got = [];
  const out = {
    get desiredSize() { return room - got.length; },
    write: async (frame) => { got.push(frame.number); assert.ok(frame.copied, 'the frame itself belongs to this page'); },
  };
  return { got, out, more: (frames) => { room += frames; } };
}

test('who comes in the middle asks for a key frame, and begins with it', () => {
  const { fork, asked, play } = scene();
  const first = way();
  fork.add('first', first.out);
  play('Kdd');
  const second = way();
  fork.add('second', second.out);
  assert.equal(asked.length, 2);
  play('ddKd');
  assert.deepEqual([first.got, second.got], [[1, 2, 3, 4, 5, 6, 7], [6, 7]]);
});

test('who cannot take a frame waits for the next key frame, and keeps nobody else waiting', () => {
  const { fork, asked, play } = scene();
  const [slow, quick] = [way({ room: 2 }), way()];
  fork.add('slow', slow.out);
  fork.add('quick', quick.out);
  play('Kddd');
  assert.deepEqual([slow.got, quick.got], [[1, 2], [1, 2, 3, 4]]);
  assert.equal(asked.length, 3, 'once for each of the two, once for the one who fell behind');
  slow.more(5);
  play('ddKd');
  assert.deepEqual(slow.got, [1, 2, 7, 8]);
});

test('a way that is broken or was ended gets nothing more', async () => {
  const { fork, play } = scene();
  const broken = { desiredSize: 1, writes: 0, write() { this.writes += 1; return Promise.reject(new Error('closed')); } };
  const ended = way();
  fork.add('broken', broken);
  fork.add('ended', ended.out);
  play('K');
  fork.remove('ended');
  await Promise.resolve().then(() => {});
  play('dK');
  assert.deepEqual([broken.writes, ended.got, fork.idle], [1, [1], true]);
});

test('a subscriber who lost the picture has the publisher asked, unless he is gone', () => {
  const { fork, asked } = scene();
  fork.add('one', way().out);
  fork.lost('one');
  fork.lost('another');
  assert.equal(asked.length, 2);
});
