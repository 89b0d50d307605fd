// Whose tile is the large one: it follows the talkers, but calmly. Pure; time is a parameter.
//
// Somebody new has to talk for a moment before he is shown, and for longer while the one before still talks too: a cough
// or a "yes" changes nothing.

// Milliseconds for which one talks alone, or is the loudest of several, before the picture changes.
const ALONE = 1_000;
const LOUDEST = 3_000;

export class Spotlight {
  /** @type {string | null} */ #on = null;
  /** @type {string | null} who would be next */ #rival = null;
  #since = 0;

  /** Who stands in it; null: nobody has talked yet. */
  get on() { return this.#on; }

  /**
   * These talk now, the loudest first.
   * @param {number} now  in milliseconds
   * @param {string[]} talkers
   */
  talk(now, talkers) {
    const [loudest] = talkers;
    if (loudest === undefined || loudest === this.#on) {
      this.#rival = null;
      return;
    }
    if (loudest !== this.#rival) {
      this.#rival = loudest;
      this.#since = now;
    }
    const patience = this.#on !== null && talkers.includes(this.#on) ? LOUDEST : ALONE;
    if (this.#on === null || now - this.#since >= patience) this.#turn(loudest);
  }

  /**
   * He is gone.
   * @param {string} id
   */
  forget(id) {
    if (this.#on === id) this.#on = null;
    if (this.#rival === id) this.#rival = null;
  }

  /** @param {string} id */
  #turn(id) {
    this.#on = id;
    this.#rival = null;
  }
}
