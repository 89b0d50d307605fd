import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Publisher } from '../publisher.js';

const track = () => /** @type {any} */ ({ enabled: true, stop() {} });
const NOTHING = { microphone: false, camera: false, screen: false };
const may = (/** @type {boolean} */ screen, role = 'speaker') =>
  /** @type {any} */ ({ role, permissions: { microphone: true, camera: true, screen }, publishing: { microphone: true, camera: true, screen } });

/** A publisher, and what it has done. */
function publisher() {
  /** @type {string[]} */ const done = [];
  const mine = new Publisher({ camera: null, microphone: null }, {
    tell: ({ microphone, camera, screen }) => done.push(`tell ${Number(microphone)}${Number(camera)}${Number(screen)}`) > 0,
    sendVoice: () => done.push('voice'),
    sendPictures: () => done.push('pictures'),
    screenEnded: () => done.push('ended'),
  });
  return { mine, done };
}

test('what is on is told and sent', async () => {
  const { mine, done } = publisher();
  await mine.useMicrophone(track());
  await mine.useCamera(track());
  await mine.useCamera(null);
  assert.deepEqual(done, ['tell 100', 'voice', 'tell 110', 'pictures', 'tell 100', 'pictures']);
});

test('who only listens sends none of his devices, until he may', async () => {
  const { mine, done } = publisher();
  const camera = track();
  mine.enter({ ...may(true, 'listener'), publishing: NOTHING });
  await mine.useMicrophone(track());
  await mine.useCamera(camera);
  assert.deepEqual([mine.publishing, mine.voice, mine.track('camera')], [NOTHING, null, null]);
  done.length = 0;
  mine.obey(may(true));
  assert.deepEqual(done, ['voice', 'pictures']);
  assert.equal(mine.track('camera'), camera);
  mine.obey(may(true, 'listener'));
  assert.deepEqual([done.length, mine.publishing, mine.track('camera')], [4, NOTHING, null]);
});

test('what has come between asking to get in and getting in is told', async () => {
  const { mine, done } = publisher();
  mine.enter({ ...may(true), publishing: NOTHING });
  assert.deepEqual(done, []);
  await mine.useMicrophone(track());
  done.length = 0;
  mine.enter({ ...may(true), publishing: NOTHING });
  assert.deepEqual(done, ['tell 100']);
});

test('a screen that is forbidden, or stopped by the browser, is shown no more', async () => {
  const { mine, done } = publisher();
  const first = track();
  await mine.shareScreen({ picture: first, sound: null });
  mine.obey(may(true));
  assert.equal(mine.track('screen'), first);
  mine.obey(may(false));
  assert.equal(mine.track('screen'), null);
  const second = track();
  await mine.shareScreen({ picture: second, sound: null });
  second.onended();
  assert.equal(mine.track('screen'), null);
  assert.equal(done.filter((what) => what === 'ended').length, 2);
});
