// A small network of its own for a test: one host for the server, one for each browser, all on one switch.
// Hosts are network namespaces, joined by veth pairs to a bridge that has a namespace too, so that nothing
// but the namespaces' names is seen outside. Address translation is not its business.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undo } from './undo.mjs';

const SWITCH = 'switch';
let labs = 0;

/**
 * @typedef {{name: string, ns: string, address: string}} Host
 * @typedef {{server: Host, hosts: Record<string, Host>, folder: string, remove: () => void}} Lab
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
 * @returns {Lab}
 */
export function makeLab(names) {
  const prefix = `cv${process.pid}-${++labs}-`;
  const folder = mkdtempSync(join(tmpdir(), 'convene-lab-'));
  const all = ['server', ...names].map((name, i) => ({ name, ns: prefix + name, address: `10.90.0.${i + 1}` }));
  const namespaces = [prefix + SWITCH, ...all.map((host) => host.ns)];
  const remove = undo(() => {
    namespaces.forEach(removeNamespace);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  layCables(prefix + SWITCH, all);
  const [server, ...others] = all;
  return { server, hosts: Object.fromEntries(others.map((host) => [host.name, host])), folder, remove };
}

function layCables(switchNs, hosts) {
  ip([`netns add ${switchNs}`, `-n ${switchNs} link add br0 type bridge`, `-n ${switchNs} link set br0 up`]);
  hosts.forEach((host, i) => ip([
    `netns add ${host.ns}`,
    `link add eth0 netns ${host.ns} type veth peer name port${i} netns ${switchNs}`,
    `-n ${switchNs} link set port${i} master br0 up`,
    `-n ${host.ns} link set lo up`,
    `-n ${host.ns} address add ${host.address}/24 dev eth0`,
    `-n ${host.ns} link set eth0 up`,
    // Browsers look for the interface of the default route; nobody stands behind this one.
    `-n ${host.ns} route add default via 10.90.0.254`,
  ]));
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
  execFileSync('ip', ['netns', 'exec', host.ns, 'nft', '-f', '-'], { input: rules });
}

/**
 * Pulls the host's cable: nothing goes in or out any more, and nobody is told.
 * @param {Host} host
 */
export function unplug(host) {
  ip([`-n ${host.ns} link set eth0 down`]);
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

function ip(lines) {
  for (const line of lines) {
    execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
