// A router between a host and the switch that translates addresses (NAPT), as one stands in most homes and behind
// every mobile phone. What it keeps of a host's port is "endpoint-independent mapping, address and port-dependent
// filtering" in the words of RFC 4787. It forgets its UDP mappings when told; TCP goes on through the same ports.

import { ip, nft, plugIn } from './lab.mjs';

// Each life of the mappings has ports of its own, so that no port comes back by chance.
const FIRST_PORT = 20_000;
const PORTS = 2_000;
let nets = 0;

/**
 * @typedef {object} Router
 * @property {string} inside  the host's own address behind it
 * @property {(end: {address: string, port: number}) => boolean} maps  whether datagrams through it come from there now
 * @property {() => void} forget  gives every flow of datagrams a new port
 */

/**
 * Puts a router between the host and the switch. The router takes over the host's address.
 * @param {import('./lab.mjs').Lab} lab
 * @param {import('./lab.mjs').Host} host
 * @returns {Router}
 */
export function putBehindRouter(lab, host) {
  ip([`-n ${host.ns} link delete eth0`]);
  const router = plugIn({ ...host, ns: lab.addNamespace(`${host.name}-home`) }, lab.switchNs, 'wan');
  const { mine, theirs } = layCable(router, host, 'eth0');
  ip([`-n ${host.ns} address add ${mine}/24 dev eth0`, `-n ${host.ns} route add default via ${theirs}`]);
  return { inside: mine, ...translate(router) };
}

/**
 * Gives the host a second way to the switch, `eth1`, through a router of its own. What is sent from the address there
 * goes there.
 * @param {import('./lab.mjs').Lab} lab
 * @param {import('./lab.mjs').Host} host
 * @returns {Router}
 */
export function addMobile(lab, host) {
  const address = host.address.replace(/\d+$/, (last) => String(100 + Number(last)));
  const ns = lab.addNamespace(`${host.name}-mobile`);
  const router = plugIn({ name: host.name, ns, address, port: `${host.port}m` }, lab.switchNs, 'wan');
  const { mine, theirs } = layCable(router, host, 'eth1');
  ip([
    `-n ${host.ns} address add ${mine}/24 dev eth1`,
    `-n ${host.ns} route add default via ${theirs} metric 1000`,
    `-n ${host.ns} route add default via ${theirs} table 100`,
    `-n ${host.ns} rule add from ${mine} table 100`,
  ]);
  return { inside: mine, ...translate(router) };
}

function layCable(router, host, device) {
  const net = `192.168.${++nets}`;
  ip([
    `link add ${device} netns ${host.ns} type veth peer name lan netns ${router.ns}`,
    `-n ${router.ns} link set lan addrgenmode none up`,
    `-n ${router.ns} address add ${net}.1/24 dev lan`,
    `-n ${host.ns} link set ${device} addrgenmode none up`,
    `netns exec ${router.ns} sysctl -q -w net.ipv4.ip_forward=1`,
  ]);
  return { mine: `${net}.2`, theirs: `${net}.1` };
}

function translate({ ns, address }) {
  let life = 0;
  const first = () => FIRST_PORT + PORTS * life;
  const last = () => first() + PORTS - 1;
  const mapping = () => `
    add rule ip convene zone meta l4proto udp ct zone set ${life + 1}
    add rule ip convene out oifname "wan" meta l4proto udp masquerade to :${first()}-${last()}
    add rule ip convene out oifname "wan" masquerade
  `;
  nft(ns, TABLE + mapping());
  return {
    maps: (end) => end.address === address && end.port >= first() && end.port <= last(),
    // Connections of another zone are not found any more.
    forget: () => {
      life += 1;
      nft(ns, `flush chain ip convene zone\nflush chain ip convene out\n${mapping()}`);
    },
  };
}

// What comes in unasked is dropped, and not refused: a refusal would end the TCP connection of a forgotten mapping,
// and an answered datagram would take the port that hole punching needs.
const TABLE = `
  add table ip convene
  add chain ip convene zone { type filter hook prerouting priority raw; policy accept; }
  add chain ip convene out { type nat hook postrouting priority srcnat; policy accept; }
  add chain ip convene in { type filter hook input priority filter; policy accept; }
  add rule ip convene in iifname "wan" ct state new drop
  add chain ip convene through { type filter hook forward priority filter; policy accept; }
  add rule ip convene through iifname "wan" ct state new drop
`;
