// Someone without a browser: a WebRTC client that has no media engine (../load, `convene-load member`). He joins as
// anybody does, wants every picture, publishes none and passes none on; of each he tells what comes, and by which path.
// He stands where a Person stands, as far as a story does not look at a page of his.

import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { movesOnItsWay } from './course.mjs';
import { start } from './host.mjs';
import { until } from './until.mjs';

const PROGRAM = process.env.CONVENE_LOAD_BIN
  ?? fileURLToPath(new URL('../../target/release/convene-load', import.meta.url));
const LINES = 40;

/** @typedef {{direct: number, peer: number, server: number}} Octets  of RTP, by who brought them */
/** @typedef {import('./course.mjs').Moment & {octets: Octets}} MemberMoment */
/**
 * @typedef {object} PairSeen
 * @property {string} peer
 * @property {string} state  what the service was told last
 * @property {string | null} local  the selected pair of candidates: his end, and the other
 * @property {string | null} remote
 * @property {number} octets  of RTP that came
 * @property {string | null} cause  why it can carry nothing any more
 */

/** Why there can be none, or null. */
export function memberMissing() {
  return existsSync(PROGRAM) ? null : `${PROGRAM} is missing: cargo build --release -p convene-load`;
}

export class Member {
  /** @type {Record<string, MemberMoment[]>} by the names of the others */
  #pictures = {};
  /** @type {number | null} */ #pressed = null;
  /** @type {string | undefined} */ #id;
  /** @type {import('node:child_process').ChildProcess | undefined} */ #process;
  /** @type {string[]} */ #said = [];

  /** @type {Record<string, PairSeen>} how the pair connection with each of the others stands */
  pairsSeen = {};

  /**
   * @param {string} name
   * @param {import('./host.mjs').Host} host
   */
  constructor(name, host) {
    const missing = memberMissing();
    if (missing) throw new Error(missing);
    Object.assign(this, { name, host });
  }

  /** Joins, and waits until the service has let him in. */
  async enter(url) {
    const { origin, pathname } = new URL(url);
    const conference = pathname.split('/').at(-1);
    this.#pressed = performance.timeOrigin + performance.now();
    const words = ['member', '--url', origin, '--conference', conference, '--name', this.name];
    this.#process = start(this.host, [PROGRAM, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#hear(JSON.parse(line)));
    createInterface({ input: this.#process.stderr }).on('line', (line) => this.#keep(line));
    await until(`${this.name} is in`, 10_000, () => this.#id ?? this.#process.exitCode !== null);
    if (!this.#id) throw new Error(`${this.name} was not let in:\n${this.#said.join('\n')}`);
  }

  /** @returns {Promise<import('./course.mjs').Course>} */
  async course() { return { pressed: this.#pressed, pictures: this.#pictures }; }

  /** How each picture stands at this moment, and whether it has got a frame since it is on its path. */
  async pictures() {
    return Object.fromEntries(Object.entries(this.#pictures).map(([name, moments]) => [name, movesOnItsWay(moments)]));
  }

  async leave() { this.#process?.stdin.end(); }

  /** He is gone from one moment to the next, and says goodbye to nobody. */
  vanish() { this.#process?.kill('SIGKILL'); }

  /** For a failure's account: what he said. */
  async evidence() {
    const { exitCode = null } = this.#process ?? {};
    const pairs = Object.values(this.pairsSeen).map((pair) => JSON.stringify(pair));
    return [`— ${this.name}, a client without a browser; ended: ${exitCode}`, ...pairs, ...this.#said].join('\n');
  }

  #hear({ in: entered, moment, pair, relay }) {
    if (entered) this.#id = entered.id;
    if (moment) (this.#pictures[moment.publisher] ??= []).push(moment);
    if (pair) this.pairsSeen[pair.peer] = pair;
    if (pair || relay) this.#keep(JSON.stringify({ at: Date.now(), pair, relay }));
  }

  #keep(line) {
    this.#said.push(line);
    this.#said.splice(0, this.#said.length - LINES);
  }
}
