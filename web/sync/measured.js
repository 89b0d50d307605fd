// What lip-sync measures: when what is heard and seen was captured, by its publisher's own NTP clock, in milliseconds since
// 1970; and how long jitter buffers hold it.

/** @typedef {{rtp_time: number, captured_ms: number}} Entry */

// Entries that are kept, and for how many seconds one is believed.
const KEPT = 8;
const BELIEVED = 6;

/** Which capture time an RTP time of one stream stands for. */
export class Mapping {
  #rate; #before;
  /** @type {Entry[]} in the order of their RTP times */ #entries = [];

  /**
   * @param {number} rate  of the RTP clock, in Hz
   * @param {number} [before]  seconds for which the first entry holds backwards, too
   */
  constructor(rate, before = 0) {
    this.#rate = rate;
    this.#before = before;
  }

  get last() { return this.#entries.at(-1) ?? null; }

  /** It holds from its RTP time on, and nothing that was said of later ones does. @param {Entry} entry */
  add({ rtp_time, captured_ms }) {
    const earlier = this.#entries.filter((known) => this.#seconds(known, rtp_time) > 0);
    this.#entries = [...earlier, { rtp_time, captured_ms }].slice(-KEPT);
  }

  /** Null: nobody knows. @param {number} rtpTime  may have a fraction */
  at(rtpTime) {
    const entry = this.#entries.filter((known) => this.#seconds(known, rtpTime) >= 0).at(-1) ?? this.#entries[0];
    const since = entry ? this.#seconds(entry, rtpTime) : Infinity;
    return since < -this.#before || since > BELIEVED ? null : entry.captured_ms + 1_000 * since;
  }

  /**
   * RTP times count round in 32 bits.
   * @param {Entry} from
   * @param {number} to
   */
  #seconds({ rtp_time }, to) { return (((Math.floor(to) - rtp_time) | 0) + (to % 1)) / this.#rate; }
}

// Milliseconds in which the fastest is looked for, and between a frame's capture and its leaving; fewer reports may all have
// been slow; ticks of a picture's RTP clock in a millisecond.
const LATELY = 8_000;
const SENDING = 8;
const LEAST = 3;
const RATE = 90;

/**
 * When a picture was captured whose packets do not say so, as in Firefox. Frames and sender reports come by the same way, so
 * of each the fastest took equally long. (Which RTP time a report names, no browser tells.) `at`: when it came.
 */
export class Tied {
  /** @type {{at: number, rtp_time: number}[]} */ #frames = [];
  /** @type {{at: number, sent: number}[]} */ #reports = [];

  /** @param {{at: number, rtp_time: number}} frame */
  frame(frame) { this.#frames = lately([...this.#frames, frame]); }

  /** @param {{at: number, sent: number}} report  `sent`: by the publisher's clock */
  report(report) { if (this.#reports.at(-1)?.sent !== report.sent) this.#reports = lately([...this.#reports, report]); }

  /** For the latest frame; null: nothing is certain. @returns {Entry | null} */
  get entry() {
    const last = this.#frames.at(-1);
    if (!last || this.#reports.length < LEAST) return null;
    const soonest = Math.min(...this.#frames.map(({ at, rtp_time }) => at + ((last.rtp_time - rtp_time) | 0) / RATE));
    const ahead = Math.min(...this.#reports.map(({ at, sent }) => at - sent));
    return { rtp_time: last.rtp_time, captured_ms: soonest - ahead - SENDING };
  }
}

/**
 * @template {{at: number}} T
 * @param {T[]} all
 */
function lately(all) { return all.filter(({ at }) => at > all[all.length - 1].at - LATELY); }

// http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
const EXTENSION = 'abs-capture-time';
// From 1900, from when NTP counts, to 1970.
const EPOCH = 2_208_988_800_000;

/** Has an m-line that is to be offered ask for it, where the browser can. @param {any} line */
export function askCaptureTime(line) {
  const all = line.getHeaderExtensionsToNegotiate?.() ?? [];
  for (const one of all) if (one.uri.endsWith(EXTENSION)) one.direction = 'sendrecv';
  line.setHeaderExtensionsToNegotiate?.(all);
}

/**
 * What the latest frame said of itself; null: nothing.
 * @param {any} receiver
 * @returns {Entry | null}
 */
export function captureOf(receiver) {
  const [source] = receiver.getSynchronizationSources?.() ?? [];
  const time = source?.captureTimestamp;
  return time === undefined ? null : { rtp_time: source.rtpTimestamp, captured_ms: time - EPOCH };
}

// Fewer measurements than this say nothing.
const FEW = 4;

/** The median of what was measured within so many milliseconds. */
export class Lately {
  #ms;
  /** @type {[at: number, value: number][]} */ #measured = [];

  /** @param {number} ms */
  constructor(ms) { this.#ms = ms; }

  /**
   * @param {number} at
   * @param {number} value
   */
  add(at, value) { this.#measured.push([at, value]); }

  /** Null: too little was measured. @param {number} now */
  median(now) {
    this.#measured = this.#measured.filter(([at]) => now - at < this.#ms);
    const values = this.#measured.map(([, value]) => value).sort((a, b) => a - b);
    return values.length < FEW ? null : Math.round((values[(values.length - 1) >> 1] + values[values.length >> 1]) / 2);
  }
}

/**
 * How long a jitter buffer held what it got, how long it would have without a target, and how long the loudspeaker holds
 * sound after that, in milliseconds; null: unknown.
 * @typedef {{delay: number | null, least: number | null, after: number | null}} Held
 */

/** What a receiver's jitter buffer held from one look to the next, by the browser's counters. */
export class Buffer {
  /** @type {any} */ #last;

  /**
   * @param {any[]} rows  the receiver's statistics
   * @returns {Held}
   */
  look(rows) {
    const now = Object.assign({}, ...rows.filter(({ type }) => type === 'inbound-rtp' || type === 'media-playout'));
    const last = this.#last ?? {};
    this.#last = now;
    const mean = (/** @type {string} */ what, count = 'jitterBufferEmittedCount') => {
      const ms = (1_000 * (now[what] - last[what])) / (now[count] - last[count]);
      return now[count] > last[count] && ms >= 0 ? ms : null;
    };
    return {
      delay: mean('jitterBufferDelay'), least: mean('jitterBufferMinimumDelay'), after: mean('totalPlayoutDelay', 'totalSamplesCount'),
    };
  }
}
