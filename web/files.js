// The files of a conference, as this page has them: what it offers itself, and how what others offer comes here. Directly
// from the browser that has it if that can be; else by the server, which then asks for a copy. Knows no DOM.

import { Assembly } from './data/assembly.js';
import { Sha256 } from './data/sha256.js';
import { Receiving, Sending } from './p2p/transfer.js';
import { bring, take } from './registration/copies.js';

/** @typedef {import('./protocol.d.ts').FileInfo} FileInfo */
/** @typedef {import('./protocol.d.ts').FileSignal} FileSignal */
/** @typedef {{file: number, share: number, sending: Sending | null}} Leaving */
/** @typedef {{receiving: import('./p2p/transfer.js').Receiving | null, stop: AbortController, file: number}} Coming */
/** @typedef {(way: 'direct' | 'server', share: number) => void} Told  by which way it comes, and how much of it has */

/**
 * @typedef {object} Outside
 * @property {import('./permission/acts.js').Acts} acts
 * @property {(to: string, signal: import('./protocol.d.ts').PairSignal) => void} signal  sends to another browser
 * @property {() => RTCPeerConnection} connect  makes a connection
 * @property {string} conference
 * @property {() => import('./registration/line.js').Place | null} place
 * @property {() => string} me
 * @property {{files: (files: FileInfo[], anew: boolean) => void, fileGone: (file: number) => void,
 *   fileLeaves: (file: number, share: number | null) => void}} view
 */

/** It does not come, neither directly nor by the server. */
export class Unreached extends Error {}

// To how many one sends at once; the others get it by the server.
const SENDS = 4;

export class Files {
  #outside;
  /** @type {Map<number, FileInfo>} */ #offered = new Map();
  /** What this page offers, by its SHA-256. @type {Map<string, Blob>} */ #held = new Map();
  /** What leaves, by whom it is for and the number of the connection. @type {Map<string, Leaving>} */ #out = new Map();
  /** What comes, by the number of the connection. @type {Map<number, Coming>} */ #in = new Map();
  /** Copies on their way to the server, by the file. @type {Map<number, {file: number, share: number, stop: AbortController}>} */ #bringing = new Map();
  /** Those who wait for a copy; false: no more. @type {Set<() => boolean>} */ #waiting = new Set();
  /** Higher with each; a page that was loaded anew does not begin where it began before. */ #attempts = (Math.random() * 2 ** 31) | 0;

