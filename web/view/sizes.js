// How large the tiles are, told when that changes. Knows no network.

/** @typedef {import('../protocol.d.ts').Picture} Picture */
/** @typedef {import('../protocol.d.ts').Shown} Shown */

// Milliseconds between two tellings at least.
const PAUSE = 300;

export class Sizes {
  #tell;
  /** @type {Map<Element, Picture>} what is shown there */ #tiles = new Map();
  /** @type {Map<Element, Shown>} not told yet */ #news = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #pause;
  #observer = new ResizeObserver((entries) => entries.forEach(({ target }) => this.#changed(target)));

  /** @param {(sizes: Shown[]) => void} tell */
  constructor(tell) { this.#tell = tell; }

  /**
   * @param {Picture} picture
   * @param {Element} tile
   */
  watch(picture, tile) {
    this.#tiles.set(tile, picture);
    this.#observer.observe(tile);
  }

  /** @param {Element} tile */
  forget(tile) {
    this.#news.delete(tile);
    this.#tiles.delete(tile);
    this.#observer.unobserve(tile);
  }

  /** @param {Element} tile */
  #changed(tile) {
    const picture = this.#tiles.get(tile);
    if (!picture) return;
    const pixels = (/** @type {number} */ css) => Math.round(css * devicePixelRatio);
    this.#news.set(tile, { ...picture, width: pixels(tile.clientWidth), height: pixels(tile.clientHeight) });
    if (!this.#pause) this.#told();
  }

  #told() {
    this.#pause = undefined;
    if (this.#news.size === 0) return;
    this.#tell([...this.#news.values()]);
    this.#news.clear();
    this.#pause = setTimeout(() => this.#told(), PAUSE);
  }
}
