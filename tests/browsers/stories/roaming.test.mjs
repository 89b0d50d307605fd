// What becomes of a leg whose browser is suddenly elsewhere, silent for a while, or gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eachHearsTheOthers, hearEachOtherAgain, noticeThatLeft, pagesAreQuiet } from '../checks.mjs';
import { isSeenAs } from '../laboratory.mjs';
import { enterInTurn } from '../person.mjs';
import { MEDIA_PORT } from '../service.mjs';
import { onStage, unable } from '../stage.mjs';
import { recentSources, watchTraffic } from '../traffic.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 120_000 };
// Chromium needs some 6 s to see that an interface is dead.
const OTHER_WAY_WITHIN_MS = 10_000;
// Chromium calls its leg disconnected after 5 to 8 s, and after another 5 the page restarts ICE; the server waits 15.
const RESTARTED_WITHIN_MS = 14_000;
const AFTER_RESTART_WITHIN_MS = 5_000;
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
      const conference = await stage.service.create({ title: 'Mappings' });
      await enterInTurn(people, conference);
      await eachHearsTheOthers(people);
      const before = await identities(people);
      const first = await isInTheBook(stage, conference, who);
      const former = portsOf(stage, who);
      const forget = () => stage.lab.nat({ name: `${who.name}-home` });
      t.diagnostic(`new port: ${await hearEachOtherAgain(people, withinMs, forget)}`);
      await comesFromOtherPorts(stage, who, former);
      const now = await isInTheBook(stage, conference, who, former);
      assert(now.at > first.at, `${JSON.stringify(now)} after ${JSON.stringify(first)}`);
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

test('ten seconds without a packet: ICE is restarted', { ...STORY, skip: unable() }, (t) =>
  onStage([ann, ben], async (stage, ann, ben) => {
    const people = [ann, ben];
    await enterInTurn(people, await stage.service.create({ title: 'Restart' }));
    await eachHearsTheOthers(people);
    const before = await identities(people);
    const letThrough = await stage.blockAll(ann);
    t.diagnostic(`nothing comes through: ${await howLong(() => restartsIce(ann, before[0].ufrag))}`);
    t.diagnostic(`and again: ${await hearEachOtherAgain(people, AFTER_RESTART_WITHIN_MS, letThrough)}`);
    const [restarted, other] = await identities(people);
    assert.notEqual(restarted.ufrag, before[0].ufrag, 'another session of ICE');
    assert.deepEqual([{ ...restarted, ufrag: before[0].ufrag }, other], before, 'the same people on the same legs');
    assert.equal((await ben.sees(ann)).id, restarted.id, 'nobody was dropped');
    pagesAreQuiet(people, stage.service.origin);
  }, { ice: 'own', wired: true }));

test('from Wi-Fi to mobile, then into a tunnel', { ...STORY, skip: unable() }, (t) =>
  onStage([{ ...ann, mobile: true }, ben], async (stage, ann, ben) => {
    const people = [ann, ben];
    await enterInTurn(people, await stage.service.create({ title: 'On the way' }));
    await eachHearsTheOthers(people);
    const before = await identities(people);
    const [lost, other] = await interfaces(stage, ann);
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

/** From which of his NAT's ports the server has heard this person lately. */
function portsOf({ lab }, { name }) {
  return recentSources(lab.server).filter((source) => isSeenAs(lab.hosts[name], source)).map(({ port }) => port);
}

/** The server hears this person from ports that his NAT did not have for him before. */
async function comesFromOtherPorts(stage, person, former) {
  assert(former.length > 0, 'the server has heard him before');
  await until(`${person.name} comes from other ports than ${former}`, 3_000, () => {
    const ports = portsOf(stage, person);
    assert(ports.length > 0 && ports.every((port) => !former.includes(port)), `${ports}`);
    return true;
  });
}

/**
 * The moderator learns where the person comes from behind his NAT now, and what his browser says of itself.
 * @returns {Promise<import('../service.mjs').Address>}  the way that his sound takes
 */
function isInTheBook({ lab, service }, conference, { name }, former = []) {
  const isHis = (known) => isSeenAs(lab.hosts[name], known) && !former.includes(known.port);
  return until(`the moderator learns where ${name} is`, 3_000, async () => {
    const { joined_at, addresses } = (await service.participants(conference)).find((one) => one.name === name);
    const entry = (origin, fits) => addresses.find((known) => known.origin === origin && fits(known));
    const host = entry('host', ({ address }) => address === lab.hosts[name].address || address.endsWith('.local'));
    const [checked, observed] = [entry('checked', isHis), entry('observed', isHis)];
    const inTime = ({ at }) => at >= joined_at && at <= Date.now() / 1_000;
    assert([host, checked, observed].every((known) => known && inTime(known)), JSON.stringify(addresses));
    return observed;
  });
}

/** The page has said so, and the server has answered; it has not helped yet. */
function restartsIce(person, ufrag) {
  return until(`${person.name} restarts ICE`, RESTARTED_WITHIN_MS, async () => {
    const leg = await person.leg();
    assert.notEqual(leg.ufrag, ufrag);
    return leg.state === 'disconnected';
  });
}

/** The interface that the leg goes by, and the other one. */
async function interfaces({ lab }, person) {
  const { address } = lab.hosts[person.name];
  const { pair } = await person.leg();
  return pair.local.address === address ? ['eth0', 'eth1'] : ['eth1', 'eth0'];
}

async function lose(stage, people) {
  const letThrough = await Promise.all(people.map((person) => stage.blockDatagrams(person)));
  await pause(HOLE_MS);
  await Promise.all(letThrough.map((again) => again()));
}

async function howLong(what) {
  const began = performance.now();
  await what();
  return `noticed after ${Math.round(performance.now() - began)} ms`;
}
