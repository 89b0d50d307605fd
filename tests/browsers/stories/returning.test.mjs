// Whoever loses the line to the service is the same participant again, and nobody has lost anything by it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachHearsTheOthers, pagesAreQuiet, picturesMove } from '../checks.mjs';
import { keepCourse, longestFreeze, now } from '../course.mjs';
import { giveVoice } from '../firefox.mjs';
import { keepMessages, messagesTo } from '../messages.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 120_000 };
const DIRECT_WITHIN_MS = 10_000;
const BACK_WITHIN_MS = 5_000;
// What a busy machine makes of a picture and a voice that go on: 20 frames a second, packets of 20 ms.
const GAP_MS = 700;
// A page is loaded, and opens its devices; the leg and the pair are made anew.
const LOADED_WITHIN_MS = 10_000;
// Two pings of 2 s are missed, then nobody comes for 5 s, and 6 s pass without a packet.
const GONE_WITHIN_MS = 14_000;

const ann = { name: 'ann', tone: 440, prepare: keepCourse };
const ben = { name: 'ben', tone: 660, prepare: keepCourse };
const fay = { name: 'fay', tone: 880, firefox: true, prepare: async (page) => { await giveVoice(page); await keepCourse(page); } };

for (const [browser, who] of Object.entries({ Chromium: ann, Firefox: fay })) {
  test(`a socket breaks: ${browser}`, { ...STORY, skip: unable({ firefox: who.firefox }) }, (t) =>
    onStage([who, ben], async (stage, who, ben) => {
      const people = [who, ben];
      await enterInTurn(people, await stage.service.create({ title: 'A wire' }));
      await picturesMove(people, () => 'direct', DIRECT_WITHIN_MS);
      await eachHearsTheOthers(people);
      const { id, role } = (await who.report()).me;
      await Promise.all([who.follow(ben), ben.follow(who)]);
      const from = now();
      stage.cutWire(who);
      await until('his page says so', 2_000, async () => (await who.text()).includes('The server cannot be reached.'));
      await until('the others see that he is away', 3_000, async () => (await ben.sees(who)).away);
      await stage.mendWire(who);
      const mended = performance.now();
      await isBack(who, BACK_WITHIN_MS);
      t.diagnostic(`back ${Math.round(performance.now() - mended)} ms after the wire was mended`);
      await until('the others see that he is not away', 1_000, async () => !(await ben.sees(who)).away);
      const { me } = await who.report();
      assert.deepEqual([me.id, me.role], [id, role]);
      assert(!(await who.text()).includes('The server cannot be reached.'));
      // What the service says anew is settled within a second.
      await until('a second has passed', 3_000, () => performance.now() - mended > 2_500);
      for (const [one, other] of [[who, ben], [ben, who]]) {
        const { silenceMs } = await one.followed();
        const still = longestFreeze((await one.course()).pictures[other.name], from, now());
        t.diagnostic(`${one.name}: ${other.name} not heard for ${Math.round(silenceMs)} ms, still for ${Math.round(still)} ms`);
        assert(silenceMs < GAP_MS && still < GAP_MS);
      }
      assert.equal((await who.leg()).legs, 1, 'the leg is the one before');
      await picturesMove(people, () => 'direct', 1_000);
    }, { wired: true }));
}

test('a network is silent for four seconds', { ...STORY, skip: unable() }, (t) =>
  onStage([ann, ben], async (stage, ann, ben) => {
    const people = [ann, ben];
    await enterInTurn(people, await stage.service.create({ title: 'A hole' }));
    await picturesMove(people, () => 'direct', DIRECT_WITHIN_MS);
    const { id } = (await ann.report()).me;
    const cut = performance.now();
    const letThrough = await stage.blockAll(ann);
    await until('her page notices', BACK_WITHIN_MS, async () => !(await ann.report()).me.reached);
    t.diagnostic(`noticed after ${Math.round(performance.now() - cut)} ms`);
    await until('four seconds have passed', BACK_WITHIN_MS, () => performance.now() - cut > 4_000);
    await letThrough();
    const mended = performance.now();
    await isBack(ann, BACK_WITHIN_MS);
    t.diagnostic(`back ${Math.round(performance.now() - mended)} ms after the network was`);
    assert.equal((await ann.report()).me.id, id);
    await eachHearsTheOthers(people);
    await picturesMove(people, (one, other) => one && other && 'direct', DIRECT_WITHIN_MS);
  }));

