// Who sends pictures to whom: as the kernels of the hosts see it, and as the pages' paths say. Pages may err.

import { setTimeout as pause } from 'node:timers/promises';
import { isSeenAs } from './laboratory.mjs';
import { receivedPictures, receivedStreams } from './traffic.mjs';

// The small layer of a picture has 75 kbit/s. In a stream one cannot tell sound, which has 130 at most with its headers.
const PICTURE_OCTETS_PER_S = 6_000;
const STREAM_OCTETS_PER_S = 17_000;

/**
 * From whom enough comes to each of these hosts to be a picture.
 * @param {import('./laboratory.mjs').Laboratory} lab
 * @param {string[]} names  hosts whose traffic is counted
 * @param {number} watchMs
 * @returns {Promise<Record<string, string[]>>}
 */
export async function carriersSeen(lab, names, watchMs) {
  const counts = names.flatMap((name) => [
    { name, received: receivedPictures, enough: PICTURE_OCTETS_PER_S },
    { name, received: receivedStreams, enough: STREAM_OCTETS_PER_S },
  ]);
  const look = ({ name, received }) => octetsByHost(lab, lab.hosts[name], received);
  const before = counts.map(look);
  await pause(watchMs);
  /** @type {Record<string, Set<string>>} */ const carriers = Object.fromEntries(names.map((name) => [name, new Set()]));
  counts.forEach((count, i) => {
    for (const [host, octets] of look(count)) {
      if (octets - (before[i].get(host) ?? 0) > count.enough * watchMs / 1_000) carriers[count.name].add(host);
    }
  });
  return Object.fromEntries(names.map((name) => [name, [...carriers[name]].sort()]));
}

/**
 * From whom a picture should come to each of these.
 * @param {import('./pairs.mjs').Standing[]} standings
 * @param {string[]} names
 * @returns {Record<string, string[]>}
 */
export function carriersSaid(standings, names) {
  const carrier = ({ pair: [publisher], path, relay }) => ({ direct: publisher, peer: relay, server: 'server' })[path];
  return Object.fromEntries(names.map((name) => {
    const all = standings.filter(({ pair: [, subscriber] }) => subscriber === name).map(carrier).filter(Boolean);
    return [name, [...new Set(all)].sort()];
  }));
}

function octetsByHost(lab, to, received) {
  const octets = new Map();
  for (const from of received(to)) {
    const host = hostAt(lab, from, to);
    octets.set(host, (octets.get(host) ?? 0) + from.octets);
  }
  return octets;
}

/**
 * Whose address and port that is, as `to` sees it: a neighbour's own, or a public one with ports of its own.
 * @param {import('./laboratory.mjs').Laboratory} lab
 * @param {{address: string, port: number}} end
 * @param {import('./laboratory.mjs').Host} to
 * @returns {string}  his name
 */
export function hostAt({ hosts }, { address, port }, to) {
  const isNeighbours = (link) => link.address === address && to.links.some(({ segment }) => segment === link.segment);
  const is = (host) => host.links.some(isNeighbours) || isSeenAs(host, { address, port });
  return Object.values(hosts).find(is)?.name ?? `${address}:${port}`;
}
