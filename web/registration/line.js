// The line to the service: one socket after the other, and on each the same participant. Pure but for what it is given.
//
//   opening ──opened──▶ greeting ──welcome, waiting──▶ in
//      ▲                   │ closed, no answer          │ closed, or nothing is heard
//      └──── pausing ◀─────┴────────────────────────────┘
//   any ──taken over, refused for good, close──▶ closed
//
// A browser does not tell of a network that is gone, and shows nothing of the service's pings: so the line asks whether
// it is heard, and takes another socket when no answer comes. The service keeps a place for 9 s at least.

/** @typedef {import('../protocol.d.ts').ClientMessage} ClientMessage */
/** @typedef {import('../protocol.d.ts').ServerMessage} ServerMessage */
/** @typedef {import('./socket.js').Ears} Ears */
/** @typedef {import('./socket.js').Wire} Wire */
/** @typedef {{participant: string, key: string}} Place  as whom one may come back */
/** @typedef {'opening' | 'greeting' | 'in' | 'pausing' | 'closed'} State */

// Milliseconds: without a word, until the line asks; until an answer has to be there, or sooner where other signs speak
// against it.
export const ASK = 1_000;
export const PATIENCE = 3_000;
export const SUSPICION = 1_500;
// Milliseconds until a new socket has to have come to something: at first a socket that a bad moment swallowed is to cost
// little, later a slow network is to have its time.
export const ATTEMPT = 2_000;
export const LONGEST_ATTEMPT = 10_000;
// Milliseconds between attempts: the first pause, and the longest. Each is cut by up to a half at random, so that those
// who were lost together do not come back together.
export const FIRST_PAUSE = 250;
export const LONGEST_PAUSE = 5_000;

/**
 * @typedef {object} Outside
 * @property {(ears: Ears) => Wire} open  makes a socket
 * @property {() => Extract<ClientMessage, {type: 'join'}>} join  what a newcomer says
 * @property {() => boolean} hasLeg  whether this page has its side of the leg
 * @property {(message: ServerMessage) => void} heard
 * @property {(here: boolean) => void} reached  whether the service is reached: told when that changes
 * @property {() => void} failed  the first socket came to nothing
 * @property {Clock} [clock]
 * @property {() => number} [random]
 */

/**
 * @typedef {object} Clock
 * @property {(ms: number, what: () => void) => () => void} after  does it later; the returned function puts it off for good
 */

/** @type {Clock} */
const REAL = {
  after(ms, what) {
    const timer = setTimeout(what, ms);
    return () => clearTimeout(timer);
  },
};

export class Line {
  #outside; #clock; #random;
  /** @type {State} */ #state = 'pausing';
  /** @type {Wire | null} */ #socket = null;
  /** @type {Place | null} */ #place;
  #reached = true;
  #everIn = false;
  #suspects = false;
  #attempts = 0;
  /** Of those, how many had no answer in time. */ #swallowed = 0;
  /** What is due, one thing at a time. */ #stop = () => {};

  /**
   * @param {Outside} outside
   * @param {Place | null} [place]  as whom to come back; null: one comes
   */
  constructor(outside, place = null) {
    this.#outside = outside;
    this.#clock = outside.clock ?? REAL;
    this.#random = outside.random ?? Math.random;
    this.#place = place;
    this.#everIn = place !== null;
  }

  get state() { return this.#state; }

  /** As whom one could come back. */
  get place() { return this.#place; }

  /** Begins. */
  begin() { this.#open(); }

  /**
   * @param {ClientMessage} message
   * @returns {boolean}  whether the service may hear it
   */
  send(message) { return this.#state === 'in' && (this.#socket?.send(message) ?? false); }

  /** There is a network again: now or never. */
  hurry() {
    if (this.#state === 'pausing' || this.#state === 'opening') this.#open();
    else this.suspect();
  }

  /** Something else says that the network may be gone. */
  suspect() {
    if (this.#state !== 'in' || this.#suspects) return;
    this.#suspects = true;
    this.#ask(SUSPICION);
  }

  /** For good. */
  close() {
    this.#stop();
    this.#state = 'closed';
    this.#socket?.close();
    this.#socket = null;
  }

  #open() {
    this.#drop();
    this.#become('opening', this.#patience(), () => this.#swallow());
    this.#socket = this.#outside.open({
      opened: () => this.#greet(),
      heard: (message) => this.#heard(message),
      closed: () => this.#lost(),
    });
  }

  #greet() {
    this.#become('greeting', this.#patience(), () => this.#swallow());
    const place = this.#place;
    this.#socket?.send(place ? { type: 'resume', ...place, has_leg: this.#outside.hasLeg() } : this.#outside.join());
  }

  /** @param {ServerMessage} message */
  #heard(message) {
    if (this.#state === 'in') this.#listen();
    if (message.type === 'pong') return;
    if (message.type === 'welcome') this.#place = { participant: message.me.id, key: message.resume_key };
    if (message.type === 'welcome' || message.type === 'waiting') this.#isIn();
    if (message.type === 'error' && message.code === 'cannot_resume') {
      this.#place = null;
      return this.#greet();
    }
    // A ban or an end is for good: whoever is told goes, and takes the line with him.
    this.#outside.heard(message);
  }

  #isIn() {
    this.#attempts = this.#swallowed = 0;
    this.#everIn = true;
    this.#listen();
    this.#tell(true);
  }

  #listen() {
    this.#suspects = false;
    this.#become('in', ASK, () => this.#ask(PATIENCE));
  }

  /** @param {number} patience */
  #ask(patience) {
    this.#become('in', patience, () => this.#lost());
    this.#socket?.send({ type: 'ping' });
  }

  #lost() {
    this.#drop();
    if (!this.#everIn) {
      this.close();
      return this.#outside.failed();
    }
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#attempts) * (1 - this.#random() / 2);
    this.#attempts += 1;
    this.#become('pausing', pause, () => this.#open());
    this.#tell(false);
  }

  #swallow() {
    this.#swallowed += 1;
    this.#lost();
  }

  #patience() { return Math.min(LONGEST_ATTEMPT, ATTEMPT * 1.5 ** this.#swallowed); }

  #drop() {
    this.#socket?.drop();
    this.#socket = null;
  }

  /** @param {boolean} here */
  #tell(here) {
    if (this.#reached === here) return;
    this.#reached = here;
    this.#outside.reached(here);
  }

  /**
   * @param {State} state
   * @param {number} ms
   * @param {() => void} then  what happens when it stays so for that long
   */
  #become(state, ms, then) {
    this.#stop();
    this.#state = state;
    this.#stop = this.#clock.after(ms, then);
  }
}
