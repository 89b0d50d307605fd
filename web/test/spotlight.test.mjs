import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Spotlight } from '../view/spotlight.js';

/** Talks four times a second from one moment to another. */
function during(spotlight, from, to, talkers) {
  for (let now = from; now < to; now += 250) spotlight.talk(now, talkers);
}

test('the first who talks is shown at once', () => {
  const spotlight = new Spotlight();
  assert.equal(spotlight.on, null);
  spotlight.talk(0, ['ann']);
  assert.equal(spotlight.on, 'ann');
});

test('another one is shown after a second, and a short word changes nothing', () => {
  const spotlight = new Spotlight();
  spotlight.talk(0, ['ann']);
  during(spotlight, 5_000, 5_800, ['ben']);
  assert.equal(spotlight.on, 'ann');
  spotlight.talk(5_900, []);
  during(spotlight, 6_000, 6_800, ['ben']);
  assert.equal(spotlight.on, 'ann', 'he began anew');
  spotlight.talk(7_000, ['ben']);
  assert.equal(spotlight.on, 'ben');
});

test('while both talk the louder has to be so for three seconds', () => {
  const spotlight = new Spotlight();
  spotlight.talk(0, ['ann']);
  during(spotlight, 1_000, 3_900, ['ben', 'ann']);
  assert.equal(spotlight.on, 'ann');
  spotlight.talk(4_000, ['ben', 'ann']);
  assert.equal(spotlight.on, 'ben');
});

test('two who are louder in turns do not make it flicker', () => {
  const spotlight = new Spotlight();
  spotlight.talk(0, ['ann']);
  for (let now = 0; now < 30_000; now += 500) spotlight.talk(now, now % 1_000 ? ['ann', 'ben'] : ['ben', 'ann']);
  assert.equal(spotlight.on, 'ann');
});

test('silence leaves it where it is, and who is gone is not in it', () => {
  const spotlight = new Spotlight();
  spotlight.talk(0, ['ann']);
  during(spotlight, 1_000, 60_000, []);
  assert.equal(spotlight.on, 'ann');
  spotlight.forget('ann');
  assert.equal(spotlight.on, null);
  spotlight.talk(60_000, ['ben']);
  assert.equal(spotlight.on, 'ben');
});
