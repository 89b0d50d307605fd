// Who sends datagrams to whom, as the kernel of a lab's host sees it.

import { execFileSync } from 'node:child_process';
import { nft } from './lab.mjs';

const TABLE = 'convene_traffic';
const RECENTLY = '2s';

/**
 * Begins to watch.
 * @param {import('./lab.mjs').Host} host
 */
export function watchTraffic({ ns }) {
  nft(ns, `
    add table ip ${TABLE}
    add set ip ${TABLE} sources { type ipv4_addr . inet_service; flags dynamic, timeout; timeout ${RECENTLY}; size 1024; }
    add set ip ${TABLE} destinations { type ipv4_addr . inet_service; flags dynamic; size 1024; }
    add chain ip ${TABLE} in { type filter hook input priority 0; policy accept; }
    add rule ip ${TABLE} in meta l4proto udp update @sources { ip saddr . udp sport }
    add chain ip ${TABLE} out { type filter hook output priority 0; policy accept; }
    add rule ip ${TABLE} out oifname != "lo" meta l4proto udp update @destinations { ip daddr . udp dport }
  `);
}

/**
 * Who has sent to the host within the last two seconds.
 * @param {import('./lab.mjs').Host} host
 */
export const recentSources = (host) => read(host, 'sources');

/**
 * To whom the host has sent since it is watched.
 * @param {import('./lab.mjs').Host} host
 */
export const destinations = (host) => read(host, 'destinations');

/** @returns {{address: string, port: number}[]} */
function read({ ns }, name) {
  const list = ['netns', 'exec', ns, 'nft', '-j', 'list', 'set', 'ip', TABLE, name];
  const { nftables } = JSON.parse(execFileSync('ip', list, { encoding: 'utf8' }));
  const { elem = [] } = nftables.find(({ set }) => set).set;
  return elem.map((element) => (element.elem?.val ?? element).concat).map(([address, port]) => ({ address, port }));
}
