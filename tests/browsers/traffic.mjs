// Who sends to whom, and how much, as the kernel of a lab's host sees it.

import { nft, run } from './host.mjs';

const TABLE = 'convene_traffic';
const COUNTS = 'convene_counts';
const RECENTLY = '2s';
// RTP's version and payload type (RFC 3550 section 5.1) are not encrypted. The legs' sound has 111, all else is
// pictures and what repairs them; RTCP has less than 96 in that place.
const IS_PICTURE = '@th,64,2 2 @th,73,7 >= 96 @th,73,7 != 111';

/**
 * Begins to watch.
 * @param {import('./host.mjs').Host} host
 */
export function watchTraffic(host) {
  nft(host, `
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
 * @param {import('./host.mjs').Host} host
 */
export const recentSources = (host) => read(host, 'sources');

/**
 * To whom the host has sent since it is watched.
 * @param {import('./host.mjs').Host} host
 */
export const destinations = (host) => read(host, 'destinations');

/**
 * Begins to count what comes to the host, by UDP or TCP.
 * @param {import('./host.mjs').Host} host
 */
export function countTraffic(host) {
  nft(host, `
    add table ip ${COUNTS}
    add set ip ${COUNTS} received { type ipv4_addr . inet_service; flags dynamic; counter; size 4096; }
    add chain ip ${COUNTS} in { type filter hook input priority 0; policy accept; }
    add set ip ${COUNTS} pictures { type ipv4_addr . inet_service; flags dynamic; counter; size 4096; }
    add rule ip ${COUNTS} in meta l4proto { tcp, udp } update @received { ip saddr . th sport }
    add rule ip ${COUNTS} in meta l4proto udp ${IS_PICTURE} update @pictures { ip saddr . th sport }
    add set ip ${COUNTS} streams { type ipv4_addr . inet_service; flags dynamic; counter; size 4096; }
    add rule ip ${COUNTS} in meta l4proto tcp update @streams { ip saddr . th sport }
  `);
}

/**
 * How much has come to the host from where, since it is counted: octets of IP packets.
 * @param {import('./host.mjs').Host} host
 * @returns {{address: string, port: number, octets: number}[]}
 */
export const received = (host) => read(host, 'received', COUNTS);

/**
 * The same, of pictures alone: of RTP that is no sound.
 * @param {import('./host.mjs').Host} host
 * @returns {{address: string, port: number, octets: number}[]}
 */
export const receivedPictures = (host) => read(host, 'pictures', COUNTS);

/**
 * The same, by TCP, of whatever it carries.
 * @param {import('./host.mjs').Host} host
 * @returns {{address: string, port: number, octets: number}[]}
 */
export const receivedStreams = (host) => read(host, 'streams', COUNTS);

function read(host, name, table = TABLE) {
  const { nftables } = JSON.parse(run(host, ['nft', '-j', 'list', 'set', 'ip', table, name]));
  const { elem = [] } = nftables.find(({ set }) => set).set;
  // Only those that have more to them than their value are wrapped.
  return elem.map((element) => element.elem ?? { val: element }).map(({ val: { concat: [address, port] }, counter }) =>
    ({ address, port, ...(counter && { octets: counter.bytes }) }));
}
