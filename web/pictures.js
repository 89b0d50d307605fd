// Which of a participant's pictures is shown: the plan says a path, the tracks come when they come.
//
// Both ways may be under way at once: while the server shows a picture, the direct one is awaited, and takes over when
// its first frame is there.

/** @typedef {import('./protocol.d.ts').Path} Path */

/**
 * @typedef {object} Screen
 * @property {(track: MediaStreamTrack | null, path: Path) => void} show  when its first frame is there; null: nothing
 * @property {(track: MediaStreamTrack, arrived: () => void) => void} await  calls back at the first frame
 */

export class Picture {
  #screen; #arrived;
  /** @type {Path} */ #planned = 'none';
  /** @type {MediaStreamTrack | null} */ #direct = null;
  /** Whether the direct picture has moved since it came. */
  directSeen = false;

  /**
   * @param {Screen} screen
   * @param {() => void} arrived  the direct picture moves
   */
  constructor(screen, arrived) {
    this.#screen = screen;
    this.#arrived = arrived;
  }

  /**
   * What the plan says; `slot` is the picture that the server sends.
   * @param {Path} path
   * @param {MediaStreamTrack | null} slot
   */
  plan(path, slot) {
    this.#planned = path;
    if (path === 'none') this.#screen.show(null, 'none');
    if (path === 'server' && slot) this.#screen.show(slot, 'server');
    if (path === 'direct' && this.directSeen) this.#screen.show(this.#direct, 'direct');
  }

  /**
   * The direct connection's picture came, or went.
   * @param {MediaStreamTrack | null} track
   */
  direct(track) {
    this.#direct = track;
    this.directSeen = false;
    if (track) this.#screen.await(track, () => this.#moves(track));
  }

  /** @param {MediaStreamTrack} track */
  #moves(track) {
    if (track !== this.#direct) return;
    this.directSeen = true;
    if (this.#planned !== 'none') this.#screen.show(track, 'direct');
    this.#arrived();
  }
}
