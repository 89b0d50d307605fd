// What stands beside the tiles, or over them where there is little room: people, or the chat. One at a time.

import { say } from '../i18n.js';
import { element } from './elements.js';
import { icon } from './icons.js';

/** @typedef {'people' | 'chat'} Panel */

/** @type {Record<Panel, import('../i18n.js').Key>} */
const NAMES = { people: 'members', chat: 'chat' };
const PANELS = /** @type {Panel[]} */ (['people', 'chat']);

export class Side {
  /** @type {Panel | null} */ #open = null;
  #shown;

  /** @param {(panel: Panel | null) => void} shown  told when another is */
  constructor(shown) {
    this.#shown = shown;
    for (const panel of PANELS) {
      element(`open-${panel}`).onclick = () => this.open(this.#open === panel ? null : panel);
      element(`tab-${panel}`).onclick = () => this.open(panel);
    }
    element('close-side').onclick = () => this.open(null);
    element('close-side').replaceChildren(icon('close'));
    element('close-side').setAttribute('aria-label', say('close'));
    element('side').addEventListener('keydown', ({ key, target }) => {
      if (key === 'Escape' && !(target instanceof HTMLDetailsElement)) this.open(null);
    });
  }

  get panel() { return this.#open; }

  /** There is nothing to stand beside. */
  close() { if (this.#open) this.open(null); }

  /** @param {Panel | null} panel */
  open(panel) {
    const before = this.#open;
    this.#open = panel;
    element('side').hidden = panel === null;
    for (const one of PANELS) {
      element(`panel-${one}`).hidden = one !== panel;
      element(`open-${one}`).setAttribute('aria-expanded', String(one === panel));
      element(`tab-${one}`).setAttribute('aria-selected', String(one === panel));
    }
    this.#shown(panel);
    if (panel) element(panel === 'chat' ? 'words' : 'tab-people').focus();
    else if (before) element(`open-${before}`).focus();
  }

  /**
   * News that one has not seen, on the button; 0: none.
   * @param {Panel} panel
   * @param {number} count
   * @param {string} what  in words, for those who hear the page
   */
  count(panel, count, what) {
    const badge = element(`news-${panel}`);
    badge.textContent = count > 99 ? '99+' : String(count);
    badge.hidden = count === 0;
    element(`open-${panel}`).setAttribute('aria-label', count > 0 ? `${say(NAMES[panel])}, ${what}` : say(NAMES[panel]));
  }
}
