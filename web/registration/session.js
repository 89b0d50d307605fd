// What a page leaves to itself when it is loaded anew, so that the same participant comes back. Knows no DOM.
//
// It is written only when the page goes, and taken away at once: a tab that is copied meanwhile finds nothing, and is
// somebody else.

import { forThisTab } from '../kept.js';

/** @typedef {import('./line.js').Place} Place */
/** @typedef {import('../protocol.d.ts').Wishes} Wishes */
/** @typedef {import('../codec/choices.js').Known & {on: boolean}} Sense  a device, and whether it was on */
/** @typedef {{place: Place, name: string, wishes: Wishes, camera: Sense | null, microphone: Sense | null, music: boolean, speaker: string}} Session */

// Milliseconds after which nobody means the same call any more; the service keeps a place for less.
const FRESH = 15_000;

/**
 * @param {string} conference
 * @param {Session} session
 * @param {import('../kept.js').Shelf} [shelf]
 * @param {number} [now]
 */
export function keep(conference, session, shelf = forThisTab, now = Date.now()) {
  shelf.put(keyOf(conference), JSON.stringify({ at: now, session }));
}

/**
 * @param {string} conference
 * @param {import('../kept.js').Shelf} [shelf]
 * @param {number} [now]
 * @returns {Session | null}
 */
export function take(conference, shelf = forThisTab, now = Date.now()) {
  const text = shelf.get(keyOf(conference));
  shelf.drop(keyOf(conference));
  if (text === null) return null;
  const { at, session } = JSON.parse(text);
  return now - at < FRESH ? session : null;
}

/** @param {string} conference */
const keyOf = (conference) => `session ${conference}`;
