// Pictures on buttons, with words for those who do not see them. What a button says is its name: a round one shows it
// while one points at it, a row always.

import { say } from '../i18n.js';

/** @typedef {import('../i18n.js').Key} Key */

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} name  a symbol of `icons.svg` */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * What a button shows and says from now on.
 * @param {HTMLElement} button
 * @param {string} name  of its icon
 * @param {string} words
 */
export function dress(button, name, words) {
  let label = button.querySelector('.label');
  if (!label) {
    label = document.createElement('span');
    label.className = 'label';
    button.append(icon(name), label, ...key(button));
  }
  button.querySelector('use')?.setAttribute('href', `/icons.svg#${name}`);
  if (label.textContent !== words) label.textContent = words;
}

/**
 * Dresses all buttons that ask for it with `data-icon` and `data-word`.
 * @param {Element} within
 */
export function dressAll(within) {
  for (const button of within.querySelectorAll('button[data-icon]')) {
    const { icon: name = '', word } = /** @type {HTMLElement} */ (button).dataset;
    if (word) dress(/** @type {HTMLElement} */ (button), name, say(/** @type {Key} */ (word)));
  }
}

/**
 * @param {string} name
 * @param {string} words
 * @param {string} className
 * @param {() => void} press
 */
export function iconButton(name, words, className, press) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = className;
  button.onclick = press;
  dress(button, name, words);
  return button;
}

/** @param {HTMLElement} button */
function key(button) {
  const { key: shortcut } = button.dataset;
  if (!shortcut || !button.classList.contains('row')) return [];
  const shown = document.createElement('kbd');
  shown.textContent = shortcut.toUpperCase();
  shown.ariaHidden = 'true';
  return [shown];
}
