// How others are asked to come: the guests' link to copy or to scan, and the moderator's, kept apart from it.

import { say } from '../i18n.js';
import { encode } from '../qr.js';
import { opened } from './ask.js';
import { button, make } from './make.js';

/** @typedef {{guests: string, moderator: string | null}} Links */

const SVG = 'http://www.w3.org/2000/svg';

// Modules of white around a code (ISO/IEC 18004, section 5.3.8).
const QUIET = 4;

// Milliseconds for which a button says that it is done.
const DONE = 2_500;

/** @param {Links} links */
export function invitation({ guests, moderator }) {
  const whole = make('div', 'invitation');
  whole.append(row(say('guestLink'), guests), ...code(guests));
  if (moderator) whole.append(kept(moderator));
  return whole;
}

/**
 * The same over whatever the page shows.
 * @param {Links} links
 */
export function openInvitation(links) {
  const close = button(say('close'), () => dialog.close(), 'close');
  const dialog = opened('invite', say('invite'), make('h2', '', say('invite')), invitation(links), close);
  dialog.addEventListener('click', ({ target }) => { if (target === dialog) dialog.close(); });
}

/**
 * A link that can be read, chosen and copied.
 * @param {string} name
 * @param {string} link
 */
function row(name, link) {
  const label = make('label', 'link');
  const field = document.createElement('input');
  Object.assign(field, { readOnly: true, value: link, onfocus: () => field.select() });
  const line = make('span', 'line');
  line.append(field, copier(field));
  label.append(make('span', '', name), line);
  return label;
}

/** @param {HTMLInputElement} field */
function copier(field) {
  const copying = button(say('copy'), async () => {
    const copied = await copy(field);
    copying.textContent = say(copied ? 'copied' : 'copyByHand');
    setTimeout(() => { copying.textContent = say('copy'); }, DONE);
  }, 'copy');
  copying.setAttribute('aria-live', 'polite');
  return copying;
}

/**
 * The clipboard is for pages over https; else the old command does, as long as there is one.
 * @param {HTMLInputElement} field
 */
async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return document.execCommand('copy');
  }
}

/** The moderator's own way in, shown to nobody who looks over his shoulder. @param {string} link */
function kept(link) {
  const details = make('details', 'kept');
  details.append(make('summary', '', say('moderatorLink')), make('p', 'small', say('moderatorLinkHint')), row(say('moderatorLinkName'), link));
  return details;
}

/**
 * The link for those who have a camera in their hand; nothing if it is too long for that.
 * @param {string} link
 */
function code(link) {
  try {
    return [picture(encode(link))];
  } catch {
    return [];
  }
}

/** @param {boolean[][]} modules */
function picture(modules) {
  const side = modules.length + 2 * QUIET;
  const svg = document.createElementNS(SVG, 'svg');
  const attributes = { viewBox: `0 0 ${side} ${side}`, class: 'qr', role: 'img', 'aria-label': say('qrCode'), 'shape-rendering': 'crispEdges' };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, 'path');
  const dark = modules.flatMap((row, y) => row.map((is, x) => (is ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')));
  path.setAttribute('d', dark.join(''));
  svg.append(path);
  return svg;
}
