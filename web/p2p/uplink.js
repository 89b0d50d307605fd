// How many pictures this page can send to others at once, from what its connections manage to send. Pure: it is told
// what the browser has counted, about once a second, and knows neither connections nor what becomes of the number.
//
// A connection knows nothing of the others, and what its browser thinks that it could send is true only while that is
// used up, or just after a probe. When most pictures starve, the page has found the width of its uplink: what all of
// them carry together. When none does, the uplink has at least what they carry and what one of them could carry more,
// which a probe finds out. What comes without an estimate (Firefox's connections) is taken to have enough.

/** @typedef {'own' | 'passed on' | 'server'} Kind  my picture to another, another's, mine to the server */
/**
 * What is known of one connection.
 * @typedef {object} Figures
 * @property {unknown} id  the same in each look
 * @property {Kind} kind
 * @property {number} bytes  of pictures, that were ever sent
 * @property {number | null} available  bits a second that it could send, by the browser's estimate
 * @property {number} target  bits a second that its encoder is to keep to; of one's own pictures alone
 * @property {boolean} limited  the browser has made its picture smaller, or slower, to keep to that
 */

// Bits a second of a decent picture, 640×360 in VP8. Chromium's own tables have 300 kbit/s as the least to begin such a
// picture with and 500 for one of good quality.
export const DECENT = 350_000;
// Milliseconds: over which a rate is taken; for which a picture that has just begun is not judged, since estimates begin
// at 300 kbit/s; for which pictures starve before there are fewer; for which a change of plan takes effect.
const WINDOW = 3_000;
export const YOUNG = 4_000;
export const PATIENCE = 3_000;
export const SETTLING = 8_000;
// Milliseconds for which all goes well before a probe looks for room for one more: at first, and at most; after which a
// probe has its answer; within which one more that fails makes the next wait longer; and after which, without a picture,
// what was measured is forgotten.
export const HOLD = 20_000;
export const HOLD_MOST = 320_000;
export const ANSWER = 3_000;
const TRIAL = 40_000;
export const FORGET = 60_000;
// Milliseconds after a change in which what starves is probed, since by itself its estimate recovers only slowly: what is
// left, or what begins again where it left off; and between two of these probes.
export const HEALING = { from: 4_000, to: 30_000, every: 5_000 };
// The share from which on what may be sent is used up; how much more than needed has to be there for one
// picture more; bits a second below which nothing moves.
const USED_UP = 0.8;
const MARGIN = 1.2;
const STILL = 10_000;

export class Uplink {
  #asked; #pictures;
  /** @type {Map<unknown, Flow>} */ #flows = new Map();
  #hold = HOLD;
  /** @type {number | null} */ #shortSince = null;
  /** @type {number | null} */ #wellSince = null;
  /** @type {number | null} */ #idleSince = null;
  #changed = -Infinity; #rose = -Infinity; #probed = -Infinity;

