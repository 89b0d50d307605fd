// The tiles on the screen: in which layout, which is large, and where each stands. Knows no network. Where things stand is
// layout.js's business, and whom the large one follows spotlight.js's.
//
// Tiles never change their parent, for a picture that is moved in the document stops for a moment.

import { forGood } from '../kept.js';
import { element } from './elements.js';
import { grid, speaker } from './layout.js';
import { Spotlight } from './spotlight.js';

/** @typedef {'grid' | 'speaker'} Layout */
/** @typedef {{element: HTMLElement, own: boolean, screen: boolean}} Placed  `screen`: a shared screen, which is to be read */

const KEPT = 'layout';

export class Floor {
  #room = element('floor');
  #field = element('tiles');
  /** @type {Map<string, Placed>} in the order of their coming */ #placed = new Map();
  #spotlight = new Spotlight();
  /** @type {string | null} */ #pinned = null;
  /** @type {Layout} */ #layout = forGood.get(KEPT) === 'speaker' ? 'speaker' : 'grid';
  #changed;
  #observer = new ResizeObserver(() => this.#resized());

  /** @param {() => void} changed  the layout, or which is the large one */
  constructor(changed) {
    this.#changed = changed;
    this.#observer.observe(this.#room);
  }

  /** What is shown: whatever is pinned, or a screen to be read, is large in any case. */
  get layout() { return this.#pinned || this.#screen() ? 'speaker' : this.#layout; }

  get pinned() { return this.#pinned; }

  /** Whose tile is the large one. */
  get large() {
    const talker = this.#spotlight.on;
    const known = talker && this.#placed.has(talker) ? talker : null;
    return this.#pinned ?? this.#screen() ?? known ?? this.#first();
  }

  /** @param {string} key */
  has(key) { return this.#placed.has(key); }

  /**
   * @param {string} key
   * @param {HTMLElement} tile
   * @param {{own?: boolean, screen?: boolean}} [what]
   */
  add(key, tile, { own = false, screen = false } = {}) {
    this.#placed.set(key, { element: tile, own, screen });
    if (tile.parentElement !== this.#field) this.#field.append(tile);
    this.#turned();
  }

  /**
   * It has no place any more; it may stay in the document.
   * @param {string} key
   */
  remove(key) {
    if (!this.#placed.delete(key)) return;
    this.#spotlight.forget(key);
    if (this.#pinned === key) this.#pinned = null;
    this.#turned();
  }

  clear() { for (const key of [...this.#placed.keys()]) this.remove(key); }

  /** The other layout; what was pinned is not any more. */
  toggle() {
    this.#layout = this.layout === 'grid' ? 'speaker' : 'grid';
    this.#pinned = null;
    forGood.put(KEPT, this.#layout);
    this.#turned();
  }

  /** @param {string} key  is large from now on; a second time: no more */
  pin(key) {
    this.#pinned = this.#pinned === key ? null : key;
    this.#turned();
  }

  /** @param {string[]} talkers  the loudest first; not oneself */
  talk(talkers) {
    const before = this.large;
    this.#spotlight.talk(performance.now(), talkers);
    if (this.large !== before) this.#turned();
  }

  /** What follows a window's edge follows it at once. */
  #resized() {
    this.#field.classList.add('still');
    this.#place();
  }

  #turned() {
    this.#field.classList.remove('still');
    this.#place();
    this.#changed();
  }

  #screen() { return this.#find(({ screen }) => screen); }

  #first() { return this.#find(({ own }) => !own) ?? this.#find(() => true); }

  /** @param {(placed: Placed) => boolean} fits */
  #find(fits) {
    for (const [key, placed] of this.#placed) if (fits(placed)) return key;
    return null;
  }

  #place() {
    const { clientWidth: width, clientHeight: height } = this.#room;
    if (width === 0 || height === 0) return;
    const isSpeaker = this.layout === 'speaker' && this.#placed.size > 1;
    const large = isSpeaker ? this.large : null;
    const keys = [...this.#placed.keys()];
    const order = large === null ? keys : [large, ...keys.filter((key) => key !== large)];
    const plan = (isSpeaker ? speaker : grid)(order.length, { width, height });
    this.#field.dataset.layout = isSpeaker ? 'speaker' : 'grid';
    this.#field.style.height = `${plan.height}px`;
    order.forEach((key, i) => put(this.#placed.get(key)?.element, plan.places[i], key === large));
  }
}

/**
 * @param {HTMLElement | undefined} tile
 * @param {import('./layout.js').Place} place
 * @param {boolean} large
 */
function put(tile, { start, top, width, height }, large) {
  if (!tile) return;
  tile.classList.toggle('large', large);
  tile.style.insetInlineStart = `${start}px`;
  tile.style.top = `${top}px`;
  tile.style.width = `${width}px`;
  tile.style.height = `${height}px`;
}
