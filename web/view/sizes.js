// How large the tiles are, told when that changes. Knows no network.

/** @typedef {{id: string, width: number, height: number}} Shown  in the device's pixels */

// Milliseconds between two tellings at least.
const PAUSE = 300;

export class Sizes {
  #tell;
  /** @type {Map<Element, string>} whose tile it is */ #tiles = new Map();
  /** @type {Map<string, Shown>} not told yet */ #news = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #pause;
  #observer = new ResizeObserver((entries) => entries.forEach(({ target }) => this.#changed(target)));

  /** @param {(sizes: Shown[]) => void} tell */
  constructor(tell) { this.#tell = tell; }

  /**
   * @param {string} id
   * @param {Element} tile
   */
  watch(id, tile) {
    this.#tiles.set(tile, id);
    this.#observer.observe(tile);
  }

  /** @param {Element} tile */
  forget(tile) {
    this.#news.delete(this.#tiles.get(tile) ?? '');
    this.#tiles.delete(tile);
    this.#observer.unobserve(tile);
  }

  /** @param {Element} tile */
  #changed(tile) {
    const id = this.#tiles.get(tile);
    if (id === undefined) return;
    const pixels = (/** @type {number} */ css) => Math.round(css * devicePixelRatio);
    this.#news.set(id, { id, width: pixels(tile.clientWidth), height: pixels(tile.clientHeight) });
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
