// One relayed picture has a connection of its own, from the one who relays it to the one who sees it. The relay offers.

import { CONFIGURATION, canForward, forward } from './encoded.js';
import { sentBy } from './meter.js';
import { Wire } from './wire.js';

/** @typedef {import('../protocol.d.ts').PairSignal} PairSignal */
/** @typedef {import('../protocol.d.ts').PairState} PairState */

// Milliseconds between two looks at what the connection can carry; bits a second below which no picture is worth
// sending, and from which on nothing is limited.
const LOOK = 1_000;
const LEAST = 100_000;
const PLENTY = 2_500_000;
// What is left for retransmissions.
const SHARE = 0.9;
// Milliseconds until the server path should show the picture meanwhile, until a try counts as failed, and without a
// frame after which a picture stands still.
export const SLOW = 700;
export const GIVE_UP = 5_000;
export const STILL = 500;

/** @typedef {import('../sync/measured.js').Entry} Entry */

/**
 * @typedef {object} Outside
 * @property {(signal: PairSignal) => void} signal  sends to the other end
 * @property {(configuration: object) => RTCPeerConnection} connect  makes the connection
 */

/** @param {import('../protocol.d.ts').Picture} picture */
export const nameOf = ({ publisher, source }) => `${publisher}/${source}`;

/** The relay's end. */
export class Relay {
  #connection; #wire; #outside; #source;
  /** @type {() => void} */ #end = () => {};
  /** @type {ReturnType<typeof setInterval>} */ #looking;

  /**
   * @param {RTCRtpReceiver} receiver  where the picture comes from
   * @param {import('../protocol.d.ts').Picture} picture
   * @param {Outside & {limited: (bitsPerSecond: number | null) => void, captured: () => Entry | null}} outside  `limited`:
   *   what the way on can carry; null: anything; `captured`: when what comes was captured
   */
  constructor(receiver, picture, outside) {
    this.#outside = outside;
    this.#source = picture.source;
    this.#connection = outside.connect(canForward() ? CONFIGURATION : {});
    this.#wire = new Wire(this.#connection, outside.signal);
    this.#send(receiver, nameOf(picture));
    void this.#wire.next(() => this.#wire.describe());
    this.#looking = setInterval(() => void this.#look(), LOOK);
  }

  /** By which the picture leaves. @returns {import('./meter.js').Way} */
  get way() { return { kind: 'passed on', connection: this.#connection }; }

  /** @param {PairSignal} signal */
  receive(signal) { return this.#wire.takeAnswer(signal); }

  close() {
    clearInterval(this.#looking);
    this.#end();
    this.#connection.close();
  }

  /**
   * @param {RTCRtpReceiver} receiver
   * @param {string} picture
   */
  #send(receiver, picture) {
    if (!canForward()) {
      this.#connection.addTransceiver(receiver.track, { direction: 'sendonly' });
      return;
    }
    const { line, end } = forward(this.#connection, picture);
    this.#end = end;
    // What is forwarded is in the publisher's codec, and is sent as the one that was agreed on here.
    line.setCodecPreferences(codecsOf(receiver));
  }

  /** A forwarded picture knows nothing of the way it goes; the publisher has to be told. */
  async #look() {
    if (!canForward()) return;
    // What is forwarded keeps its RTP times, and a connection's own reports speak of another picture.
    const entry = this.#outside.captured();
    if (entry) this.#outside.signal({ kind: 'captures', source: this.#source, ...entry });
    const rate = sentBy(await this.#connection.getStats()).available;
    if (rate === null) return;
    this.#outside.limited(rate >= PLENTY ? null : Math.max(LEAST, Math.round(rate * SHARE)));
  }
}

/** The subscriber's end. */
export class Relayed {
  #connection; #wire; #report; #captured;
  /** @type {RTCRtpReceiver | null} */ #receiver = null;
  /** @type {PairState | 'trying'} */ #state = 'trying';
  /** @type {ReturnType<typeof setTimeout>[]} */ #timers;

  /**
   * @param {Outside & {picture: (track: MediaStreamTrack) => void, report: (state: PairState) => void, captured: (entry: Entry) => void}} outside
   *   `captured`: the relay says when what comes was captured
   */
  constructor(outside) {
    this.#report = outside.report;
    this.#captured = outside.captured;
    const connection = this.#connection = outside.connect({});
    this.#wire = new Wire(connection, outside.signal);
    connection.ontrack = ({ track, receiver }) => {
      this.#receiver = receiver;
      outside.picture(track);
    };
    connection.onconnectionstatechange = () => { if (connection.connectionState === 'failed') this.#become('failed'); };
    this.#timers = [
      setTimeout(() => { if (this.#state === 'trying') this.#become('slow'); }, SLOW),
      setTimeout(() => { if (this.#state !== 'connected') this.#become('failed'); }, GIVE_UP),
    ];
  }

  get state() { return this.#state; }

  /** Where the picture comes from. */
  get receiver() { return this.#receiver; }

  /** Its first frame is there. */
  arrived() { this.#become('connected'); }

  /**
   * One that stands still has failed: there are other ways.
   * @param {(receiver: RTCRtpReceiver) => number} still  milliseconds without a frame
   */
  look(still) {
    if (this.#receiver && this.#state === 'connected' && still(this.#receiver) > STILL) this.#become('failed');
  }

  /** @param {PairState} state */
  #become(state) {
    if (this.#state === state || this.#state === 'failed') return;
    this.#state = state;
    this.#report(state);
  }

  /** @param {PairSignal} signal */
  receive(signal) {
    if (signal.kind === 'captures') return this.#wire.next(async () => this.#captured(signal));
    return this.#wire.takeOffer(signal);
  }

  close() {
    this.#timers.forEach(clearTimeout);
    this.#connection.close();
  }
}

/**
 * The codec that a receiver gets, and retransmission; none while that is not known: then the browser chooses.
 * @param {RTCRtpReceiver} receiver
 */
function codecsOf(receiver) {
  const agreed = receiver.getParameters().codecs.map(({ mimeType }) => mimeType.toLowerCase());
  const first = agreed.find((type) => !type.endsWith('/rtx'));
  if (!first) return [];
  const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  return all.filter(({ mimeType }) => [first, 'video/rtx'].includes(mimeType.toLowerCase()));
}
