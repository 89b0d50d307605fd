// What the server carries of what an SFU would: of the pairs of publisher and subscriber, and of pictures' octets. And
// what it would have to carry if somebody knew all and planned best. The second half is arithmetic.

import { setTimeout as pause } from 'node:timers/promises';
import { hostAt } from './carriers.mjs';
import { receivedPictures } from './traffic.mjs';

/**
 * Octets of pictures that came to these hosts while one watches, as their kernels count: from the server, and in all.
 * An SFU would send each of them all that it gets.
 * @param {import('./laboratory.mjs').Laboratory} lab
 * @param {string[]} names  hosts whose traffic is counted
 * @param {number} watchMs
 * @returns {Promise<{server: number, all: number}>}
 */
export async function pictureOctets(lab, names, watchMs) {
  const look = () => {
    const rows = names.flatMap((name) => receivedPictures(lab.hosts[name])
      .map((from) => ({ host: hostAt(lab, from, lab.hosts[name]), octets: from.octets })));
    const sum = (some) => some.reduce((octets, row) => octets + row.octets, 0);
    return { server: sum(rows.filter(({ host }) => host === 'server')), all: sum(rows) };
  };
  const before = look();
  await pause(watchMs);
  const after = look();
  return { server: after.server - before.server, all: after.all - before.all };
}

/**
 * Whether two hosts can meet over UDP when both send to where a third saw the other: RFC 4787, ../lab/src/behaviour.rs.
 * @param {import('./laboratory.mjs').Behaviour} one
 * @param {import('./laboratory.mjs').Behaviour} other
 */
export function meet(one, other) {
  return letsIn(one, other) || letsIn(other, one);
}

const OPEN = 'endpoint-independent';

function letsIn({ mapping, filtering }, peer) {
  return filtering === OPEN || (mapping === OPEN && peer.mapping === OPEN);
}

/** Whether who was never asked gets in: then one may relay. */
export const isReachable = ({ filtering }) => filtering === OPEN;

/**
 * How many pairs no plan can keep from the server: what a greatest matching of pairs with room in somebody's uplink
 * leaves over, if every relay had every picture for nothing.
 * @param {[string, string][]} pairs  publisher and subscriber
 * @param {(one: string, other: string) => boolean} meets
 * @param {{relays: string[], uplink: number}} able  who pass pictures on, and how many pictures each can send
 */
export function leastByServer(pairs, meets, { relays, uplink }) {
  const sends = new Map();
  const senders = ([publisher, subscriber]) => [
    ...(meets(publisher, subscriber) ? [publisher] : []),
    ...relays.filter((relay) => relay !== publisher && relay !== subscriber
      && meets(publisher, relay) && meets(relay, subscriber)),
  ];
  const place = (pair, tried) => senders(pair).some((sender) => {
    if (tried.has(sender)) return false;
    tried.add(sender);
    const load = sends.get(sender) ?? [];
    const freed = load.length < uplink ? -1 : load.findIndex((other) => place(other, tried));
    if (load.length >= uplink && freed < 0) return false;
    // Whoever made room has gone to another sender, never to this one: it was tried.
    sends.set(sender, [...load.filter((_, i) => i !== freed), pair]);
    return true;
  });
  return pairs.filter((pair) => !place(pair, new Set())).length;
}
