// A file that comes piece by piece, and is nothing until all of it is there and is what was offered. Pure.

import { Sha256 } from './sha256.js';

/** What came is not what was offered. */
export class Damaged extends Error {}

// Octets after which what has come is given to the browser, which may put it on a disk.
const MANY = 1 << 20;

export class Assembly {
  received = 0;
  #hash = new Sha256();
  /** @type {BlobPart[]} */ #parts = [];
  #kept = 0;
  #file;

  /** @param {{size: number, sha256: string}} file  what was offered */
  constructor(file) { this.#file = file; }

  get isWhole() { return this.received === this.#file.size; }

  /** @param {Uint8Array<ArrayBuffer>} octets  the next of it */
  take(octets) {
    this.received += octets.length;
    if (this.received > this.#file.size) throw new Damaged();
    this.#hash.update(octets);
    this.#parts.push(octets);
    if (this.received - this.#kept < MANY) return;
    this.#parts = [new Blob(this.#parts)];
    this.#kept = this.received;
  }

  /** Of no type: no browser is to open it as a page of ours. */
  end() {
    if (!this.isWhole || this.#hash.end() !== this.#file.sha256) throw new Damaged();
    return new Blob(this.#parts, { type: 'application/octet-stream' });
  }
}

/** How the pictures that any browser shows begin. @type {[string, RegExp][]} */
const PICTURES = [
  ['image/png', /^\x89PNG\r\n\x1a\n/], ['image/jpeg', /^\xff\xd8\xff/], ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF....WEBP/s], ['image/avif', /^....ftypavi[fs]/s],
];

/**
 * The type of a raster picture by its first octets, whatever is said of it; null: it is none that is shown.
 * @param {Blob} blob
 */
export async function pictureType(blob) {
  const head = String.fromCharCode(...new Uint8Array(await blob.slice(0, 16).arrayBuffer()));
  return PICTURES.find(([, begins]) => begins.test(head))?.[0] ?? null;
}
