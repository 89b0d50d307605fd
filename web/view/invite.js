// How others are asked to come: the guests' link to copy or to scan, and the moderator's, kept apart from it.

import { say } from '../i18n.js';
import { encode } from '../qr.js';

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
  const dialog = document.createElement('dialog');
  dialog.className = 'invite';
  const heading = make('h2', '', say('invite'));
  heading.id = 'invite-heading';
  dialog.setAttribute('aria-labelledby', heading.id);
  const close = make('button', 'close', say('close'));
  close.onclick = () => dialog.close();
  dialog.append(heading, invitation(links), close);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', ({ target }) => { if (target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
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
  const button = /** @type {HTMLButtonElement} */ (make('button', 'copy', say('copy')));
  button.type = 'button';
  button.setAttribute('aria-live', 'polite');
  button.onclick = async () => {
    const copied = await copy(field);
    button.textContent = say(copied ? 'copied' : 'copyByHand');
    setTimeout(() => { button.textContent = say('copy'); }, DONE);
  };
  return button;
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

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text) element.textContent = text;
  return element;
}
