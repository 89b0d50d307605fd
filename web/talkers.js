// Who talks, shown when it is heard: what the service tells waits until the mix has come to that time. Knows no DOM.

/** @typedef {import('./protocol.d.ts').Talker} Talker */
/** @typedef {{rtp_time: number, talkers: Talker[]}} Told */

// Milliseconds after which it is shown anyway: the mix may have stopped before.
const PATIENCE = 500;

// Milliseconds between two looks at what is heard: less than half of what one sees as late.
const LOOK = 40;

export class Talkers {
  #heard; #show;
  /** @type {(Told & {at: number})[]} */ #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #look;

  /**
   * @param {() => number | null} heard  the RTP time of the mix that is being heard; null: none is, or nobody knows
   * @param {(talkers: Talker[]) => void} show
   */
  constructor(heard, show) {
    this.#heard = heard;
    this.#show = show;
  }

  /** @param {Told} told */
  told({ rtp_time, talkers }) {
    this.#waiting.push({ rtp_time, talkers, at: Date.now() });
    this.#showDue();
  }

  close() {
    clearTimeout(this.#look);
    this.#waiting = [];
  }

  #showDue() {
    clearTimeout(this.#look);
    const heard = this.#heard();
    const future = this.#waiting.findIndex((told) => !isDue(told, heard));
    const due = this.#waiting.splice(0, future < 0 ? this.#waiting.length : future);
    const last = due.at(-1);
    if (last) this.#show(last.talkers);
    if (this.#waiting.length > 0) this.#look = setTimeout(() => this.#showDue(), LOOK);
  }
}

/**
 * RTP times count round in 32 bits.
 * @param {Told & {at: number}} told
 * @param {number | null} heard
 */
function isDue({ rtp_time, at }, heard) {
  return heard === null || Date.now() - at >= PATIENCE || ((heard - rtp_time) | 0) >= 0;
}
