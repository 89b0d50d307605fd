// News for those who hear the page. One after the other: what comes at once would be lost.

import { element } from './elements.js';

// Milliseconds after which a word has been said.
const SAID = 1_500;

/** @type {string[]} */ const waiting = [];
let saying = false;

/** @param {string} words */
export function aloud(words) {
  waiting.push(words);
  if (!saying) next();
}

function next() {
  const words = waiting.shift();
  saying = words !== undefined;
  element('aloud').textContent = words ?? '';
  if (saying) setTimeout(next, SAID);
}
