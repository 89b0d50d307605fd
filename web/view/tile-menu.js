// What one can do about somebody: hear him louder, softer or not at all, and see by which way his picture comes.

import { say } from '../i18n.js';
import { element } from './elements.js';
import { dress } from './icons.js';

/** @typedef {import('./volumes.js').Volumes} Volumes */

// The slider's steps: finer ones nobody hears, and equal wishes share a mix.
const STEP = 0.05;
const MOST = 2;
// Pixels between a button and what it opens, and from the screen's edges.
const AWAY = 6;

export class TileMenu {
  #menu = element('tile-menu');
  #heading = document.createElement('h2');
  #slider = document.createElement('input');
  #percent = document.createElement('output');
  #mute = document.createElement('button');
  #pin = document.createElement('button');
  #path = document.createElement('p');
  #volumes;
  #id = '';

  /** @param {Volumes} volumes */
  constructor(volumes) {
    this.#volumes = volumes;
    Object.assign(this.#slider, { type: 'range', min: '0', max: String(MOST), step: String(STEP), id: 'volume' });
    this.#slider.oninput = () => this.#set({ gain: this.#slider.valueAsNumber, muted: false });
    const label = document.createElement('label');
    label.className = 'volume';
    const words = document.createElement('span');
    words.textContent = say('volume');
    label.append(words, this.#slider, this.#percent);
    Object.assign(this.#mute, { type: 'button', className: 'row' });
    this.#mute.onclick = () => this.#set({ muted: !volumes.of(this.#id).muted });
    Object.assign(this.#pin, { type: 'button', className: 'row' });
    this.#path.className = 'small';
    this.#menu.replaceChildren(this.#heading, label, this.#mute, this.#pin, this.#path);
    this.#menu.role = 'dialog';
  }

  /**
   * @param {string} id
   * @param {import('./tile.js').Tile} tile
   * @param {HTMLElement} button  beside which it opens
   * @param {{pinned: boolean, pin: () => void}} pinning
   */
  open(id, tile, button, { pinned, pin }) {
    this.#id = id;
    this.#heading.textContent = tile.name;
    this.#menu.ariaLabel = say('optionsFor', { name: tile.name });
    this.#slider.ariaLabel = say('volumeOf', { name: tile.name });
    this.#path.textContent = tile.explanation;
    dress(this.#pin, 'pin', say(pinned ? 'unpin' : 'pin', { name: tile.name }));
    this.#pin.onclick = () => {
      pin();
      this.#menu.hidePopover();
    };
    this.#show();
    this.#menu.showPopover();
    beside(this.#menu, button.getBoundingClientRect());
    this.#slider.focus();
    this.#menu.ontoggle = (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === 'closed' && document.activeElement === document.body) button.focus();
    };
  }

  /** He is gone. @param {string} id */
  forget(id) { if (this.#id === id && this.#menu.matches(':popover-open')) this.#menu.hidePopover(); }

  /** @param {Partial<import('./volumes.js').Volume>} change */
  #set(change) {
    this.#volumes.set(this.#id, change);
    this.#show();
  }

  #show() {
    const { gain, muted } = this.#volumes.of(this.#id);
    this.#slider.value = String(gain);
    this.#percent.textContent = say('percent', { number: Math.round(100 * gain) });
    this.#slider.setAttribute('aria-valuetext', this.#percent.textContent);
    dress(this.#mute, muted ? 'sound' : 'sound-off', say(muted ? 'unmuteForMe' : 'muteForMe'));
  }
}

/**
 * Within the screen, below a button, or above it where there is more room.
 * @param {HTMLElement} menu
 * @param {DOMRect} button
 */
function beside(menu, button) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const within = (/** @type {number} */ place, /** @type {number} */ size, /** @type {number} */ all) => Math.max(AWAY, Math.min(place, all - size - AWAY));
  const under = button.bottom + AWAY;
  const top = under + height <= innerHeight ? under : button.top - height - AWAY;
  menu.style.left = `${within(button.right - width, width, innerWidth)}px`;
  menu.style.top = `${within(top, height, innerHeight)}px`;
}
