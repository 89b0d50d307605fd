// Which key does what. Pure: it is told of keys, and says what they mean.
//
// While one types, or with a modifier, a key is the browser's. Single keys can be switched off (WCAG 2.1.4).

/** @typedef {'microphone' | 'camera' | 'hand' | 'layout' | 'fullscreen' | 'statistics' | 'help'} Command */
/** @typedef {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, repeat: boolean}} Press */
/** @typedef {{tagName?: string, type?: string, isContentEditable?: boolean}} Place  what has the focus */

/** @type {Record<string, Command>} */
export const KEYS = {
  m: 'microphone', v: 'camera', h: 'hand', l: 'layout', f: 'fullscreen', s: 'statistics', '?': 'help',
};

/** The key that one holds to talk. */
export const TALK = ' ';

// What has a use of its own for the space bar.
const PRESSED = ['BUTTON', 'SUMMARY', 'A', 'AUDIO', 'VIDEO'];
// Fields in which nothing is typed.
const UNTYPED = ['checkbox', 'radio', 'range', 'button', 'submit'];

/**
 * What a key that goes down means; null: nothing to us.
 * @param {Press} press
 * @param {Place | null} place
 * @returns {Command | 'talk' | null}
 */
export function meaning({ key, ctrlKey, metaKey, altKey, repeat }, place) {
  if (ctrlKey || metaKey || altKey || repeat || types(place)) return null;
  if (key === TALK) return takesSpace(place) ? null : 'talk';
  return KEYS[key.toLowerCase()] ?? null;
}

/** @param {Place | null} place */
function types(place) {
  if (!place) return false;
  const { tagName, type = '', isContentEditable } = place;
  return isContentEditable === true || tagName === 'TEXTAREA' || tagName === 'SELECT'
    || (tagName === 'INPUT' && !UNTYPED.includes(type));
}

/** @param {Place | null} place */
const takesSpace = (place) => place?.tagName === 'INPUT' || PRESSED.includes(place?.tagName ?? '');

/** Talking while a key is held: only who was muted is muted again. */
export class TalkKey {
  #held = false;

  /**
   * Whether the microphone goes on.
   * @param {boolean} muted
   */
  down(muted) {
    if (this.#held || !muted) return false;
    this.#held = true;
    return true;
  }

  /** The key is up, or nobody can tell any more; whether the microphone goes off. */
  up() {
    const held = this.#held;
    this.#held = false;
    return held;
  }
}
