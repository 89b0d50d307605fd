// A line that is cut, in a time and with sockets of the test's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, ATTEMPT, FIRST_PAUSE, LONGEST_PAUSE, Line, PATIENCE, SUSPICION } from '../registration/line.js';

/** Time that passes when told to. */
class Clock {
  now = 0;
  #due = new Set();

  after(ms, what) {
    const due = { at: this.now + ms, what };
    this.#due.add(due);
    return () => this.#due.delete(due);
  }

  pass(ms) {
    const end = this.now + ms;
    for (;;) {
      const [next] = [...this.#due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#due.delete(next);
      this.now = next.at;
      next.what();
    }
    this.now = end;
  }
}

const JOIN = { type: 'join', name: 'Ann' };
const welcome = (id, key) => ({ type: 'welcome', me: { id }, resume_key: key });

function lineOf({ place = null, random = 0 } = {}) {
  const clock = new Clock();
  const told = { sockets: [], heard: [], reached: [], failed: 0, hasLeg: true };
  const line = new Line({
    clock, random: () => random,
    open: (ears) => {
      const socket = { ears, said: [], closed: false, send: (message) => Boolean(socket.said.push(message)), close: () => { socket.closed = 'left'; }, drop: () => { socket.closed ||= 'away'; } };
      told.sockets.push(socket);
      return socket;
    },
    join: () => JOIN,
    hasLeg: () => told.hasLeg,
    heard: (message) => told.heard.push(message.type),
    reached: (here) => told.reached.push(here),
    failed: () => { told.failed += 1; },
  }, place);
  line.begin();
  const last = () => told.sockets.at(-1);
  const enters = (key = 'k1') => { last().ears.opened(); last().ears.heard(welcome('a', key)); };
  return { clock, line, told, last, enters };
}

/** Keeps the line alive for a while, as a service that answers. */
function answers({ clock, last }, ms) {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.pass(100);
    if (last().said.at(-1)?.type === 'ping') {
      last().said.pop();
      last().ears.heard({ type: 'pong' });
    }
  }
}

test('one joins, and is asked for nothing more while the service is heard', () => {
  const it = lineOf();
  assert.equal(it.line.send({ type: 'leave' }), false, 'nothing can be said yet');
  it.enters();
  assert.deepEqual(it.last().said, [JOIN]);
  answers(it, 60_000);
  assert.equal(it.told.sockets.length, 1);
  assert.deepEqual([it.told.heard, it.told.reached], [['welcome'], []], 'an answer to the line is nobody else’s');
  assert.equal(it.line.send({ type: 'leave' }), true);
});

test('a socket that closes is followed by another, with the same participant', () => {
  const it = lineOf();
  it.enters('k1');
  it.last().ears.closed();
  assert.deepEqual(it.told.reached, [false]);
  assert.equal(it.line.send({ type: 'leave' }), false);
  it.clock.pass(FIRST_PAUSE);
  assert.equal(it.told.sockets.length, 2);
  it.last().ears.opened();
  assert.deepEqual(it.last().said, [{ type: 'resume', participant: 'a', key: 'k1', has_leg: true }]);
  it.last().ears.heard(welcome('a', 'k1'));
  assert.deepEqual(it.told.reached, [false, true]);
});

test('a socket that is silent is given up once a question has had no answer', () => {
  const it = lineOf();
  it.enters();
  it.clock.pass(ASK - 1);
  assert.equal(it.last().said.length, 1);
  it.clock.pass(1);
  assert.deepEqual(it.last().said.at(-1), { type: 'ping' });
  it.clock.pass(PATIENCE - 1);
  assert.deepEqual(it.told.reached, []);
  it.clock.pass(1);
  assert.deepEqual([it.told.reached, it.last().closed], [[false], 'away'], 'the place is to be kept');
});

test('what is suspected is looked into at once, and not put off by more suspicion', () => {
  const it = lineOf();
  it.enters();
  it.line.suspect();
  assert.deepEqual(it.last().said.at(-1), { type: 'ping' });
  it.clock.pass(SUSPICION - 1);
  it.line.suspect();
  it.clock.pass(1);
  assert.deepEqual(it.told.reached, [false]);
});

test('the pauses grow up to the longest, and end at once when there is a network', () => {
  const it = lineOf();
  it.enters();
  const pauses = [];
  for (let i = 0; i < 8; i += 1) {
    it.last().ears.closed();
    const [since, sockets] = [it.clock.now, it.told.sockets.length];
    while (it.told.sockets.length === sockets) it.clock.pass(10);
    pauses.push(it.clock.now - since);
  }
  assert.deepEqual(pauses, [250, 500, 1_000, 2_000, 4_000, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]);
  it.last().ears.closed();
  it.line.hurry();
  assert.equal(it.told.sockets.length, 10);
});

test('chance cuts a pause by up to a half', () => {
  const it = lineOf({ random: 0.999 });
  it.enters();
  it.last().ears.closed();
  it.clock.pass(FIRST_PAUSE / 2 + 1);
  assert.equal(it.told.sockets.length, 2);
});

test('an attempt that comes to nothing is given up', () => {
  const it = lineOf();
  it.enters();
  it.last().ears.closed();
  it.clock.pass(FIRST_PAUSE + ATTEMPT);
  assert.equal(it.told.sockets[1].closed, 'away', 'it never opened');
  it.clock.pass(2 * FIRST_PAUSE);
  it.last().ears.opened();
  it.clock.pass(1.5 * ATTEMPT - 1);
  assert.equal(it.told.sockets[2].closed, false, 'slow networks have their time');
  it.clock.pass(1);
  assert.equal(it.told.sockets[2].closed, 'away', 'nobody answered');
});

test('whoever cannot be the same again joins on the same socket', () => {
  const it = lineOf({ place: { participant: 'a', key: 'old' } });
  it.told.hasLeg = false;
  it.last().ears.opened();
  it.last().ears.heard({ type: 'error', code: 'cannot_resume', fatal: false });
  assert.deepEqual(it.last().said, [{ type: 'resume', participant: 'a', key: 'old', has_leg: false }, JOIN]);
  it.last().ears.heard(welcome('b', 'k2'));
  it.last().ears.closed();
  it.clock.pass(FIRST_PAUSE);
  it.last().ears.opened();
  assert.deepEqual(it.last().said[0].participant, 'b');
});

test('who waits to be let in and loses the line waits again', () => {
  const it = lineOf();
  it.last().ears.opened();
  it.last().ears.heard({ type: 'waiting', until: 'moderator' });
  it.last().ears.closed();
  it.clock.pass(FIRST_PAUSE);
  it.last().ears.opened();
  assert.deepEqual(it.last().said, [JOIN]);
});

test('a first socket that comes to nothing is said, and not tried again', () => {
  const it = lineOf();
  it.last().ears.closed();
  it.clock.pass(60_000);
  assert.deepEqual([it.told.failed, it.told.sockets.length, it.line.state], [1, 1, 'closed']);
});

test('a line that is closed stays so', () => {
  const it = lineOf();
  it.enters();
  it.line.close();
  it.line.hurry();
  it.line.suspect();
  it.clock.pass(60_000);
  assert.deepEqual([it.told.sockets.length, it.last().closed, it.told.reached], [1, 'left', []]);
});
