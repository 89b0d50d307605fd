// How long sound and pictures wait for each other: targets of jitter buffers, in milliseconds. Pure.
//
// One sound buffer serves all speakers: it waits for the slowest picture, and the other pictures with it. A target is a
// floor: a buffer that holds more by itself has nothing to give. Each step is made from a state of rest, since sound
// shrinks slowly, and who goes on correcting meanwhile overshoots.

/** @typedef {import('./measured.js').Held} Held */
/**
 * @typedef {object} Shown
 * @property {string} id
 * @property {unknown} way  by which it comes; with another one all begins anew
 * @property {number | null} skew  null: nobody knows
 * @property {Held} held
 */
/** @typedef {{target: number, held: Held}} Stream */
/** @typedef {Stream & {way: unknown, skews: (number | null)[], knownAt: number}} Picture */

/** The longest that anything is made to wait. */
export const MOST = 400;
// A skew that is let be, and how much of a larger one is taken away at once: not all of what may pass by itself, as when a
// sender has just found that his way is slower.
const LET_BE = 10;
const GAIN = 0.9;
const AT_ONCE = 150;
// A skew that moves less between three looks is at rest. How long a step has at least, and how long rest is waited for.
const AT_REST = 12;
const PAUSE = 1_500;
const PATIENCE = 4_000;
// How far a buffer is from the target that it obeys, at most.
const NEAR = 30;
// By how much waits are shortened that nobody needs, and when a silent talker's need is forgotten.
const EASE = 10;
const FORGOTTEN = 30_000;

export class Controller {
  /** @type {Stream} */ #sound = { target: 0, held: { delay: null, least: null, after: null } };
  /** @type {Map<string, Picture>} */ #pictures = new Map();
  #stepped = -Infinity;
  #rested = -Infinity;

  get sound() { return Math.round(this.#sound.target); }

  /** @param {string} id */
  picture(id) { return Math.round(this.#pictures.get(id)?.target ?? 0); }

  /**
   * Twice a second.
   * @param {number} now
   * @param {Held} sound
   * @param {Shown[]} shown
   */
  look(now, sound, shown) {
    this.#sound.held = sound;
    this.#pictures = new Map(shown.map((picture) => [picture.id, this.#seen(now, picture)]));
    const pictures = [...this.#pictures.values()];
    if (pictures.every(isAtRest)) this.#rested = now;
    if (now - this.#stepped < PAUSE || (this.#rested < now && now - this.#rested < PATIENCE)) return;
    this.#stepped = this.#rested = now;
    const remembered = pictures.filter(({ knownAt }) => now - knownAt < FORGOTTEN);
    if (remembered.some(({ skews }) => isKnown(skews.at(-1)))) this.#step(remembered);
    else if (remembered.length === 0) forget(this.#sound);
    for (const picture of pictures) if (!remembered.includes(picture)) forget(picture);
  }

  /**
   * @param {number} now
   * @param {Shown} shown
   * @returns {Picture}
   */
  #seen(now, { id, way, skew, held }) {
    const known = this.#pictures.get(id);
    /** @type {Picture} */ const before = known && known.way === way ? known : { way, target: 0, held, skews: [], knownAt: -Infinity };
    return { ...before, held, skews: [...before.skews, skew].slice(-3), knownAt: skew === null ? before.knownAt : now };
  }

  /** A sound's buffer lets go all at once of what it holds by itself, and pictures that wait for it would be late. */
  #hold() {
    const { held: { delay, least } } = this.#sound;
    if (delay !== null && least !== null && least > delay - NEAR && !isBound(this.#sound)) this.#sound.target = Math.min(MOST, delay);
  }

  /** @param {Picture[]} pictures */
  #step(pictures) {
    const skews = pictures.map(wrong);
    const needed = Math.max(...pictures.map((picture, i) => skews[i] - spare(picture)));
    const eased = Math.min(0, Math.max(...skews)) - EASE;
    const moved = shift(this.#sound, Math.max(needed, eased, -spare(this.#sound)));
    pictures.forEach((picture, i) => shift(picture, moved - skews[i]));
    if (pictures.some(isBound)) this.#hold();
  }
}

/** @param {number | null | undefined} skew */
const isKnown = (skew) => skew !== null && skew !== undefined;

/** @param {Picture} picture */
function isAtRest({ skews: [first, , last] }) {
  return !isKnown(last) || (isKnown(first) && Math.abs(Number(last) - Number(first)) <= AT_REST);
}

/** What is to be taken away. @param {Picture} picture */
function wrong({ skews }) {
  const skew = skews.at(-1) ?? 0;
  return Math.abs(skew) <= LET_BE ? 0 : Math.max(-AT_ONCE, Math.min(AT_ONCE, GAIN * skew));
}

/** Whether it is the target that makes a buffer hold what it does. @param {Stream} stream */
function isBound({ target, held: { delay } }) { return target > 0 && target >= (delay ?? 0) - NEAR; }

/** How much less a stream could wait. @param {Stream} stream */
function spare(stream) {
  const { target, held: { delay, least } } = stream;
  if (!isBound(stream)) return 0;
  return delay === null || least === null ? target : Math.max(0, delay - least);
}

/** @param {Stream} stream */
function forget(stream) { stream.target = Math.max(0, stream.target - EASE); }

/**
 * @param {Stream} stream
 * @param {number} by
 * @returns {number}  by how much it will move
 */
function shift(stream, by) {
  const bound = isBound(stream);
  if (Math.abs(by) < 1 || (by < 0 && !bound)) return 0;
  const { target, held: { delay } } = stream;
  const from = delay === null || (bound && Math.abs(target - delay) <= NEAR) ? target : delay;
  stream.target = Math.min(MOST, Math.max(0, from + by));
  return stream.target - from;
}