  /** @param {number | null} asked  pictures at most; null: any number */
  constructor(asked) { this.#asked = this.#pictures = asked ?? Infinity; }

  /** How many pictures can be sent to others at once; null: any number. */
  get pictures() { return this.#pictures === Infinity ? null : this.#pictures; }

  /**
   * @param {number} now  milliseconds
   * @param {Figures[]} figures  of all connections
   * @returns {{changed: boolean, probe: unknown}}  whether `pictures` is another number now, and the connection that is
   *   to be probed, if any
   */
  look(now, figures) {
    const before = this.#pictures;
    const flows = this.#follow(now, figures).filter(({ moves }) => moves);
    const others = flows.filter(({ kind }) => kind !== 'server');
    this.#time(now, others);
    if (past(this.#shortSince, PATIENCE, now)) this.#fewer(now, flows, others.length);
    else if (past(this.#idleSince, FORGET, now)) this.#forget();
    else if (this.#isAnswered(now)) this.#more(now, hasRoom(others));
    const changed = this.#pictures !== before;
    if (changed) {
      this.#changed = now;
      this.#shortSince = this.#wellSince = null;
    }
    return { changed, probe: this.#probe(now, others) };
  }

  /**
   * @param {number} now
   * @param {Figures[]} figures
   */
  #follow(now, figures) {
    this.#flows = new Map(figures.map((one) => [one.id, this.#flows.get(one.id) ?? new Flow(one.id)]));
    for (const one of figures) this.#flows.get(one.id)?.take(now, one);
    return [...this.#flows.values()];
  }

  /**
   * Since when it has been so.
   * @param {number} now
   * @param {Flow[]} others
   */
  #time(now, others) {
    const old = others.filter(({ since }) => now - since >= YOUNG);
    const settled = now - this.#changed >= SETTLING;
    const full = old.length === others.length && old.length >= this.#pictures && this.#pictures < this.#asked;
    const well = full && !others.some(({ starves }) => starves);
    this.#shortSince = settled && isShort(old) ? this.#shortSince ?? now : null;
    this.#wellSince = well ? this.#wellSince ?? now : null;
    this.#idleSince = others.length === 0 ? this.#idleSince ?? now : null;
  }

  /**
   * As many as fit into what all carry together, less the copy that the server may ask for at any moment.
   * @param {number} now
   * @param {Flow[]} flows
   * @param {number} sent
   */
  #fewer(now, flows, sent) {
    this.#hold = now - this.#rose < TRIAL ? Math.min(2 * this.#hold, HOLD_MOST) : HOLD;
    const fit = Math.floor(sum(flows, ({ rate }) => rate) / DECENT) - 1;
    this.#pictures = Math.max(1, Math.min(fit, sent - 1, this.#pictures));
  }

  /**
   * @param {number} now
   * @param {boolean} room
   */
  #more(now, room) {
    if (room) {
      this.#pictures += 1;
      this.#rose = now;
    } else {
      this.#hold = Math.min(2 * this.#hold, HOLD_MOST);
      this.#wellSince = now;
    }
  }

  #forget() {
    this.#pictures = this.#asked;
    this.#hold = HOLD;
  }

  /** @param {number} now */
  #isDue(now) { return past(this.#wellSince, this.#hold, now); }

  /** @param {number} now */
  #isAnswered(now) {
    const inTime = this.#wellSince !== null && this.#probed >= this.#wellSince + this.#hold;
    return inTime && now - this.#probed >= ANSWER;
  }

  /**
   * @param {number} now
   * @param {Flow[]} others
   */
  #probe(now, others) {
    const { from, to, every } = HEALING;
    const since = now - this.#changed;
    const heals = since >= from && since <= to && now - this.#probed >= every;
    const looks = this.#isDue(now) && now - this.#probed >= ANSWER;
    const known = others.filter(({ kind, available }) => kind === 'own' && available < Infinity);
    const wanting = known.filter(({ starves }) => looks || (heals && starves));
    if (wanting.length === 0) return null;
    this.#probed = now;
    return wanting.reduce((least, flow) => (flow.available < least.available ? flow : least)).id;
  }
}

/** The pictures on one connection. */
class Flow {
  /** Since when it carries any. */ since = Infinity;
  /** @type {Kind} */ kind = 'own';
  /** As long as nothing is known: enough. */ available = Infinity;
  #target = Infinity; #limited = false;
  /** @type {{at: number, bytes: number}[]} */ #counts = [];

  /** @param {unknown} id */
  constructor(id) { this.id = id; }

  /**
   * @param {number} now
   * @param {Figures} figures
   */
  take(now, { kind, bytes, available, target, limited }) {
    this.kind = kind;
    this.#target = kind === 'own' && target > 0 ? target : Infinity;
    this.available = available ?? Infinity;
    this.#limited = limited;
    this.#counts = [...this.#counts.filter(({ at }) => now - at <= WINDOW), { at: now, bytes }];
    this.since = this.moves ? Math.min(this.since, now) : Infinity;
  }

  /** Bits a second. */
  get rate() {
    const [first, last] = [this.#counts[0], this.#counts[this.#counts.length - 1]];
    return last.at > first.at ? 8_000 * (last.bytes - first.bytes) / (last.at - first.at) : 0;
  }

  get moves() { return this.rate >= STILL; }

  /** It is less than a decent picture, and would be more if it could. */
  get starves() {
    const may = Math.min(this.available, this.#target);
    return this.available < DECENT && (this.#limited || this.rate >= USED_UP * may);
  }
}

/**
 * Whether a whole picture is missing, and most of them starve: one that does alone has a subscriber with a narrow line.
 * @param {Flow[]} flows
 */
function isShort(flows) {
  const starving = flows.filter(({ starves }) => starves);
  return 2 * starving.length > flows.length && sum(starving, ({ available }) => 1 - available / DECENT) >= 1;
}

/**
 * Whether one picture more goes in, and the server's copy.
 * @param {Flow[]} flows
 */
function hasRoom(flows) {
  const known = flows.filter(({ available }) => available < Infinity);
  const spare = Math.max(0, ...known.map(({ available, rate }) => available - rate));
  return sum(flows, ({ rate }) => rate) + spare >= MARGIN * DECENT * (flows.length + 2);
}

/**
 * @param {Flow[]} flows
 * @param {(flow: Flow) => number} of
 */
function sum(flows, of) { return flows.reduce((all, flow) => all + of(flow), 0); }

/**
 * @param {number | null} since
 * @param {number} time
 * @param {number} now
 */
function past(since, time, now) { return since !== null && now - since >= time; }
