// What a tile says of its participant: name, marks, and by which path the picture comes.

import { say } from '../i18n.js';
import { icon } from './icons.js';

/** @typedef {import('../protocol.d.ts').Path} Path */
/** @typedef {import('../protocol.d.ts').Why} Why */
/** @typedef {import('../i18n.js').Key} Key */

/** @type {Record<Path, [Key, Key]>} */
const PATHS = {
  direct: ['pathDirect', 'pathDirectHint'],
  server: ['pathServer', 'pathServerHint'],
  peer: ['pathPeer', 'pathPeerHint'],
  none: ['pathNone', 'pathNoneHint'],
};

/** @type {Record<Why, Key>} */
const REASONS = {
  connected: 'whyConnected',
  trying: 'whyTrying',
  both_private: 'whyBothPrivate',
  not_connected: 'whyNotConnected',
  uplink_spent: 'whyUplinkSpent',
  relay_lost: 'whyRelayLost',
  no_common_way: 'whyNoCommonWay',
  hides_address: 'whyHidesAddress',
};

// In the order in which they stand.
const MARKS = /** @type {const} */ ({ hand: ['hand', 'handUp'], muted: ['microphone-off', 'muted'], silenced: ['sound-off', 'mutedForMe'], away: ['away', 'away'] });

/** @typedef {keyof typeof MARKS} Mark */

export class Caption {
  element = document.createElement('footer');
  #badge = document.createElement('span');
  /** @type {Map<Mark, HTMLElement>} */ #marks = new Map();

  /**
   * @param {string} name
   * @param {boolean} own
   */
  constructor(name, own) {
    const shown = document.createElement('span');
    shown.className = 'name';
    shown.textContent = own ? say('you', { name }) : name;
    this.#badge.className = 'badge';
    this.#badge.hidden = own;
    for (const mark of /** @type {Mark[]} */ (Object.keys(MARKS))) this.#marks.set(mark, markOf(mark));
    this.element.append(shown, ...this.#marks.values(), this.#badge);
  }

  /**
   * @param {Mark} mark
   * @param {boolean} on
   */
  mark(mark, on) {
    const shown = this.#marks.get(mark);
    if (shown) shown.hidden = !on;
  }

  /**
   * @param {Path} path
   * @param {string} relay  the name of who passes it on
   * @param {Why | null} why
   */
  path(path, relay, why) {
    this.#badge.textContent = say(PATHS[path][0], { name: relay });
    this.#badge.title = explanation(path, relay, why);
    this.#badge.dataset.path = path;
  }
}

/**
 * By which way a picture comes and why, in sentences.
 * @param {Path} path
 * @param {string} relay
 * @param {Why | null} why
 */
export function explanation(path, relay, why) {
  const because = why && path !== 'none' ? ` ${say(REASONS[why])}` : '';
  return say(PATHS[path][1], { name: relay }) + because;
}

/** @param {Mark} mark */
function markOf(mark) {
  const [name, words] = MARKS[mark];
  const shown = document.createElement('span');
  shown.className = `mark ${mark}`;
  shown.hidden = true;
  shown.title = say(words);
  const spoken = document.createElement('span');
  spoken.className = 'spoken';
  spoken.textContent = say(words);
  shown.append(icon(name), spoken);
  return shown;
}
