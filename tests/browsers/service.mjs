// The service under test, on a lab's server host, with data of its own.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDoor } from './door.mjs';
import { run, start } from './host.mjs';
import { until } from './until.mjs';

const BINARY = process.env.CONVENE_BIN ?? fileURLToPath(new URL('../../target/release/convene', import.meta.url));
export const PORT = 8080;
/** The one port of all legs; with the agent `nice` the first of many. */
export const MEDIA_PORT = 50_000;
const LOG_LINES = 80;
const ENDED_WITHIN_MS = 10_000;
// A connection that was made while the door was being handed over may be nobody's.
const ANSWERS_WITHIN_MS = 1_000;

/** Why the service cannot be started, or null. */
export function serviceMissing() {
  return existsSync(BINARY) ? null : `${BINARY} is missing: cargo build --release -p convene`;
}

/**
 * @param {import('./host.mjs').Lab & {server: import('./host.mjs').Host}} lab
 * @param {{origin?: string, ice?: 'own' | 'nice', topology?: 'claimed' | 'adaptive', words?: string[]}} [how]  how
 *   browsers reach it, when not by the server's address; the ICE agent and the policy, when not those that it takes by
 *   itself; more of its arguments
 */
export async function startService(lab, { origin = originOf(lab.server), ice, topology, words = [] } = {}) {
  const process_ = start(lab.server, [
    BINARY, 'serve', '--listen', `[::]:${PORT}`, '--udp-port', String(MEDIA_PORT), ...(ice ? ['--ice', ice] : []),
    ...(topology ? ['--topology', topology] : []), '--public-url', origin, '--data-dir', join(lab.folder, 'data'),
    '--creations-per-minute', '1000', ...words,
  ], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, RUST_LOG: process.env.RUST_LOG ?? 'info' } });
  const log = keepLog(process_);
  const door = await openDoor(lab.server, PORT);
  const service = new Service(origin, `http://127.0.0.1:${door.port}`, log, lab.server, process_.pid, async () => {
    await stop(process_);
    door.close();
  });
  await until(`the service answers /healthz; its log:\n${log.join('\n')}`, 15_000, () => {
    if (process_.exitCode !== null) throw new Error(`it ended with ${process_.exitCode}:\n${log.join('\n')}`);
    return service.healthy();
  });
  return service;
}

function originOf({ address }) {
  return `http://${address.includes(':') ? `[${address}]` : address}:${PORT}`;
}

class Service {
  /**
   * @param {string} origin  as the browsers see it
   * @param {string} inside  the same, as this process reaches it
   * @param {string[]} log
   * @param {import('./host.mjs').Host} host
   * @param {number} pid
   * @param {() => Promise<void>} stop  asks it to end, and waits until it has; throws when it did not end well
   */
  constructor(origin, inside, log, host, pid, stop) {
    Object.assign(this, { origin, inside, log, host, pid, stop });
  }

  async healthy() {
    return (await fetch(`${this.inside}/healthz`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) })).ok;
  }

  /**
   * A token for a role in a conference that was made here.
   * @param {{id: string, moderator_token: string}} conference
   * @param {string} role
   */
  async token({ id, moderator_token }, role) {
    const answer = await fetch(`${this.inside}/api/v1/conferences/${id}/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${moderator_token}` },
      body: JSON.stringify({ role, valid_seconds: 600 }),
    });
    if (!answer.ok) throw new Error(`no token: ${await answer.text()}`);
    return (await answer.json()).token;
  }

  /**
   * @param {{title: string, max_participants?: number, sound?: 'mix' | 'relay', lobby?: boolean, starts_at?: number}} wishes
   * @returns {Promise<{id: string, url: string, moderator_token: string}>}
   */
  async create(wishes) {
    const answer = await fetch(`${this.inside}/api/v1/conferences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ listed: true, ...wishes }),
    });
    if (!answer.ok) throw new Error(`no conference: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /**
   * The moderator's query: who is and was in a conference that was made here, with every known address.
   * @param {{id: string, moderator_token: string}} conference
   * @returns {Promise<{name: string, joined_at: number, addresses: Address[]}[]>}
   *
   * @typedef {{origin: string, address: string, port: number, at: number}} Address  `at` in seconds since 1970
   */
  async participants({ id, moderator_token }) {
    const headers = { authorization: `Bearer ${moderator_token}` };
    const answer = await fetch(`${this.inside}/api/v1/conferences/${id}/participants`, { headers });
    if (!answer.ok) throw new Error(`no participants: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** The local ends of the UDP sockets that the service's process holds, one for each socket: `0.0.0.0:50000`. */
  udpSockets() {
    const all = run(this.host, ['ss', '-Hlunp']).split('\n');
    return all.filter((line) => line.includes(`pid=${this.pid},`)).map((line) => line.split(/\s+/)[3]).sort();
  }

  /** Packets that ended in this way so far, by the name it has in the metrics. */
  async packetsThatEnded(ending) {
    const text = await (await fetch(`${this.inside}/metrics`)).text();
    return sum(text, `convene_ice_packets_total{ending="${ending}"}`);
  }

  /** Video bytes that have come to the server so far, over all legs. */
  videoBytes() { return this.#counted('convene_video_bytes_received_total'); }

  /** Packets of sound that have gone out so far, over all legs: mixed ones, and talkers' own. */
  async soundPackets() {
    return {
      mixed: await this.#counted('convene_audio_packets_sent_total'),
      relayed: await this.#counted('convene_audio_packets_relayed_total'),
    };
  }

  async #counted(metric) {
    return sum(await (await fetch(`${this.inside}/metrics`)).text(), metric);
  }
}

/**
 * The sum of a metric over its labels, in Prometheus's text format.
 * @param {string} text
 * @param {string} metric
 */
export function sum(text, metric) {
  const values = text.split('\n')
    .filter((line) => line.startsWith(metric) && ' {'.includes(line.charAt(metric.length)))
    .map((line) => Number(line.split(' ').at(-1)));
  if (values.length === 0) throw new Error(`no metric ${metric}`);
  return values.reduce((a, b) => a + b, 0);
}

function keepLog(process_) {
  const lines = [];
  for (const stream of [process_.stdout, process_.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      lines.push(...text.split('\n').filter(Boolean));
      lines.splice(0, lines.length - LOG_LINES);
    });
  }
  return lines;
}

// An ordered end: what is still running is told, and the process says by its status that all went well.
async function stop(process_) {
  process_.kill('SIGTERM');
  await until('the service has ended', ENDED_WITHIN_MS, () => process_.exitCode !== null || process_.signalCode !== null);
  if (process_.exitCode !== 0) throw new Error(`the service ended with ${process_.exitCode ?? process_.signalCode}`);
}
