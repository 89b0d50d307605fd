// What becomes of a leg whose browser is suddenly elsewhere, silent for a while, or gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eachHearsTheOthers, hearEachOtherAgain, noticeThatLeft, pagesAreQuiet } from '../checks.mjs';
import { enterInTurn } from '../person.mjs';
import { MEDIA_PORT } from '../service.mjs';
import { onStage, unable } from '../stage.mjs';
import { recentSources, watchTraffic } from '../traffic.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 120_000 };
// Chromium needs some 6 s to see that an interface is dead.
const OTHER_WAY_WITHIN_MS = 10_000;
const HOLE_MS = 4_000;
const AFTER_HOLE_WITHIN_MS = 3_000;
// A socket that is closed, and six seconds without a packet; the rest is for a busy machine.
const VANISHED_WITHIN_MS = 10_000;
// Fifteen seconds without a check while the socket is alive.
const SILENT_WITHIN_MS = 20_000;

const ann = { name: 'ann', tone: 440 };
const ben = { name: 'ben', tone: 660 };
const fay = { name: 'fay', tone: 880, firefox: true };

// Chromium asks every 2.5 s whether its pair is alive, Firefox every 4 to 6 s: so the server learns of a new port.
const routers = {
  Chromium: { who: ann, withinMs: 5_000 },
  Firefox: { who: fay, withinMs: 10_000 },
};

for (const [browser, { who, withinMs }] of Object.entries(routers)) {
  test(`a router forgets its mappings: ${browser}`, { ...STORY, skip: unable({ firefox: who.firefox }) }, (t) =>
    onStage([{ ...who, home: true }, ben], async (stage, who, ben) => {
      const people = [who, ben];
      watchTraffic(stage.lab.server);
      await enterInTurn(people, await stage.service.create({ title: 'Mappings' }));
      await eachHearsTheOthers(people);
      const before = await identities(people);
      t.diagnostic(`new port: ${await hearEachOtherAgain(people, withinMs, () => stage.homes[who.name].forget())}`);
      await comesFromItsPresentPorts(stage, who);
      assert.deepEqual(await identities(people), before, 'the same people on the same legs');
      pagesAreQuiet(people, stage.service.origin, { blocked: true });
    }, { ice: 'own' }));
}

test('four seconds are lost, then a browser dies', { ...STORY, skip: unable({ firefox: true }) }, (t) =>
  onStage([ann, fay], async (stage, ann, fay) => {
    const people = [ann, fay];
    await enterInTurn(people, await stage.service.create({ title: 'Hole' }));
    await eachHearsTheOthers(people);
    const before = await identities(people);
    const gaps = await hearEachOtherAgain(people, HOLE_MS + AFTER_HOLE_WITHIN_MS, () => lose(stage, people));
    t.diagnostic(`${HOLE_MS} ms lost: ${gaps}`);
    assert.deepEqual(await identities(people), before, 'the same people on the same legs');
    pagesAreQuiet(people, stage.service.origin, { blocked: true });
    fay.vanish();
    t.diagnostic(`killed: ${await howLong(() => noticeThatLeft([ann], fay, VANISHED_WITHIN_MS))}`);
  }, { ice: 'own' }));

test('from Wi-Fi to mobile, then into a tunnel', { ...STORY, skip: unable() }, (t) =>
  onStage([{ ...ann, mobile: true }, ben], async (stage, ann, ben) => {
    const people = [ann, ben];
    await enterInTurn(people, await stage.service.create({ title: 'On the way' }));
    await eachHearsTheOthers(people);
    const before = await identities(people);
    const [lost, other] = await interfaces(ann);
    t.diagnostic(`${lost} lost: ${await hearEachOtherAgain(people, OTHER_WAY_WITHIN_MS, () => stage.unplug(ann, lost))}`);
    assert.deepEqual(await identities(people), before, 'the same people on the same legs');
    pagesAreQuiet(people, stage.service.origin);
    stage.unplug(ann, other);
    t.diagnostic(`no interface, but a socket: ${await howLong(() => noticeThatLeft([ben], ann, SILENT_WITHIN_MS))}`);
  }, { ice: 'own', wired: true }));

/** Who everyone is, and with which connection: a reload, a second join or a restart of ICE would change it. */
async function identities(people) {
  return Promise.all(people.map(async (person) => {
    const [{ me }, { legs, ufrag, state }] = [await person.report(), await person.leg()];
    return { name: person.name, id: me.id, legs, ufrag, state };
  }));
}

/** The server hears this person from where the router maps him now. */
async function comesFromItsPresentPorts({ lab, homes }, { name }) {
  const { address } = lab.hosts[name];
  await until(`${name} comes from his router's present ports`, 3_000, () => {
    const sources = recentSources(lab.server).filter((source) => source.address === address);
    assert(sources.length > 0 && sources.every(homes[name].maps), JSON.stringify(sources));
    return true;
  });
}

/** The interface that the leg goes by, and the other one. */
async function interfaces(person) {
  const { pair } = await person.leg();
  return pair.local.address.startsWith('10.') ? ['eth0', 'eth1'] : ['eth1', 'eth0'];
}

async function lose(stage, people) {
  const letThrough = people.map((person) => stage.blockDatagrams(person));
  await pause(HOLE_MS);
  letThrough.forEach((again) => again());
}

async function howLong(what) {
  const began = performance.now();
  await what();
  return `noticed after ${Math.round(performance.now() - began)} ms`;
}
