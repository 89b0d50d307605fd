// How a leg's packets travel: over the server's one port, by whatever protocol the browser's network lets through.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachHearsTheOthers, pagesAreQuiet, picturesMove } from '../checks.mjs';
import { isSeenAs } from '../laboratory.mjs';
import { enterInTurn } from '../person.mjs';
import { MEDIA_PORT } from '../service.mjs';
import { onStage, unable } from '../stage.mjs';
import { destinations, watchTraffic } from '../traffic.mjs';
import { until } from '../until.mjs';

const PICTURES_WITHIN_MS = 10_000;
// The service asks from ports of its own who is reachable, and closes them.
const SETTLED_WITHIN_MS = 15_000;
const STORY = { timeout: 120_000, skip: unable({ firefox: true }) };

const ann = { name: 'ann', tone: 440 };
const ben = { name: 'ben', tone: 660 };
const fay = { name: 'fay', tone: 880, firefox: true };

test('over UDP: everyone by the one port, which is the STUN server too; nobody else is asked', STORY, () =>
  onStage([{ ...ann, home: true }, { ...fay, home: true }], async (stage, ann, fay) => {
    const people = [ann, fay];
    people.forEach(({ name }) => watchTraffic(stage.lab.hosts[name]));
    const sockets = stage.service.udpSockets();
    assert.deepEqual(sockets, [`0.0.0.0:${MEDIA_PORT}`, `[::]:${MEDIA_PORT}`], 'one port, a socket for each family');
    await enterInTurn(people, await stage.service.create({ title: 'One port' }));
    await travelBy('udp', people, stage.lab.server.address);
    await eachHearsTheOthers(people);
    // Both are behind routers: without the addresses that the server's STUN tells them they would not find each other.
    await picturesMove(people, () => 'direct', PICTURES_WITHIN_MS);
    for (const person of people) await knowsItsPublicAddress(person, stage);
    await reportTruly(ann, fay);
    await reportTruly(fay, ann);
    await until('no more sockets with two people, once it is known where they stand', SETTLED_WITHIN_MS, () => {
      assert.deepEqual(stage.service.udpSockets(), sockets);
      return true;
    });
    people.forEach((person) => sendsToNobodyElse(person, stage));
    pagesAreQuiet(people, stage.service.origin);
  }, { ice: 'own' }));

test('no UDP at all: the switch drops every datagram of both browsers, and they join over TCP', STORY, () =>
  onStage([ann, fay], async (stage, ann, fay) => {
    const people = [ann, fay];
    for (const person of people) await stage.blockDatagrams(person);
    await enterInTurn(people, await stage.service.create({ title: 'Strict firewall' }));
    await travelBy('tcp', people, stage.lab.server.address);
    await eachHearsTheOthers(people);
    await picturesMove(people, () => 'server', PICTURES_WITHIN_MS);
    pagesAreQuiet(people, stage.service.origin, { blocked: true });
  }, { ice: 'own' }));

test('no IPv4 at all', { ...STORY, skip: unable({ firefox: true, ipv6: true }) }, () =>
  onStage([ann, fay], async (stage, ann, fay) => {
    const people = [ann, fay];
    await enterInTurn(people, await stage.service.create({ title: 'Six' }));
    await travelBy('udp', people, stage.lab.server.address);
    await eachHearsTheOthers(people);
    await picturesMove(people, () => 'direct', PICTURES_WITHIN_MS);
    pagesAreQuiet(people, stage.service.origin);
  }, { ice: 'own', ipv6: true }));

test('with libnice: two hear and see each other', STORY, () =>
  onStage([ann, ben], async (stage, ann, ben) => {
    const people = [ann, ben];
    await enterInTurn(people, await stage.service.create({ title: 'Nice' }));
    await eachHearsTheOthers(people);
    await picturesMove(people, () => 'direct', PICTURES_WITHIN_MS);
    pagesAreQuiet(people, stage.service.origin);
  }, { ice: 'nice' }));

/** Every leg's selected pair leads to the server's one port by that protocol. */
async function travelBy(protocol, people, address) {
  await Promise.all(people.map((person) => until(`${person.name}'s leg is connected by ${protocol}`, 5_000, async () => {
    const { state, pair } = await person.leg();
    const used = [state, pair?.remote.protocol, pair?.remote.address, pair?.remote.port];
    assert.deepEqual(used, ['connected', protocol, address, MEDIA_PORT]);
    return true;
  })));
}

/** The page says of itself and of the other what is so. */
function reportTruly(person, other) {
  return until(`${person.name}'s report is complete`, 5_000, async () => {
    const { me, participants } = await person.report();
    assert(Number.isInteger(me.rttMs) && me.rttMs < 200 && me.loss >= 0 && me.loss < 0.1, JSON.stringify(me));
    const [{ name, path, talking }, ...nobody] = participants;
    assert.deepEqual([me.name, name, path, talking, nobody], [person.name, other.name, 'direct', true, []]);
    return true;
  });
}

/** The page asked the server's port what others see of it, and was told. */
async function knowsItsPublicAddress(person, stage) {
  const [pair] = await person.pairs();
  const host = new URL(stage.service.origin).hostname;
  const asked = pair.iceServers.flatMap(({ urls }) => urls);
  assert.deepEqual(asked, [`stun:${host}:${MEDIA_PORT}`], `${person.name}'s ICE servers`);
  const srflx = pair.candidates.find((candidate) => candidate.includes(' typ srflx ')) ?? '';
  const [, , , , address, port] = srflx.split(' ');
  const known = isSeenAs(stage.lab.hosts[person.name], { address, port: Number(port) });
  assert(known, `what ${person.name} knows of himself: ${pair.candidates}`);
}

// Browsers ask for names of their own accord, by DNS and by multicast DNS; a STUN server has another port.
const NAME_PORTS = [53, 5353];

// The other's address inside his home is tried as well: both could be in the same.
function sendsToNobodyElse({ name }, { lab }) {
  const links = Object.values(lab.hosts).flatMap((host) => host.links);
  const known = links.flatMap((link) => [link.address, link.public.address]);
  const sent = destinations(lab.hosts[name]);
  const legs = sent.filter(({ address, port }) => address === lab.server.address && port === MEDIA_PORT);
  assert.equal(legs.length, 1, `${name} is watched`);
  const elsewhere = sent.filter(({ address, port }) => !known.includes(address) && !NAME_PORTS.includes(port));
  assert.deepEqual(elsewhere, [], `datagrams of ${name} to somebody else`);
}
