// Which pictures are in sight: what is scrolled away, or not wanted to be seen, need not be sent. Knows no network.

/** @typedef {import('../protocol.d.ts').Picture} Picture */

// Milliseconds for which a picture is away before that is told, for who scrolls past comes back; and how far from the edge
// it is in sight already, as it takes a moment to come.
const STAY = 2_000;
const MARGIN = '50%';

export class InSight {
  #tell;
  /** @type {Map<Element, Picture>} what is shown there */ #tiles = new Map();
  /** @type {Set<Element>} */ #away = new Set();
  /** @type {Map<Element, ReturnType<typeof setTimeout>>} */ #going = new Map();
  /** @type {Element | null} */ #kept = null;
  /** Whether cameras are to be seen. Screens are to be read in any case. */ #cameras = true;
  /** Until the first word all are wanted, those of people to come, too. */ #said = false;
  #observer;

  /**
   * @param {Element} room  in which one scrolls
   * @param {(pictures: Picture[]) => void} tell  all that are in sight
   */
  constructor(room, tell) {
    this.#tell = tell;
    this.#observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.#look(entry)), { root: room, rootMargin: MARGIN });
  }

  /**
   * @param {Picture} picture
   * @param {Element} tile
   */
  watch(picture, tile) {
    this.#tiles.set(tile, picture);
    this.#observer.observe(tile);
    if (this.#said) this.#say();
  }

  /** @param {Element} tile */
  forget(tile) {
    this.#stay(tile);
    this.#away.delete(tile);
    this.#tiles.delete(tile);
    this.#observer.unobserve(tile);
  }

  /** @param {Element | null} tile  is shown elsewhere, too */
  keep(tile) {
    if (tile === this.#kept) return;
    const changes = [tile, this.#kept].some((one) => one && this.#away.has(one));
    this.#kept = tile;
    if (changes) this.#say();
  }

  get seesCameras() { return this.#cameras; }

  /** @param {boolean} on */
  seeCameras(on) {
    this.#cameras = on;
    this.#say();
  }

  /** @param {IntersectionObserverEntry} entry  of a tile that has no size if it is not shown at all */
  #look({ target, isIntersecting, boundingClientRect }) {
    this.#stay(target);
    if (!isIntersecting && boundingClientRect.width > 0) this.#going.set(target, setTimeout(() => this.#go(target), STAY));
    else if (this.#away.delete(target)) this.#say();
  }

  /** @param {Element} tile */
  #stay(tile) {
    clearTimeout(this.#going.get(tile));
    this.#going.delete(tile);
  }

  /** @param {Element} tile */
  #go(tile) {
    this.#going.delete(tile);
    this.#away.add(tile);
    this.#say();
  }

  #say() {
    this.#said = true;
    const seen = [...this.#tiles].filter(([tile, { source }]) =>
      (this.#cameras || source === 'screen') && (!this.#away.has(tile) || tile === this.#kept));
    this.#tell(seen.map(([, picture]) => picture));
  }
}
