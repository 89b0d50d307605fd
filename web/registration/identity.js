// By what the service knows this browser again: a secret that it has made at random once. Knows no DOM.

import { forGood } from '../kept.js';

const KEY = 'identity';
const BYTES = 24;
// What the service takes.
const FITS = /^[A-Za-z0-9_-]{22,128}$/;

/** @param {import('../kept.js').Shelf} [shelf] */
export function identity(shelf = forGood) {
  const known = shelf.get(KEY);
  if (known && FITS.test(known)) return known;
  const made = atRandom();
  shelf.put(KEY, made);
  return made;
}

/** In base64url (RFC 4648 section 5). */
function atRandom() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
}
