// Whether this computer has enough to do with its own pictures. Pure. A browser says so by making them smaller or fewer
// for the processor's sake; whoever passes others' pictures on then should not, and they go another way.

// Milliseconds: of strain before it counts, since any start of a picture strains for a moment; and without any before
// pictures are passed on again, since every change of plan is felt.
export const STRAIN = 5_000;
export const REST = 60_000;

export class Heat {
  #hot = false;
  /** Since when it is as it is not called yet. @type {number | null} */ #since = null;

  get hot() { return this.#hot; }

  /**
   * @param {number} now  milliseconds
   * @param {boolean} strained  a picture of one's own is kept small or slow for the processor's sake
   * @returns {boolean}  whether `hot` is another than before
   */
  look(now, strained) {
    this.#since = strained === this.#hot ? null : this.#since ?? now;
    if (this.#since === null || now - this.#since < (strained ? STRAIN : REST)) return false;
    this.#hot = strained;
    this.#since = null;
    return true;
  }
}