  /** @param {Outside} outside */
  constructor(outside) { this.#outside = outside; }

  /**
   * These are all there are. What is said to be mine and is not here any more, since the page was loaded anew, nobody can have.
   * @param {FileInfo[]} files
   */
  all(files) {
    const there = new Set(files.map(({ id }) => id));
    for (const id of [...this.#offered.keys()]) if (!there.has(id)) this.gone(id);
    this.told(files, true);
    for (const file of files) {
      if (file.from === this.#outside.me() && file.copy !== 'there' && !this.mine(file)) this.#withdraw(file.id);
    }
  }

  /** @param {FileInfo} file */
  mine({ from, sha256 }) { return from === this.#outside.me() ? this.#held.get(sha256) ?? null : null; }

  /**
   * Offers a file to all.
   * @param {File} file
   */
  async offer(file) {
    const hash = new Sha256();
    // The service refuses what is larger.
    for (let at = 0; file.size <= 2 ** 30 && at < file.size; at += 1 << 20) hash.update(new Uint8Array(await file.slice(at, at + (1 << 20)).arrayBuffer()));
    const sha256 = hash.end();
    this.#held.set(sha256, file);
    const name = [...file.name].slice(0, 255).join('').replace(/[\p{C}/\\]/gu, '_');
    const media_type = /^[!-~]{0,100}$/.test(file.type) ? file.type : '';
    await this.#outside.acts.do({ kind: 'offer', name, size: file.size, media_type, sha256 });
  }

  /**
   * All of a file that somebody offers, as it was offered.
   * @param {number} id
   * @param {Told} told
   * @param {AbortController} stop
   * @returns {Promise<Blob>}
   */
  async fetch(id, told, stop) {
    const file = this.#offered.get(id);
    if (!file) throw new Unreached();
    const attempt = this.#attempts += 1;
    /** @type {Coming} */ const coming = { receiving: null, stop, file: id };
    this.#in.set(attempt, coming);
    try {
      return await this.#directly(file, attempt, coming, told) ?? await this.#byServer(file, told, stop.signal);
    } finally {
      this.#in.delete(attempt);
    }
  }

  /**
   * Another browser says something about a file: mine, or one that comes from there.
   * @param {string} from
   * @param {Extract<import('./protocol.d.ts').PairSignal, {kind: 'file'}>} said
   */
  signalled(from, { file, attempt, signal }) {
    const info = this.#offered.get(file);
    if (info?.from === from) return void this.#in.get(attempt)?.receiving?.receive(signal);
    const key = `${from} ${attempt}`;
    const blob = info && this.mine(info);
    if (signal.kind === 'description' && !this.#out.has(key)) {
      const answer = (/** @type {FileSignal} */ signal) => this.#outside.signal(from, { kind: 'file', file, attempt, signal });
      if (!blob || this.#out.size >= SENDS) return answer({ kind: 'refuse' });
      /** @type {Leaving} */ const leaving = { file, share: 0, sending: null };
      this.#out.set(key, leaving);
      leaving.sending = new Sending(blob, {
        connect: this.#outside.connect,
        signal: answer,
        told: (octets) => this.#leaves(leaving, octets / blob.size),
        ended: () => { if (this.#out.delete(key)) this.#leaves(leaving, 1); },
        unreadable: () => this.#withdraw(file),
      });
    }
    void this.#out.get(key)?.sending?.receive(signal);
  }

  /**
   * Files are offered, or others than they were.
   * @param {FileInfo[]} files
   * @param {boolean} anew  these are all there are
   */
  told(files, anew) {
    for (const file of files) this.#offered.set(file.id, file);
    this.#outside.view.files(files, anew);
    this.#look();
  }

  /** @param {number} id  cannot be had any more */
  gone(id) {
    const sha256 = this.#offered.get(id)?.sha256 ?? '';
    this.#offered.delete(id);
    if (![...this.#offered.values()].some((other) => other.sha256 === sha256)) this.#held.delete(sha256);
    this.#bringing.get(id)?.stop.abort();
    for (const { file, sending } of [...this.#out.values()]) if (file === id) sending?.close();
    for (const { file, stop } of this.#in.values()) if (file === id) stop.abort();
    this.#outside.view.fileGone(id);
    this.#look();
  }

  /**
   * The server needs a copy of mine.
   * @param {number} id
   */
  async bring(id) {
    const file = this.#offered.get(id);
    const blob = file && this.mine(file);
    if (!blob) return this.#withdraw(id);
    const { conference, place } = this.#outside;
    const bringing = { file: id, share: 0, stop: new AbortController() };
    this.#bringing.set(id, bringing);
    // Whether it came there whole the service says.
    await bring(conference, id, place(), blob, (octets) => this.#leaves(bringing, octets / blob.size), bringing.stop.signal);
    this.#bringing.delete(id);
    this.#leaves(bringing, 1);
  }

  close() {
    for (const { sending } of this.#out.values()) sending?.close();
    for (const { stop } of [...this.#in.values(), ...this.#bringing.values()]) stop.abort();
  }

  #look() { for (const look of this.#waiting) if (!look()) this.#waiting.delete(look); }

  /** @param {number} file */
  #withdraw(file) { this.#outside.acts.do({ kind: 'withdraw', file }).catch(() => {}); }

  /**
   * @param {FileInfo} file
   * @param {number} attempt
   * @param {Coming} coming
   * @param {Told} told
   */
  async #directly(file, attempt, coming, told) {
    try {
      await this.#outside.acts.do({ kind: 'fetch', file: file.id, direct: true });
    } catch {
      return null;
    }
    coming.stop.signal.throwIfAborted();
    coming.receiving = new Receiving(new Assembly(file), {
      connect: this.#outside.connect,
      signal: (signal) => this.#outside.signal(file.from, { kind: 'file', file: file.id, attempt, signal }),
      told: (octets) => told('direct', octets / file.size),
    }, coming.stop.signal);
    return coming.receiving.done;
  }

  /**
   * @param {FileInfo} file
   * @param {Told} told
   * @param {AbortSignal} stop
   */
  async #byServer(file, told, stop) {
    told('server', 0);
    await this.#outside.acts.do({ kind: 'fetch', file: file.id, direct: false });
    await this.#copyOf(file.id, stop);
    const assembly = new Assembly(file);
    const { conference, place } = this.#outside;
    for await (const octets of take(conference, file.id, place(), stop)) {
      assembly.take(octets);
      told('server', assembly.received / file.size);
    }
    return assembly.end();
  }

  /**
   * Until the server has a copy.
   * @param {number} id
   * @param {AbortSignal} stop
   * @returns {Promise<void>}
   */
  #copyOf(id, stop) {
    return new Promise((resolve, reject) => {
      stop.addEventListener('abort', () => reject(stop.reason));
      const look = () => {
        const copy = this.#offered.get(id)?.copy;
        if (copy === 'there') resolve();
        else if (copy !== 'coming') reject(new Unreached());
        return copy === 'coming' && !stop.aborted;
      };
      if (look()) this.#waiting.add(look);
    });
  }

  /**
   * Of all ways by which a file leaves, the one that lags behind says how far it is.
   * @param {{file: number, share: number}} way
   * @param {number} share  of it that has gone by this one
   */
  #leaves(way, share) {
    way.share = share;
    const ways = [...this.#out.values(), ...this.#bringing.values()].filter(({ file }) => file === way.file);
    this.#outside.view.fileLeaves(way.file, ways.length > 0 ? Math.min(...ways.map(({ share }) => share)) : null);
  }
}
