// The server's copies of files, brought and taken.

import { Refused } from './api.js';

/** @typedef {import('./line.js').Place} Place */

/**
 * Brings the server a copy of a file, until all of it is there or that has failed. `fetch` does not say how much has gone.
 * @param {string} conference
 * @param {number} file
 * @param {Place | null} place
 * @param {Blob} blob
 * @param {(octets: number) => void} told
 * @param {AbortSignal} signal
 */
export function bring(conference, file, place, blob, told, signal) {
  const request = new XMLHttpRequest();
  request.open('PUT', fileAt(conference, file));
  request.setRequestHeader('authorization', bearer(place));
  request.upload.onprogress = ({ loaded }) => told(loaded);
  signal.onabort = () => request.abort();
  request.send(blob);
  return new Promise((resolve) => { request.onloadend = resolve; });
}

/**
 * Takes the server's copy of a file, piece by piece.
 * @param {string} conference
 * @param {number} file
 * @param {Place | null} place
 * @param {AbortSignal} signal
 */
export async function* take(conference, file, place, signal) {
  const response = await fetch(fileAt(conference, file), { headers: { authorization: bearer(place) }, signal });
  if (!response.ok) throw new Refused(await response.json());
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  for (let piece; !(piece = await reader.read()).done;) yield piece.value;
}

/**
 * @param {string} conference
 * @param {number} file
 */
function fileAt(conference, file) { return `/api/v1/conferences/${encodeURIComponent(conference)}/files/${file}`; }

/** @param {Place | null} place */
function bearer(place) { return `Bearer ${place?.participant}.${place?.key}`; }
