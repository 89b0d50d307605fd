// Somebody in a quiet room: her packets are dropped before the server decrypts them, and her browser must not take that
// for losses.
//
// What Chromium does about losses is not to be seen in its target bitrate, which stays, but in what Opus makes of it:
// with 97 % reported as lost, a quiet room's packets have 29 octets instead of 47 (narrower sound), and once she speaks
// every packet repeats the one before (in-band FEC). So her packets are compared with those of a twin, who sends the
// same sound from the same microphone at the same time, but without the levels that tell silence: of his, none is
// dropped.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { hearsOnly, pagesAreQuiet } from '../checks.mjs';
import { soundSent } from '../connections.mjs';
import { encoded, rigMicrophone, turn } from '../microphone.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 90_000, skip: unable() };
const WATCH_MS = 10_000;
const LOOK_EVERY_MS = 500;
const SPEAK_MS = 2_000;
const HEARD_WITHIN_MS = 1_000;
// A voice's amplitude is 0.3, this one's 20 log10(0.0007 / √2): about −66 dBov, as room noise comes from browsers. What
// swells like speech is not left out (DTX).
const QUIET = 0.0007 / 0.3;
const SPEECH = 1;
// The server reports about once a second, of whom it has heard since the last report.
const REPORTED_AGO_MS = 4_000;

const ann = { name: 'ann', tone: 440, prepare: (page) => rigMicrophone(page, { gain: QUIET }) };
const ben = { name: 'ben', tone: 660 };

test('a quiet room costs nothing, its browser learns of no loss, and who speaks up is heard', STORY, (t) =>
  onStage([ann, ben], async (stage, ann, ben) => {
    const twin = stage.seatBeside(ann, 'twin', (page) => rigMicrophone(page, { gain: QUIET, levels: false }));
    await enterInTurn([ann, twin, ben], await stage.service.create({ title: 'Quiet' }));
    await hearsOnly(ann, [ben], []);
    await until('the server has reported on both', 5_000, async () => {
      const sent = await Promise.all([ann, twin].map(({ page }) => soundSent(page)));
      return sent.every(({ roundTrip }) => roundTrip > 0);
    });
    await ben.follow(ann);

    const quiet = await watch(stage.service, { ann, twin }, WATCH_MS);
    t.diagnostic(`in a quiet room: ${JSON.stringify(quiet)}`);
    const { sent } = quiet.ann;
    assert(sent > WATCH_MS / 1000 * 45, `only ${sent} packets were sent: that would be DTX`);
    assert(quiet.dropped > 0.8 * sent && quiet.dropped < sent, `${quiet.dropped} of ${sent} packets were dropped`);
    learnsOfNoLoss(quiet.ann, quiet.dropped);
    encodesAlike(quiet.ann, quiet.twin);
    assert((await ben.followed()).silenceMs > WATCH_MS, 'ben hears nothing of it');

    t.diagnostic(await speaksUp(ann, ben));
    const speech = await watch(stage.service, { ann }, SPEAK_MS);
    t.diagnostic(`and then: ${JSON.stringify(speech)}`);
    assert.equal(speech.dropped, 0, 'no packet of speech is dropped');
    learnsOfNoLoss(speech.ann, 0);
    pagesAreQuiet([ann, twin, ben], stage.service.origin);
  }, { ice: 'own' }));

/**
 * What comes of people's sound in that time: packets that the server dropped, and for each what his browser sent and
 * was told.
 */
async function watch(service, people, ms) {
  const lookAt = async ({ page }) => ({ ...await soundSent(page), ...await encoded(page) });
  const look = () => Promise.all(Object.values(people).map(lookAt));
  const droppedBefore = await service.packetsThatEnded('silence');
  const looks = [await look()];
  for (const end = performance.now() + ms; performance.now() < end;) {
    await pause(LOOK_EVERY_MS);
    looks.push(await look());
  }
  const dropped = await service.packetsThatEnded('silence') - droppedBefore;
  const each = Object.keys(people).map((name, i) => [name, course(looks.map((all) => all[i]))]);
  return { dropped, ...Object.fromEntries(each) };
}

function course(looks) {
  const [first, last] = [looks[0], looks.at(-1)];
  const rise = (what) => last[what] - first[what];
  const worst = (what) => Math.max(...looks.map((look) => look[what]));
  return {
    sent: rise('sent'), bytesPerPacket: rise('bytes') / rise('packets'), repeating: rise('repeating'),
    bitrates: [...new Set(looks.map(({ bitrate }) => bitrate))],
    lost: worst('lost') - first.lost, fractionLost: worst('fractionLost'),
    roundTrip: worst('roundTrip'), roundTrips: rise('roundTrips'), reportedMsAgo: worst('reportedMsAgo'),
  };
}

function learnsOfNoLoss(one, dropped) {
  assert(one.lost <= 0.01 * dropped, `${one.lost} packets count as lost`);
  assert(one.fractionLost < 0.02, `at worst ${one.fractionLost} count as lost`);
  assert(one.roundTrips > 0 && one.roundTrip < 0.2, `measured ${one.roundTrips} times, at worst ${one.roundTrip} s`);
  assert(one.reportedMsAgo < REPORTED_AGO_MS, `no report for ${one.reportedMsAgo} ms`);
  assert.equal(one.repeating, 0, 'packets that repeat the one before');
}

function encodesAlike(one, other) {
  assert.deepEqual(one.bitrates, other.bitrates, 'the target bitrate');
  for (const what of ['sent', 'bytesPerPacket']) {
    const share = one[what] / other[what];
    assert(share > 0.9 && share < 1.1, `${what}: ${one[what]}, without drops ${other[what]}`);
  }
}

/** She does, and the other hears her and sees that it is she. */
async function speaksUp(one, other) {
  await turn(one.page, SPEECH);
  const began = performance.now();
  const passed = () => Math.round(performance.now() - began);
  const soon = (what, probe) => until(`${other.name} ${what} ${one.name}`, HEARD_WITHIN_MS, async () => await probe() && passed());
  const [heard, seen] = await Promise.all([
    soon('hears', async () => (await other.followed()).steadyMs > 100),
    soon('sees the talking of', async () => (await other.sees(one)).talking),
  ]);
  return `who speaks up is heard for 100 ms after ${heard} ms, and seen to talk after ${seen} ms`;
}
