// Who sends pictures to whom: as the kernels of the hosts see it, and as the pages' paths say. Pages may err.

import { setTimeout as pause } from 'node:timers/promises';
import { isSeenAs } from './laboratory.mjs';
import { receivedPictures, receivedStreams } from './traffic.mjs';

// A picture has at least some 150 kbit/s here. In a stream one cannot tell sound, which has 130 at most with its headers.
const PICTURE_OCTETS_PER_S = 17_000;

/**
 * From whom enough comes to each of these hosts to be a picture.
 * @param {import('./laboratory.mjs').Laboratory} lab
 * @param {string[]} names  hosts whose traffic is counted
 * @param {number} watchMs
 * @returns {Promise<Record<string, string[]>>}
 */
export async function carriersSeen(lab, names, watchMs) {
  const look = (name) => octetsByHost(lab, lab.hosts[name]);
  const before = names.map(look);
  await pause(watchMs);
  const enough = PICTURE_OCTETS_PER_S * watchMs / 1_000;
  return Object.fromEntries(names.map((name, i) => {
    const from = [...look(name)].filter(([host, octets]) => octets - (before[i].get(host) ?? 0) > enough);
    return [name, from.map(([host]) => host).sort()];
  }));
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

function octetsByHost(lab, to) {
  const octets = new Map();
  for (const from of [...receivedPictures(to), ...receivedStreams(to)]) {
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
