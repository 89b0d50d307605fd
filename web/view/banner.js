// One line above the tiles: how the connection stands, or a word for a moment.

import { say } from '../i18n.js';
import { element } from './elements.js';

/** @typedef {import('../doors.js').Door} Door */

// Milliseconds for which a word stands there, and after which a connection that never came is said to be blocked.
const WORD = 4_000;
const BLOCKED = 8_000;

export class Banner {
  #banner = element('banner');
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** What stands there when no word does. */ #standing = '';
  #wasConnected = false;
  /** @type {Door[]} */ #doors = [];
  /** Whether the service hears this page: if not, that is said before all else. */ #reached = true;

  /**
   * @param {RTCPeerConnectionState} state
   * @param {Door[]} doors  where the server can be reached
   */
  connection(state, doors) {
    this.#doors = doors;
    this.#wasConnected ||= state === 'connected';
    clearTimeout(this.#timer);
    if (state === 'connected') this.#stand('');
    else if (this.#wasConnected) this.#stand(state === 'disconnected' || state === 'failed' ? say('interrupted') : '');
    else if (state === 'failed') this.#stand(this.blocked);
    else {
      this.#stand(say('connecting'));
      this.#timer = setTimeout(() => this.#stand(this.blocked), BLOCKED);
    }
  }

  /** @param {boolean} here */
  reached(here) {
    this.#reached = here;
    this.#show(this.#standing);
  }

  /** What an operator has to open; nothing, if there was a connection. */
  get blocked() {
    if (this.#wasConnected || this.#doors.length === 0) return '';
    const doors = this.#doors.map(({ protocol, port, host }) => say('door', { protocol, port, host }));
    return say('blocked', { doors: doors.join(say('or')) });
  }

  /** @param {string} word */
  say(word) {
    this.#show(word);
    setTimeout(() => this.#show(this.#standing), WORD);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#wasConnected = false;
    this.#reached = true;
    this.#doors = [];
    this.#stand('');
  }

  /** @param {string} text */
  #stand(text) {
    this.#standing = text;
    this.#show(text);
  }

  /** @param {string} text */
  #show(text) {
    const shown = this.#reached ? text : say('unreached');
    this.#banner.textContent = shown;
    this.#banner.hidden = !shown;
  }
}
