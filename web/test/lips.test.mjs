// Each one's sound and picture by his own clock, as connections tell it.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Lips } from '../sync/lips.js';

const EPOCH = 2_208_988_800_000;
const MIX = '0';

/** A receiver whose latest packet has just been played or shown. */
function receiverOf(rtpTimestamp, captureTimestamp) {
  const receiver = {
    track: { readyState: 'live' }, jitterBufferTarget: null, counted: 0,
    getSynchronizationSources: () => [{ timestamp: performance.timeOrigin + performance.now() - receiver.ago, rtpTimestamp, captureTimestamp }],
    ago: 0,
    getStats: async () => {
      receiver.counted += 50;
      return new Map([[0, { type: 'inbound-rtp', jitterBufferDelay: receiver.counted * 0.05, jitterBufferEmittedCount: receiver.counted }]]);
    },
  };
  return receiver;
}

function scene(picture, { mid = null, path = 'direct' } = {}) {
  mock.timers.enable({ apis: ['setInterval'] });
  const mix = receiverOf(48_000);
  const said = [];
  const lips = new Lips({
    sounds: () => [{ mid: MIX, receiver: mix }],
    way: (id, track) => (track === picture.track ? { receiver: picture, mid, path } : null),
    say: (skews) => said.push(skews),
  });
  const see = (rtpTimestamp = 90_000) => {
    for (let frame = 0; frame < 5; frame += 1) lips.shown('ann', picture.track, { rtpTimestamp, expectedDisplayTime: performance.now() });
    return lips.skew('ann');
  };
  const look = async (times) => {
    for (let i = 0; i < times; i += 1) {
      mock.timers.tick(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { lips, mix, said, see, look, end: () => { lips.close(); mock.timers.reset(); } };
}

const mixed = (captured_ms, participant = 'ann') => ({ participant, mid: MIX, rtp_time: 47_520, captured_ms: captured_ms - 10 });
const near = (skew, wanted) => assert.ok(skew !== null && Math.abs(skew - wanted) <= 5, `${skew} instead of ${wanted}`);

test('the sound by the service\'s word, the picture by its own', () => {
  const { lips, see, end } = scene(receiverOf(90_000, EPOCH + 5_000));
  assert.equal(see(), null, 'nobody has said when the sound was captured');
  lips.served([mixed(5_070)]);
  near(see(), 70);
  near(lips.skew('ann'), 70);
  assert.equal(lips.skew('bob'), null);
  end();
});

test('a frame that came before is by as much older', () => {
  const { lips, see, end } = scene(receiverOf(90_000, EPOCH + 5_000));
  lips.served([mixed(5_000)]);
  near(see(90_000 - 90 * 40), 40);
  end();
});

test('sound that is not heard any more, and another\'s, is compared with nothing', () => {
  const { lips, mix, see, end } = scene(receiverOf(90_000, EPOCH + 5_000));
  lips.served([mixed(5_000, 'bob')]);
  assert.equal(see(), null);
  lips.served([mixed(5_000)]);
  mix.ago = 300;
  assert.equal(see(), null);
  end();
});

test('a picture by the server is what the service says, and by a relay what that one says', () => {
  const slot = scene(receiverOf(90_000), { mid: '7', path: 'server' });
  slot.lips.served([mixed(5_000)]);
  assert.equal(slot.see(), null);
  slot.lips.served([{ participant: 'ann', mid: '7', rtp_time: 90_000, captured_ms: 4_900 }]);
  near(slot.see(), 100);
  slot.lips.anew();
  slot.end();
  const receiver = receiverOf(90_000);
  const relayed = scene(receiver, { path: 'peer' });
  relayed.lips.served([mixed(5_000)]);
  assert.equal(relayed.see(), null);
  relayed.lips.told(receiver, { rtp_time: 90_000, captured_ms: 5_050 });
  near(relayed.see(), -50);
  assert.deepEqual(relayed.lips.captured(receiver), { rtp_time: 90_000, captured_ms: 5_050 });
  relayed.end();
});

test('a picture that is ahead waits; the service hears of it every ten seconds; who is gone is forgotten', async () => {
  const picture = receiverOf(90_000, EPOCH + 5_000);
  const { lips, mix, said, see, look, end } = scene(picture);
  lips.served([mixed(4_800)]);
  for (let i = 0; i < 20; i += 1) {
    see();
    await look(1);
  }
  assert.ok(picture.jitterBufferTarget >= 150, `${picture.jitterBufferTarget}`);
  assert.equal(mix.jitterBufferTarget, null);
  assert.equal(said.length, 1);
  const [{ participant, path, skew_ms }] = said[0];
  assert.deepEqual([participant, path], ['ann', 'direct']);
  near(skew_ms, -200);
  lips.forget('ann');
  assert.equal(lips.skew('ann'), null);
  picture.track.readyState = 'ended';
  end();
});

test('what no waiting mends is told, and nothing waits for it', async () => {
  const picture = receiverOf(90_000, EPOCH + 5_000);
  const { lips, mix, see, look, end } = scene(picture);
  lips.served([mixed(4_400)]);
  for (let i = 0; i < 20; i += 1) {
    near(see(), -600);
    await look(1);
  }
  assert.deepEqual([picture.jitterBufferTarget, mix.jitterBufferTarget], [null, null]);
  end();
});