test('a page is loaded anew', { ...STORY, skip: unable() }, (t) =>
  onStage([ann, ben], async (stage, ann, ben) => {
    const people = [ann, ben];
    await enterInTurn(people, await stage.service.create({ title: 'Again' }));
    await picturesMove(people, () => 'direct', DIRECT_WITHIN_MS);
    const { id, role } = (await ann.report()).me;
    assert.equal(role, 'moderator');
    const pressed = performance.now();
    await ann.page.reload();
    await until('ann is in again', LOADED_WITHIN_MS, async () => (await ann.report())?.me?.reached);
    t.diagnostic(`in again after ${Math.round(performance.now() - pressed)} ms`);
    const { me } = await ann.report();
    assert.deepEqual([me.id, me.role], [id, role]);
    await picturesMove(people, () => 'direct', LOADED_WITHIN_MS);
    await eachHearsTheOthers(people);
    assert.equal((await ben.report()).participants.length, 1);
  }));

test('who is away for too long joins again by himself', { ...STORY, skip: unable() }, () =>
  onStage([ann, ben], async (stage, ann, ben) => {
    const people = [ben, ann];
    await enterInTurn(people, await stage.service.create({ title: 'Too long' }));
    await picturesMove(people, () => 'direct', DIRECT_WITHIN_MS);
    const { id } = (await ann.report()).me;
    const letThrough = await stage.blockAll(ann);
    await until('ben has lost ann', GONE_WITHIN_MS, async () => !(await ben.sees(ann)));
    await letThrough();
    await isBack(ann, BACK_WITHIN_MS + 3_000);
    assert.notEqual((await ann.report()).me.id, id);
    await picturesMove(people, () => 'direct', DIRECT_WITHIN_MS);
    await eachHearsTheOthers(people);
  }));

test('two windows are one participant: the last is', { ...STORY, skip: unable() }, () =>
  onStage([{ ...ann, prepare: keepMessages }, ben], async (stage, ann, ben) => {
    const conference = await stage.service.create({ title: 'Windows' });
    await enterInTurn([ben, ann], conference);
    const { id } = (await ann.report()).me;
    const { resume_key: key } = (await messagesTo(ann.page)).map(JSON.parse).find(({ type }) => type === 'welcome');
    const left = { place: { participant: id, key }, name: 'ann', wishes: { relays: true, hides_address: false, uplink: 8 }, camera: null, microphone: null, music: false };
    const window = stage.seatBeside(ann, 'ann', (page) => page.evaluateOnNewDocument((key, session) => {
      sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), session }));
    }, `session ${conference.id}`, left));
    await window.open(conference.url);
    await until('the new window is ann', BACK_WITHIN_MS, async () => (await window.report())?.me?.id === id);
    await until('the old one says so', 2_000, async () => (await ann.text()).includes('You are in this conference in another window.'));
    assert.equal((await ben.report()).participants.length, 1);
    await ann.page.bringToFront();
    await (await ann.find('link', 'Continue here')).click();
    await until('the old one is ann', BACK_WITHIN_MS, async () => (await ann.report()).me?.reached);
    assert.equal((await ann.report()).me.id, id);
    await until('the new one says so', 2_000, async () => (await window.text()).includes('You are in this conference in another window.'));
    pagesAreQuiet([ann, ben, window], stage.service.origin);
  }));

/** The service hears the page again. */
function isBack(person, withinMs) {
  return until(`${person.name} is back`, withinMs, async () => (await person.report()).me?.reached);
}
