// The pictures that this page passes on, and those that others pass on to it. Knows no DOM and no plan but this part of it.

import { Relay, Relayed, nameOf } from './relay.js';

/** @typedef {import('../protocol.d.ts').Picture} Picture */
/** @typedef {import('../protocol.d.ts').PairSignal} PairSignal */
/** @typedef {import('../protocol.d.ts').PairState} PairState */
/** @typedef {import('../sync/measured.js').Entry} Entry */
/** @typedef {{picture: Picture, to: string, attempt: number, relay: Relay | null, limit: number | null}} Way  of a picture
 * that is passed on; `attempt`: the number of its connection, higher with each new one */
/** @typedef {{picture: Picture, from: string, attempt: number, relayed: Relayed}} Come */

/**
 * @typedef {object} Outside
 * @property {(to: string, picture: Picture, attempt: number, signal: PairSignal) => void} signal  sends to the other end
 * @property {(relay: string, picture: Picture, state: PairState) => void} report  tells the service how one arrives
 * @property {(configuration: object) => RTCPeerConnection} connect  makes a connection
 * @property {(picture: Picture) => RTCRtpReceiver | null} receiver  where a picture comes from directly, when it does
 * @property {(picture: Picture, bitsPerSecond: number | null) => void} limit  asks a publisher for no more than that
 * @property {(relay: string, picture: Picture, track: MediaStreamTrack | null) => void} came  one came, or went
 * @property {(receiver: RTCRtpReceiver) => Entry | null} captured  when what comes there was captured
 * @property {(receiver: RTCRtpReceiver, entry: Entry) => void} told  a relay says when what comes from it was captured
 * @property {() => void} changed  what is passed on has changed
 */

export class Relays {
  #outside;
  /** @type {Map<string, Way>} */ #out = new Map();
  /** @type {Map<string, Come>} */ #in = new Map();
  #attempts = 0;

