// Which of the ways of a participant's picture is shown: the plan says a path, the tracks come when they come.
//
// Several ways may be under way at once: while the server shows a picture, a direct or a relayed one is awaited, and
// takes over when its first frame is there.

/** @typedef {import('./protocol.d.ts').Path} Path */
/** @typedef {import('./protocol.d.ts').Why} Why */
/** @typedef {{path: Path, slot: MediaStreamTrack | null, relay: string | null, why: Why | null}} Plan  `slot`: what the
 * server sends */

/**
 * @typedef {object} Screen
 * @property {(track: MediaStreamTrack | null, path: Path, relay: string | null) => void} show  when its first frame is
 *   there; null: nothing
 * @property {(why: Why | null) => void} explain  why the plan says what it says
 * @property {(track: MediaStreamTrack, arrived: () => void) => void} await  calls back at the first frame
 */

// Between browsers; any other way is a relay's id.
const DIRECT = '';

export class Picture {
  #screen; #arrived;
  /** @type {Plan} */ #plan = { path: 'none', slot: null, relay: null, why: null };
  /** @type {Map<string, {track: MediaStreamTrack, seen: boolean}>} what came from whom */ #ways = new Map();

  /**
   * @param {Screen} screen
   * @param {(relay: string | null) => void} arrived  the direct picture moves, or the one that a relay passes on
   */
  constructor(screen, arrived) {
    this.#screen = screen;
    this.#arrived = arrived;
  }

  /** Whether the direct picture has moved since it came. */
  get directSeen() { return this.#ways.get(DIRECT)?.seen ?? false; }

  /**
   * What the plan says.
   * @param {Plan} plan
   */
  plan(plan) {
    this.#plan = plan;
    this.#screen.explain(plan.why);
    if (plan.path === 'none') this.#screen.show(null, 'none', null);
    else if (plan.path === 'server') plan.slot && this.#screen.show(plan.slot, 'server', null);
    else this.#show(plan.relay ?? DIRECT);
  }

  /**
   * The direct connection's picture came, or went.
   * @param {MediaStreamTrack | null} track
   */
  direct(track) { this.#came(DIRECT, track); }

  /**
   * A relayed picture came, or went.
   * @param {string} relay
   * @param {MediaStreamTrack | null} track
   */
  relayed(relay, track) { this.#came(relay, track); }

  /**
   * @param {string} from
   * @param {MediaStreamTrack | null} track
   */
  #came(from, track) {
    this.#ways.delete(from);
    if (!track) return;
    this.#ways.set(from, { track, seen: false });
    this.#screen.await(track, () => this.#moves(from, track));
  }

  /**
   * @param {string} from
   * @param {MediaStreamTrack} track
   */
  #moves(from, track) {
    const way = this.#ways.get(from);
    if (way?.track !== track) return;
    way.seen = true;
    // Until the plan says so it is not sent to stay: a publisher lingers on a way that is given up.
    if (from === DIRECT ? this.#plan.path === 'direct' : this.#plan.relay === from) this.#show(from);
    this.#arrived(from || null);
  }

  /** @param {string} from */
  #show(from) {
    const way = this.#ways.get(from);
    if (!way?.seen) return;
    if (from === DIRECT) this.#screen.show(way.track, 'direct', null);
    else this.#screen.show(way.track, 'peer', from);
  }
}
