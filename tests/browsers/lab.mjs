// A small network of its own for a test: one host for the server, one for each browser, all on one switch.
// Hosts are network namespaces, joined by veth pairs to a bridge that has a namespace too, so that nothing
// but the namespaces' names is seen outside. Routers that translate addresses are router.mjs's business.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undo } from './undo.mjs';

const SWITCH = 'switch';
let labs = 0;

/**
 * @typedef {{name: string, ns: string, address: string, port: string}} Host  `port`: its socket on the switch
 * @typedef {object} Lab
 * @property {Host} server
 * @property {Record<string, Host>} hosts
 * @property {string} switchNs
 * @property {string} folder
 * @property {(name: string) => string} addNamespace  gives its full name; it goes with the lab
 * @property {() => void} remove
 */

/** Why no lab can be made here, or null. */
export function labMissing() {
  const trial = `cv${process.pid}-trial`;
  try {
    ip([`netns add ${trial}`, `netns exec ${trial} nft list ruleset`, `netns delete ${trial}`]);
    return null;
  } catch (error) {
    removeNamespace(trial);
    return `no network namespaces with nftables, which root can make: ${error.message}`;
  }
}

/**
 * @param {string[]} names  one host for each, beside the server's
 * @param {{ipv6?: boolean}} [how]  with `ipv6` nobody has an IPv4 address, save for loopback
 * @returns {Lab}
 */
export function makeLab(names, { ipv6 = false } = {}) {
  const prefix = `cv${process.pid}-${++labs}-`;
  const folder = mkdtempSync(join(tmpdir(), 'convene-lab-'));
  const namespaces = [];
  const remove = undo(() => {
    namespaces.forEach(removeNamespace);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const addNamespace = (name) => {
    namespaces.push(prefix + name);
    ip([`netns add ${prefix}${name}`, `-n ${prefix}${name} link set lo up`]);
    return prefix + name;
  };
  const switchNs = addNamespace(SWITCH);
  ip([`-n ${switchNs} link add br0 type bridge`, `-n ${switchNs} link set br0 up`]);
  const [server, ...others] = ['server', ...names].map((name, i) =>
    plugIn({ name, ns: addNamespace(name), address: address(i + 1, ipv6), port: `port${i}` }, switchNs));
  const hosts = Object.fromEntries(others.map((host) => [host.name, host]));
  return { server, hosts, switchNs, folder, addNamespace, remove };
}

function address(i, ipv6) {
  return ipv6 ? `fd00:90::${i}` : `10.90.0.${i}`;
}

/**
 * Joins a host to the switch and gives it its address there.
 * @param {Host} host
 * @param {string} switchNs
 * @param {string} [device]  the host's own end of the cable
 */
export function plugIn(host, switchNs, device = 'eth0') {
  const [address, gateway] = host.address.includes(':')
    ? [`${host.address}/64 dev ${device} nodad`, 'fd00:90::fe']
    : [`${host.address}/24 dev ${device}`, '10.90.0.254'];
  ip([
    `link add ${device} netns ${host.ns} type veth peer name ${host.port} netns ${switchNs}`,
    `-n ${switchNs} link set ${host.port} master br0 up`,
    // A link-local address that is ready a second later makes a browser drop what it has just begun to load.
    `-n ${host.ns} link set ${device} addrgenmode none up`,
    `-n ${host.ns} address add ${address}`,
    // Browsers look for the interface of the default route; nobody stands behind this one.
    `-n ${host.ns} route add default via ${gateway}`,
  ]);
  return host;
}

/**
 * From now on `host` reaches the server and nobody else.
 * @param {Host} host
 * @param {Host} server
 */
export function blockPeers(host, server) {
  const rules = `
    add table inet convene
    add chain inet convene out { type filter hook output priority 0; policy accept; }
    add rule inet convene out oifname "eth0" ip daddr ${server.address} accept
    add rule inet convene out oifname "eth0" drop
  `;
  nft(host.ns, rules);
}

/**
 * From now on the switch drops every datagram (UDP) to and from `host`, and tells nobody.
 * @param {Lab} lab
 * @param {Host} host
 * @returns {() => void}  lets them through again
 */
export function blockDatagrams(lab, host) {
  return drop(lab, host, 'meta l4proto udp');
}

/**
 * From now on the switch drops everything to and from `host`, whose cable seems to be well.
 * @param {Lab} lab
 * @param {Host} host
 * @returns {() => void}  lets it through again
 */
export function blockAll(lab, host) {
  return drop(lab, host, '');
}

function drop(lab, host, what) {
  const table = `without_${host.port}`;
  nft(lab.switchNs, `
    add table bridge ${table}
    add chain bridge ${table} pass { type filter hook forward priority 0; policy accept; }
    add rule bridge ${table} pass iifname "${host.port}" ${what} drop
    add rule bridge ${table} pass oifname "${host.port}" ${what} drop
  `);
  return () => nft(lab.switchNs, `delete table bridge ${table}`);
}

/**
 * Pulls the host's cable: nothing goes in or out any more, and nobody is told.
 * @param {Host} host
 * @param {string} [device]
 */
export function unplug(host, device = 'eth0') {
  ip([`-n ${host.ns} link set ${device} down`]);
}

/**
 * A program's path that runs `program` on `host`; for drivers that want a path and add arguments themselves.
 * @param {Lab} lab
 * @param {Host} host
 * @param {string} program
 */
export function on(lab, host, program) {
  const path = join(lab.folder, `${host.name}-${program.replaceAll('/', '-')}`);
  writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${host.ns} ${program} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

// Only what this lab started can be in its namespaces, so all that is still there may go.
function removeNamespace(ns) {
  const run = (...args) => execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    for (const pid of run('netns', 'pids', ns).split('\n').filter(Boolean)) kill(Number(pid));
    run('netns', 'delete', ns);
  } catch {
    // It was never made: the lab failed half-way.
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

/** @param {string[]} lines  commands of iproute2, without the word `ip` */
export function ip(lines) {
  for (const line of lines) {
    execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

/**
 * Hands commands to nftables in a namespace.
 * @param {string} ns
 * @param {string} commands
 */
export function nft(ns, commands) {
  execFileSync('ip', ['netns', 'exec', ns, 'nft', '-f', '-'], { input: commands });
}
