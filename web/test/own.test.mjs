// What the others get of mine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Own } from '../own.js';

const track = (name) => ({ name, enabled: true, stopped: false, stop() { this.stopped = true; } });

/** As much of WebAudio as blends two tracks: the blend is named by its parts. */
function withWebAudio() {
  const open = new Set();
  Object.assign(globalThis, {
    MediaStream: class { constructor([part]) { this.part = part; } },
    AudioContext: class {
      constructor() { open.add(this); this.out = track(''); }
      createMediaStreamDestination() { return { stream: { getAudioTracks: () => [this.out] } }; }
      createMediaStreamSource({ part }) { return { connect: () => { this.out.name += part.name; } }; }
      async close() { open.delete(this); }
    },
  });
  return open;
}

test('a screen that sounds is heard beside my voice, and while I am muted', () => {
  const open = withWebAudio();
  const microphone = track('mic');
  const own = new Own({ microphone, camera: null });
  assert.equal(own.voice, microphone);
  const sound = track('+tab');
  own.show({ picture: track('tab'), sound }, () => {});
  assert.equal(own.voice?.name, 'mic+tab');
  assert.equal(own.voice, own.voice, 'made once');
  microphone.enabled = false;
  assert.deepEqual(own.publishing, { microphone: true, camera: false, screen: true });
  assert.deepEqual(own.devices, { microphone: false, camera: false });
  own.use({ microphone: null });
  assert.equal(own.voice?.name, '+tab');
  own.show(null, () => {});
  assert.equal(own.voice, null);
  assert.deepEqual([sound.stopped, open.size], [true, 0]);
  assert.deepEqual(own.publishing, { microphone: false, camera: false, screen: false });
});

test('a screen can be silenced and goes on being seen', () => {
  withWebAudio();
  const own = new Own({ microphone: null, camera: null });
  const shown = { picture: track('tab'), sound: track('+tab') };
  own.show(shown, () => {});
  assert.equal(own.silenceScreen(), true);
  assert.equal(own.silenceScreen(), false);
  assert.deepEqual(own.publishing, { microphone: false, camera: false, screen: true });
  assert.deepEqual([shown.sound.stopped, shown.picture.stopped], [true, false]);
  assert.equal(own.track('screen'), shown.picture);
});

test('the end of a screen is told of the one that is shown, also when it was silenced', () => {
  withWebAudio();
  const own = new Own({ microphone: null, camera: null });
  let ended = 0;
  const shown = () => ({ picture: track('tab'), sound: track('+tab') });
  const [first, second] = [shown(), shown()];
  own.show(first, () => { ended += 1; });
  own.show(second, () => { ended += 1; });
  first.picture.onended();
  assert.equal(ended, 0);
  own.silenceScreen();
  second.picture.onended();
  assert.equal(ended, 1);
});