  /** @param {Outside} outside */
  constructor(outside) { this.#outside = outside; }

  /** What is passed on to whom. */
  get passedOn() { return [...this.#out.values()].map(({ picture, to }) => ({ picture, to })); }

  /** By which pictures leave that are passed on. */
  get outgoing() { return [...this.#out.values()].flatMap(({ relay }) => relay?.way ?? []); }

  /**
   * The service wants a picture to be passed on, or not any more.
   * @param {Picture} picture
   * @param {string} to
   * @param {boolean} on
   */
  order(picture, to, on) {
    const key = keyOf(picture, to);
    if (!on) return this.#stop(key);
    if (this.#out.has(key)) return;
    /** @type {Way} */ const way = { picture, to, attempt: 0, relay: null, limit: null };
    this.#out.set(key, way);
    this.#send(way);
    this.#outside.changed();
  }

  /**
   * A picture came, so whoever waits for it can be sent it. Also when it came anew: then all begins anew.
   * @param {Picture} picture
   */
  begin(picture) {
    for (const way of this.#waysOf(picture)) this.#send(way);
  }

  /**
   * Where a picture comes from that is passed on to this page and has this track.
   * @param {string} publisher
   * @param {MediaStreamTrack} track
   */
  receiverOf(publisher, track) {
    const ways = [...this.#in.values()].filter(({ picture }) => picture.publisher === publisher);
    return ways.find(({ relayed }) => relayed.receiver?.track === track)?.relayed.receiver ?? null;
  }

  /**
   * The other end says something: a relay offers, a subscriber answers. What is said of an earlier connection is void.
   * @param {string} from
   * @param {Picture} picture
   * @param {number} attempt
   * @param {PairSignal} signal
   */
  received(from, picture, attempt, signal) {
    const key = keyOf(picture, from);
    const mine = this.#out.get(key);
    if (mine?.relay) {
      if (mine.attempt === attempt) void mine.relay.receive(signal);
      return;
    }
    const last = this.#in.get(key)?.attempt ?? 0;
    if (signal.kind === 'description' && attempt > last) this.#receive(key, from, picture, attempt);
    const come = this.#in.get(key);
    if (come?.attempt === attempt) void come.relayed.receive(signal);
  }

  /**
   * Looks whether what comes moves, but screens, which may stand; `still` tells how long a receiver has had no frame, in milliseconds.
   * @param {(receiver: RTCRtpReceiver) => number} still
   */
  look(still) {
    for (const { picture, relayed } of this.#in.values()) if (picture.source === 'camera') relayed.look(still);
  }

  /**
   * The first frame of a relayed picture is there.
   * @param {string} from
   * @param {Picture} picture
   */
  arrived(from, picture) { this.#in.get(keyOf(picture, from))?.relayed.arrived(); }

  /**
   * Somebody is gone, and with him what he passed on, what was passed on to him, and his own pictures.
   * @param {string} id
   */
  left(id) {
    for (const [key, { picture, to }] of this.#out) if (to === id || picture.publisher === id) this.#stop(key);
    for (const [key, { picture, from }] of this.#in) if (from === id || picture.publisher === id) this.#drop(key);
  }

  /** How what comes fares is told again. */
  tellAgain() {
    for (const { from, picture, relayed } of this.#in.values()) {
      if (relayed.state !== 'trying') this.#outside.report(from, picture, relayed.state);
    }
  }

  close() {
    for (const key of this.#out.keys()) this.#stop(key);
    for (const key of this.#in.keys()) this.#drop(key);
  }

  /** @param {Way} way */
  #send(way) {
    const receiver = this.#outside.receiver(way.picture);
    if (!receiver) return;
    way.relay?.close();
    const attempt = way.attempt = this.#attempts += 1;
    way.relay = new Relay(receiver, way.picture, {
      connect: this.#outside.connect,
      signal: (signal) => this.#outside.signal(way.to, way.picture, attempt, signal),
      limited: (bitsPerSecond) => this.#limited(way, bitsPerSecond),
      captured: () => this.#outside.captured(receiver),
    });
  }

  /** @param {string} key */
  #stop(key) {
    const way = this.#out.get(key);
    if (!way) return;
    way.relay?.close();
    this.#out.delete(key);
    this.#ask(way.picture);
    this.#outside.changed();
  }

  /**
   * Each offer is a connection of its own: one that was given up is not spoken of any more.
   * @param {string} key
   * @param {string} from
   * @param {Picture} picture
   * @param {number} attempt
   */
  #receive(key, from, picture, attempt) {
    this.#drop(key);
    const relayed = new Relayed({
      connect: this.#outside.connect,
      signal: (signal) => this.#outside.signal(from, picture, attempt, signal),
      picture: (track) => this.#outside.came(from, picture, track),
      report: (state) => {
        this.#outside.report(from, picture, state);
        if (state === 'failed') this.#drop(key);
      },
      captured: ({ rtp_time, captured_ms }) => {
        if (relayed.receiver) this.#outside.told(relayed.receiver, { rtp_time, captured_ms });
      },
    });
    this.#in.set(key, { picture, from, attempt, relayed });
  }

  /** @param {string} key */
  #drop(key) {
    const way = this.#in.get(key);
    if (!way) return;
    way.relayed.close();
    this.#in.delete(key);
    this.#outside.came(way.from, way.picture, null);
  }

  /**
   * @param {Way} way
   * @param {number | null} bitsPerSecond
   */
  #limited(way, bitsPerSecond) {
    way.limit = bitsPerSecond;
    this.#ask(way.picture);
  }

  /**
   * The narrowest way is what the publisher is asked for.
   * @param {Picture} picture
   */
  #ask(picture) {
    const limits = this.#waysOf(picture).map(({ limit }) => limit).filter((limit) => limit !== null);
    this.#outside.limit(picture, limits.length > 0 ? Math.min(...limits) : null);
  }

  /** @param {Picture} picture */
  #waysOf(picture) { return [...this.#out.values()].filter((way) => nameOf(way.picture) === nameOf(picture)); }
}

/**
 * @param {Picture} picture
 * @param {string} other
 */
function keyOf(picture, other) { return `${nameOf(picture)} ${other}`; }
