// The laboratory of NATs (../lab), as a test holds it: hosts of a scene, and words to change the scene with. It is a
// program of its own, which says where everybody is and then does what it is told until its input ends; with it go
// all programs on its hosts.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { undo } from './undo.mjs';

const PROGRAM = process.env.CONVENE_LAB_BIN
  ?? fileURLToPath(new URL('../../target/release/convene-lab', import.meta.url));
const SCENARIOS = fileURLToPath(new URL('../scenarios/', import.meta.url));
const ENDED_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 10;

/**
 * @typedef {{from?: string, to?: string, proto?: 'udp' | 'tcp' | 'any', both?: boolean}} Cut
 * @typedef {{translated: boolean, mapping: string, filtering: string}} Behaviour  in the words of RFC 4787
 * @typedef {object} Link
 * @property {string} segment
 * @property {string} device
 * @property {string} address
 * @property {{address: string, ports?: object}} public
 * @property {Behaviour} behaviour  of all that is between
 * @typedef {import('./host.mjs').Host & {links: Link[]}} Host  `address`: that of its first link
 */

/** Why no laboratory can be held here, or null. */
export function laboratoryMissing() {
  if (!existsSync(PROGRAM)) return `${PROGRAM} is missing: cargo build --release -p convene-lab`;
  const { status, stderr } = spawnSync(PROGRAM, ['check'], { encoding: 'utf8' });
  return status === 0 ? null : stderr.trim();
}

/** The file of a scenario. */
export const scenarioFile = (name) => join(SCENARIOS, `${name}.toml`);

/**
 * Builds a scene that stands in no file.
 * @param {string} scene
 * @returns {Promise<Laboratory>}
 */
export async function layOut(scene) {
  const folder = mkdtempSync(join(tmpdir(), 'convene-scene-'));
  const file = join(folder, 'scene.toml');
  writeFileSync(file, scene);
  try {
    return await openLaboratory(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Builds a scene.
 * @param {string} file
 * @returns {Promise<Laboratory>}
 */
export async function openLaboratory(file) {
  const program = spawn(PROGRAM, ['run', file], { stdio: ['pipe', 'pipe', 'pipe'] });
  const folder = mkdtempSync(join(tmpdir(), 'convene-lab-'));
  const remove = undo(() => {
    program.kill('SIGTERM');
    waitForTheEnd(program.pid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const ask = converse(program);
  try {
    const { ready } = await ask();
    return new Laboratory(basename(file, '.toml'), ready, folder, ask, remove);
  } catch (error) {
    remove();
    throw error;
  }
}

export class Laboratory {
  #ask;

  /**
   * @param {string} name
   * @param {{title: string, hosts: object, routers: object, story?: object}} ready
   * @param {string} folder  for what is needed as long as the laboratory
   * @param {(wish: object) => Promise<object>} ask
   * @param {() => void} remove  all of it, and every program on its hosts
   */
  constructor(name, { title, hosts, routers, story }, folder, ask, remove) {
    Object.assign(this, { name, title, story, folder, remove });
    this.#ask = ask;
    this.hosts = named(hosts);
    this.routers = named(routers);
  }

  get server() { return this.hosts.server; }

  /** From now on this does not get through, and nobody is told. @param {Cut} what */
  cut(what) { return this.#ask({ cut: what }); }

  /** It gets through again: what was cut in these words, or everything. @param {Cut} [what] */
  mend(what = {}) { return this.#ask({ mend: what }); }

  /** From now on a line is like this. @param {{link: string, up?: object, down?: object}} line */
  impair(line) { return this.#ask({ impair: line }); }

  /** A NAT forgets its mappings, and behaves like this from now on. @param {{name: string}} nat */
  nat(nat) { return this.#ask({ nat }); }

  /** What became of the packets on a line that is or was impaired. @param {string} link */
  async traffic(link) { return (await this.#ask({ traffic: { link } })).traffic; }
}

/**
 * Whether what comes from there is that host's, as the public segment sees it.
 * @param {Host} host
 * @param {{address: string, port: number}} end
 */
export function isSeenAs({ links }, { address, port }) {
  return links.some(({ public: { address: seen, ports } }) =>
    seen === address && (!ports || (port >= ports.first && port <= ports.last)));
}

/** @returns {Record<string, Host>} */
function named(hosts) {
  return Object.fromEntries(Object.entries(hosts).map(([name, { enter, links }]) =>
    [name, { name, enter, links, address: links[0].address }]));
}

// Each wish is a line, answered by a line, in this order. The first answer needs no wish.
function converse({ stdin, stdout, stderr }) {
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text) => { complaint += text; });
  stdin.on('error', () => {}); // it has ended, and the answer will say so
  return async (wish) => {
    const line = lines.next();
    if (wish) stdin.write(`${JSON.stringify(wish)}\n`);
    const { value, done } = await line;
    if (done) throw new Error(`the laboratory has ended: ${complaint}`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`${JSON.stringify(wish)}: ${answer.error}`);
    return answer;
  };
}

// Not asynchronous, since this may happen at the end of the process. It stays a zombie until Node looks again.
function waitForTheEnd(pid) {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (const deadline = performance.now() + ENDED_WITHIN_MS; runs(pid) && performance.now() < deadline;) {
    Atomics.wait(clock, 0, 0, LOOK_EVERY_MS);
  }
}

function runs(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return false;
  }
}
