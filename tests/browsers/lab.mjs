// What the laboratory of NATs cannot do: a network without IPv4. One host for the server, one for each browser, all on
// one switch. Hosts are network namespaces, joined by veth pairs to a bridge that has a namespace too, so that nothing
// but the namespaces' names is seen outside.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undo } from './undo.mjs';

const SWITCH = 'switch';
let labs = 0;

/**
 * @typedef {import('./host.mjs').Host & {ns: string, port: string}} Host  `port`: its socket on the switch
 * @typedef {{server: Host, hosts: Record<string, Host>, folder: string, remove: () => void}} Lab
 */

/** Why no lab can be made here, or null. */
export function labMissing() {
  const trial = `cv${process.pid}-trial`;
  try {
    ip([`netns add ${trial}`, `netns delete ${trial}`]);
    return null;
  } catch (error) {
    removeNamespace(trial);
    return `no network namespaces, which root can make: ${error.message}`;
  }
}

/**
 * @param {string[]} names  one host for each, beside the server's
 * @returns {Lab}
 */
export function makeLab(names) {
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
  const [server, ...others] = ['server', ...names].map((name, i) => plugIn(name, addNamespace(name), i, switchNs));
  return { server, hosts: Object.fromEntries(others.map((host) => [host.name, host])), folder, remove };
}

/** @returns {Host} */
function plugIn(name, ns, i, switchNs) {
  const [address, port] = [`fd00:90::${i + 1}`, `port${i}`];
  ip([
    `link add eth0 netns ${ns} type veth peer name ${port} netns ${switchNs}`,
    `-n ${switchNs} link set ${port} master br0 up`,
    // A link-local address that is ready a second later makes a browser drop what it has just begun to load.
    `-n ${ns} link set eth0 addrgenmode none up`,
    `-n ${ns} address add ${address}/64 dev eth0 nodad`,
    // Browsers look for the interface of the default route; nobody stands behind this one.
    `-n ${ns} route add default via fd00:90::fe`,
  ]);
  return { name, ns, enter: ['ip', 'netns', 'exec', ns], address, port };
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

// Commands of iproute2, without the word `ip`.
function ip(lines) {
  for (const line of lines) {
    execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
