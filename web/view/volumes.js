// How loudly I hear whom. Kept for the tab, so that it is still to be seen after a reload, when one is the same again and
// the service has kept it too. Pure but for that.

/** @typedef {{gain: number, muted: boolean}} Volume */

/** As he is. @type {Volume} */
const PLAIN = { gain: 1, muted: false };

export class Volumes {
  #store; #key; #changed;
  /** @type {Map<string, Volume>} */ #volumes;

  /**
   * @param {Pick<import('../kept.js').Shelf, 'get' | 'put'>} store
   * @param {string} conference
   * @param {(id: string, gain: number) => void} changed  somebody is heard otherwise now
   */
  constructor(store, conference, changed) {
    this.#store = store;
    this.#key = `volumes ${conference}`;
    this.#changed = changed;
    this.#volumes = new Map(kept(store.get(this.#key)));
  }

  /** @param {string} id */
  of(id) { return this.#volumes.get(id) ?? PLAIN; }

  /**
   * From 0, not at all, over 1, as he is, to 2.
   * @param {string} id
   */
  gain(id) {
    const { gain, muted } = this.of(id);
    return muted ? 0 : gain;
  }

  /**
   * @param {string} id
   * @param {Partial<Volume>} change
   */
  set(id, change) {
    const before = this.gain(id);
    this.#volumes.set(id, { ...this.of(id), ...change });
    this.#keep();
    if (this.gain(id) !== before) this.#changed(id, this.gain(id));
  }

  /** He is gone. @param {string} id */
  forget(id) { if (this.#volumes.delete(id)) this.#keep(); }

  #keep() { this.#store.put(this.#key, JSON.stringify([...this.#volumes])); }
}

/**
 * @param {string | null} text
 * @returns {[string, Volume][]}
 */
function kept(text) {
  try {
    return JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
}
